//! Tests of files of other formats: each error names the format, and what to do.

use super::model::Net;
use crate::io::safetensors::Writer;
use crate::{Error, Model};

fn message(bytes: &[u8]) -> String {
    Net::from_bytes(bytes).unwrap_err().to_string()
}

/// Returns a file that starts with `start` and is longer than the bytes that are examined.
fn long(start: &[u8]) -> Vec<u8> {
    let mut bytes = start.to_vec();
    bytes.resize(5_000, 0x41);
    bytes
}

/// Returns the beginning of a zip archive whose first file has this name.
fn zip(name: &str) -> Vec<u8> {
    let mut bytes = b"PK\x03\x04\0\0\x08\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    bytes.extend((name.len() as u16).to_le_bytes());
    bytes.extend(0_u16.to_le_bytes());
    bytes.extend(name.bytes());
    bytes
}

#[test]
fn files_of_pytorch_are_named_with_what_writes_safetensors() {
    let advice = r#"in Python, `safetensors.torch.save_file(model.state_dict(), "model.safetensors")` writes one"#;
    let expected = format!("<memory>: this is a zip archive that PyTorch saved, not a safetensors file; {advice}");
    // `torch.save` names the folder of its archive after the file.
    assert_eq!(message(&long(&zip("archive/data.pkl"))), expected);
    assert_eq!(message(&long(&zip("model/data.pkl"))), expected);
    assert_eq!(
        message(&long(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.")),
        "<memory>: this is a Python pickle, as older versions of PyTorch save, not a safetensors file; in Python, \
         `safetensors.torch.save_file(torch.load(\"FILE\"), \"model.safetensors\")` writes one from a saved `state_dict`"
    );
}

#[test]
fn every_other_format_is_recognised() {
    let html = "\n<!DOCTYPE html>\n<html lang=\"en\">";
    let json = "{\n  \"architectures\": [\n    \"LeNet\"\n  ]";
    let index = "{\n  \"metadata\": {\"total_size\": 5},\n  \"weight_map\": {";
    let lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    let mut tar = b"archive/".to_vec();
    tar.resize(257, 0);
    tar.extend(b"ustar\x0000");
    for (bytes, kind) in [
        (zip("arr_0.npy"), "a NumPy archive (`.npz`)"),
        (zip("[Content_Types].xml"), "an Excel workbook"),
        (zip("config.json"), "a zip archive, as PyTorch and Keras save"),
        (b"\x80\x04\x95".to_vec(), "a Python pickle, as older versions of PyTorch save"),
        (b"\x93NUMPY\x01\0v\0{'descr': '<f4'".to_vec(), "a NumPy array"),
        (b"\x08\x08\x12\x07pytorch\x1a\x052.5.0:".to_vec(), "an ONNX model"),
        (b"\x08\x07:\x80\x01".to_vec(), "an ONNX model"),
        (b"\x08\x01\x12\x84\x02".to_vec(), "a TensorFlow SavedModel"),
        (b"\x1c\0\0\0TFL3".to_vec(), "a TensorFlow Lite model"),
        (b"\x89HDF\r\n\x1a\n\0".to_vec(), "an HDF5 file, as Keras and MATLAB save"),
        (b"GGUF\x03\0\0\0".to_vec(), "a GGUF file of llama.cpp"),
        (b"PAR1\x15".to_vec(), "a Parquet file"),
        (b"\x1f\x8b\x08\0".to_vec(), "compressed with gzip"),
        (b"BZh91AY&SY".to_vec(), "compressed with bzip2"),
        (b"\xfd7zXZ\0\0".to_vec(), "compressed with xz"),
        (b"\x28\xb5\x2f\xfd\x04\0\0\0".to_vec(), "compressed with zstd"),
        (tar, "a tar archive"),
        (lfs.into(), "a Git LFS pointer instead of a file"),
        (html.into(), "a web page"),
        (b"\xef\xbb\xbf<html>".to_vec(), "a web page"),
        (b"<?xml version=\"1.0\"?>".to_vec(), "an XML file"),
        (json.into(), "a JSON file"),
        (index.into(), "an index of safetensors files"),
        (b"\xff\xfe{\0\"\0".to_vec(), "text in UTF-16"),
    ] {
        for bytes in [long(&bytes), bytes] {
            let expected = format!("<memory>: this is {kind}, not a safetensors file; ");
            let found = message(&bytes);
            assert!(found.starts_with(&expected), "{kind}: {found}");
        }
    }
    assert_eq!(
        message(lfs.as_bytes()),
        "<memory>: this is a Git LFS pointer instead of a file, not a safetensors file; `git lfs pull` fetches the file"
    );
    assert_eq!(message(b""), "<memory>: this is an empty file, not a safetensors file; save or download it again");
}

#[test]
fn a_folder_is_not_a_file() {
    assert!(matches!(Net::load(std::env::temp_dir()).unwrap_err(), Error::Io { .. }));
}

#[test]
fn valid_files_whose_length_looks_like_another_format_are_read() {
    // A header of 0x8b1f bytes starts like gzip, and one of 0x0280 bytes like a pickle.
    for (len, start) in [(0x8b1f, [0x1f, 0x8b]), (0x0280, [0x80, 0x02])] {
        let bytes = Net::counting().to_bytes().unwrap();
        let (head, data) = bytes[8..].split_at(u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize);
        let mut file = u64::to_le_bytes(len).to_vec();
        file.extend(head);
        file.resize(8 + len as usize, b' ');
        file.extend(data);
        assert_eq!(file[..2], start);
        assert_eq!(Net::from_bytes(&file).unwrap(), Net::counting());
    }
    assert!(Net::from_bytes(&Writer::new().to_bytes().unwrap()).is_err());
}
