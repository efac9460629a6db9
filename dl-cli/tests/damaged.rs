//! Damaged files: any bytes are an error or a file that can be shown and converted, and never a panic.

mod common;

use dl_cli::convert::{To, convert};
use dl_cli::file::File;
use dl_cli::inspect::Report;
use dl_runtime::io::Rules;
use dl_runtime::io::safetensors::Writer;
use proptest::prelude::*;

/// Opens, shows and converts; returns whether the file could be opened.
fn read(bytes: Vec<u8>) -> bool {
    let len = bytes.len();
    let Ok(file) = File::of(bytes) else { return false };
    let report = Report::new(&file, true);
    assert!(!report.to_string().is_empty());
    assert!(report.bytes <= len, "more bytes of tensors than the file has");
    let out = std::env::temp_dir().join(format!("dl-damaged-{}-{:?}", std::process::id(), std::thread::current().id()));
    let _ = convert(&file, &Rules::new(), To::F16, &out);
    let _ = std::fs::remove_file(out);
    true
}

/// The files that are damaged, one of each format.
fn whole() -> Vec<(&'static str, Vec<u8>)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let safetensors = Writer::new().metadata("a", "b").tensor("w", &[2, 2], &[1.0, 2.0, 3.0, 4.0]).to_bytes().unwrap();
    vec![
        ("safetensors", safetensors),
        ("gguf", std::fs::read(folder.join("small.gguf")).unwrap()),
        ("onnx", onnx()),
        ("pt2", pt2()),
    ]
}

/// A small network with two tensors.
fn onnx() -> Vec<u8> {
    use dl_onnx::{GraphProto, ModelProto, NodeProto, TensorProto};
    let tensor = |name: &str, raw: bool| TensorProto {
        name: Some(name.into()),
        dims: vec![2, 2],
        data_type: Some(1),
        float_data: if raw { Vec::new() } else { vec![1.0, 2.0, 3.0, 4.0] },
        raw_data: raw.then(|| vec![0; 16].into()),
        ..Default::default()
    };
    let node = NodeProto { op_type: Some("Relu".into()), input: vec!["x".into()], ..Default::default() };
    let graph =
        GraphProto { node: vec![node], initializer: vec![tensor("a", true), tensor("b", false)], ..Default::default() };
    let model =
        ModelProto { ir_version: Some(8), graph: Some(graph), producer_name: Some("me".into()), ..Default::default() };
    dl_onnx::encode(&model).unwrap()
}

/// A small program with one tensor.
fn pt2() -> Vec<u8> {
    common::Parts::new().to_bytes()
}

#[test]
fn a_file_that_ends_at_any_byte_is_an_error() {
    // The last tensor of the GGUF file, 7 of BF16, is followed by zeros up to a multiple of 32 bytes.
    for ((format, bytes), padding) in whole().into_iter().zip([0, 32 - 14]) {
        for end in 0..bytes.len() - padding {
            assert!(File::of(bytes[..end].to_vec()).is_err(), "{format} that ends at byte {end}");
        }
        assert!(read(bytes), "{format}");
    }
    // A message that ends between two of its fields is one that lacks the others.
    let bytes = onnx();
    for end in 0..bytes.len() {
        read(bytes[..end].to_vec());
    }
    assert!(read(bytes));
    // The list of the files of an archive is its end.
    let bytes = pt2();
    for end in 0..bytes.len() {
        assert!(File::of(bytes[..end].to_vec()).is_err(), "pt2 that ends at byte {end}");
    }
    assert!(read(bytes));
}

#[test]
fn no_bit_that_flips_makes_a_panic() {
    for (_, bytes) in whole() {
        for at in 0..bytes.len() {
            for bit in [0, 3, 7] {
                let mut bytes = bytes.clone();
                bytes[at] ^= 1 << bit;
                if let Ok(file) = File::of(bytes) {
                    let _ = Report::new(&file, true).to_string();
                }
            }
        }
    }
}

#[test]
fn counts_and_sizes_that_lie_take_no_memory() {
    for (format, bytes) in whole() {
        for at in 0..bytes.len().min(600) {
            for lie in [u64::MAX, 1 << 62, 1 << 40, u64::from(u32::MAX)] {
                let mut bytes = bytes.clone();
                let end = (at + 8).min(bytes.len());
                bytes[at..end].copy_from_slice(&lie.to_le_bytes()[..end - at]);
                if let Ok(file) = File::of(bytes) {
                    assert!(!Report::new(&file, true).to_string().is_empty(), "{format}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_files_never_panic(
        which in 0..4_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 0..6),
    ) {
        let (_, mut bytes) = whole().swap_remove(which);
        for (place, byte, kind) in changes {
            let at = place.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        read(bytes);
    }

    #[test]
    fn any_gguf_header_never_panics(rest in prop::collection::vec(any::<u8>(), 0..200), few in 0..4_u64) {
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend(few.to_le_bytes());
        bytes.extend(few.to_le_bytes());
        bytes.extend(rest);
        read(bytes);
    }
}
