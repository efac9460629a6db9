//! Tests of IDX files of every type, with every kind of mistake, and mutated at random.

use super::{parse, read};
use crate::data::{MnistImage, Sample, mnist};
use proptest::prelude::*;

/// Returns a file of this type with these sizes.
fn file(kind: u8, sizes: &[u32], numbers: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, kind, sizes.len() as u8];
    sizes.iter().for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes.extend(numbers);
    bytes
}

fn message<T: Sample>(bytes: &[u8]) -> String {
    let text = parse::<T>(bytes).err().map(|error| error.to_string()).unwrap_or_default();
    text.strip_prefix("<memory>: not a valid IDX file: ").unwrap_or(&text).to_string()
}

#[cfg(feature = "gz")]
fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_type_is_read() {
    assert_eq!(parse::<[u32; 2]>(&file(0x08, &[2, 2], &[0, 1, 254, 255])).unwrap(), [[0, 1], [254, 255]]);
    assert_eq!(parse::<f32>(&file(0x09, &[2], &[0x80, 0x7f])).unwrap(), [-128.0, 127.0]);
    assert_eq!(parse::<f32>(&file(0x0b, &[1], &(-300i16).to_be_bytes())).unwrap(), [-300.0]);
    assert_eq!(parse::<u32>(&file(0x0c, &[1], &70_000i32.to_be_bytes())).unwrap(), [70_000]);
    assert_eq!(parse::<f32>(&file(0x0d, &[1], &0.1f32.to_be_bytes())).unwrap(), [0.1]);
    assert_eq!(parse::<f32>(&file(0x0e, &[1], &0.1f64.to_be_bytes())).unwrap(), [0.1]);
    assert!(parse::<[f32; 3]>(&file(0x08, &[0, 3], &[])).unwrap().is_empty());
}

#[test]
fn leading_sizes_of_one_are_optional() {
    let bytes: Vec<u8> = (0..6).collect();
    let expected = [[[[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]]];
    assert_eq!(parse::<[[[f32; 2]; 3]; 1]>(&file(8, &[1, 3, 2], &bytes)).unwrap(), expected);
    assert_eq!(parse::<[[[f32; 2]; 3]; 1]>(&file(8, &[1, 1, 3, 2], &bytes)).unwrap(), expected);
    assert_eq!(parse::<[[f32; 2]; 3]>(&file(8, &[1, 1, 3, 2], &bytes)).unwrap(), expected[0]);
    assert_eq!(parse::<f32>(&file(8, &[6, 1], &bytes)).unwrap().len(), 6);
}

#[test]
fn wrong_headers_say_what_was_found() {
    assert_eq!(message::<f32>(&[]), "expected a header, found the end of the file");
    assert_eq!(message::<f32>(b"net!"), "expected 0 in its first two bytes, found 6e 65");
    assert_eq!(
        message::<f32>(&file(0x0a, &[1], &[])),
        "expected element type 08, 09, 0b, 0c, 0d or 0e (u8, i8, i16, i32, f32, f64), found 0a"
    );
    assert_eq!(message::<f32>(&file(8, &[], &[])), "expected at least one dimension, found none");
    assert_eq!(message::<f32>(&[0, 0, 8, 3, 0, 0]), "expected 3 sizes in its header, found the end of the file");
    assert_eq!(
        message::<MnistImage>(&file(8, &[60_000, 32, 32], &[])),
        "expected samples of shape [1, 28, 28], found [32, 32]"
    );
    assert_eq!(message::<u32>(&file(8, &[1, 2], &[0, 0])), "expected samples of shape [], found [2]");
}

#[test]
fn other_formats_are_recognised() {
    let npy = b"\x93NUMPY\x01\0v\0{'descr': '|u1', 'fortran_order': False, 'shape': (9, 28, 28), }";
    for (bytes, found) in [
        (&b"PK\x03\x04\x14\0"[..], "a zip archive, as PyTorch and Keras save, not an IDX file; unpack it first"),
        (b"<!DOCTYPE html>", "a web page, not an IDX file; download the file itself, not the page that shows it"),
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            "a Git LFS pointer instead of a file, not an IDX file; `git lfs pull` fetches the file",
        ),
        (
            npy,
            "a NumPy array, not an IDX file; \
             in Python, `numpy.savetxt(\"table.csv\", array, delimiter=\",\")` writes a table",
        ),
    ] {
        assert_eq!(message::<f32>(bytes), format!("<memory>: this is {found}"));
    }
}

#[test]
fn wrong_lengths_say_where() {
    assert_eq!(
        message::<[f32; 2]>(&file(8, &[3, 2], &[1, 2, 3])),
        "expected 3 samples, found the end of the file in sample 1"
    );
    assert_eq!(message::<f32>(&file(8, &[2], &[1, 2, 3])), "expected its end after 2 samples, found more bytes");
    // A header that claims 16 TB of images in a file of 20 bytes must not allocate that memory.
    assert_eq!(
        message::<[[f32; 32]; 32]>(&file(8, &[u32::MAX, 32, 32], &[0; 4])),
        "expected 4294967295 samples, found the end of the file in sample 0"
    );
}

#[test]
fn numbers_that_do_not_fit_name_the_sample() {
    let nan = [1f32.to_be_bytes(), f32::NAN.to_be_bytes()].concat();
    assert_eq!(message::<f32>(&file(0x0d, &[2], &nan)), "expected a finite number, found NaN in sample 1");
    let large = 1e300f64.to_be_bytes();
    let found = message::<[f32; 1]>(&file(0x0e, &[1, 1], &large));
    assert!(found.starts_with("expected a finite number, found 1") && found.ends_with("in sample 0"));
    let classes = message::<[u32; 2]>(&file(0x09, &[2, 2], &[1, 2, 3, 0xff]));
    assert_eq!(classes, "expected a whole number of 0 to 4294967295, found -1 in sample 1");
}

#[test]
#[cfg(feature = "gz")]
fn packed_files_are_known_by_their_first_bytes() {
    let plain = file(8, &[1000, 2], &[7; 2000]);
    let bytes = packed(&plain);
    assert_eq!(parse::<[f32; 2]>(&bytes).unwrap(), [[7.0; 2]; 1000]);
    let cut = message::<[f32; 2]>(&bytes[..bytes.len() - 9]);
    assert!(cut.starts_with("expected valid gzip data, found "), "{cut}");
    let mut wrong_sum = bytes.clone();
    wrong_sum[bytes.len() - 5] ^= 1;
    assert!(message::<[f32; 2]>(&wrong_sum).starts_with("expected valid gzip data, found "));
    assert_eq!(
        message::<[f32; 2]>(&packed(&plain[..20])),
        "expected 1000 samples, found the end of the file in sample 4"
    );
}

#[test]
fn mnist_reads_its_four_files() {
    let folder = std::env::temp_dir().join(format!("dl-mnist-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).unwrap();
    let missing = mnist(&folder).unwrap_err().to_string();
    let first = folder.join("train-images-idx3-ubyte").display().to_string();
    assert!(missing.starts_with(&(first + ": ")), "{missing}");

    for (part, n) in [("train", 3_u32), ("t10k", 2)] {
        let images = file(8, &[n, 28, 28], &vec![255; 784 * n as usize]);
        let labels = file(8, &[n], &vec![9; n as usize]);
        std::fs::write(folder.join(format!("{part}-images-idx3-ubyte")), images).unwrap();
        std::fs::write(folder.join(format!("{part}-labels-idx1-ubyte")), labels).unwrap();
    }
    let sets = mnist(&folder).unwrap();
    assert_eq!((sets.train.len(), sets.test.len()), (3, 2));
    assert_eq!((sets.test.inputs[1], sets.test.targets[1]), ([[[1.0; 28]; 28]; 1], 9));

    let labels = folder.join("t10k-labels-idx1-ubyte");
    std::fs::write(&labels, file(8, &[2], &[9, 10])).unwrap();
    let error = mnist(&folder).unwrap_err().to_string();
    assert_eq!(error, "sample 1: label 10 is out of range; with 10 classes, labels are 0 to 9");
    std::fs::write(&labels, file(8, &[1], &[9])).unwrap();
    let error = mnist(&folder).unwrap_err().to_string();
    assert_eq!(error, "a data set needs one target per input: found 2 inputs and 1 targets");
    std::fs::write(&labels, b"not idx at all").unwrap();
    let error = read::<u32>(&labels).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}: not a valid IDX file: expected 0", labels.display())), "{error}");
    std::fs::remove_dir_all(folder).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_never_panic(
        sound in any::<bool>(), kind in 7..16_u8, sizes in prop::collection::vec(0..5_u32, 0..4),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let bytes = if sound { file(kind, &sizes, &bytes) } else { bytes };
        if let Ok(samples) = parse::<[f32; 2]>(&bytes) {
            prop_assert!(samples.as_flattened().iter().all(|number| number.is_finite()));
        }
        let _ = (parse::<u32>(&bytes), parse::<[[[f32; 3]; 2]; 1]>(&bytes), parse::<[u32; 0]>(&bytes));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    #[cfg(feature = "gz")]
    fn mutated_gzip_never_panics(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4)) {
        let mut bytes = packed(&file(8, &[50, 2], &(0..100).collect::<Vec<u8>>()));
        let len = bytes.len();
        changes.iter().for_each(|(place, byte)| bytes[place.index(len)] = *byte);
        let _ = parse::<[f32; 2]>(&bytes);
    }
}
