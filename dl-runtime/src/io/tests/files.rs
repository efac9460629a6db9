//! Tests of saving and loading, and of the text of every error.

use super::model::Net;
use crate::io::safetensors::{Reader, Writer};
use crate::io::{Load, Save, write_atomic};
use crate::{Error, Model, Result};
use std::path::PathBuf;

/// Returns an empty folder for one test.
pub fn folder(test: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("dl-{test}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).unwrap();
    folder
}

/// Returns a file with this header and this number of bytes after it.
pub fn file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.extend(vec![0; data]);
    bytes
}

/// Returns a file of `Net` with one more tensor, or one that replaces its own, of `dtype` and zeros.
fn with(name: &str, dtype: &str, shape: &str, bytes: usize) -> Vec<u8> {
    let bias = if name == "dense1.bias" { String::new() } else { entry("dense1.bias", "F32", "[2]", 24, 32) + "," };
    let start = if bias.is_empty() { 24 } else { 32 };
    let header = format!(
        "{{{},{bias}{},{}}}",
        entry("dense1.weight", "F32", "[2,3]", 0, 24),
        entry(name, dtype, shape, start, start + bytes),
        entry("norm.running_mean", "F32", "[2]", start + bytes, start + bytes + 8),
    );
    file(&header, start + bytes + 8)
}

pub fn entry(name: &str, dtype: &str, shape: &str, from: usize, to: usize) -> String {
    format!(r#""{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{from},{to}]}}"#)
}

fn message(result: Result<Box<Net>>) -> String {
    result.unwrap_err().to_string()
}

fn of(bytes: &[u8]) -> String {
    message(Net::from_bytes(bytes))
}

#[test]
fn a_saved_model_can_be_loaded() {
    let folder = folder("save");
    let path = folder.join("net.safetensors");
    let net = Net::counting();
    Save::new().metadata("author", "me").save(&*net, &path).unwrap();
    assert_eq!(Net::load(&path).unwrap(), net);
    assert_eq!(Net::from_bytes(&net.to_bytes().unwrap()).unwrap(), net);

    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.names(), ["dense1.weight", "dense1.bias", "norm.running_mean"]);
    assert_eq!(reader.metadata()["author"], "me");
    assert_eq!(reader.metadata()["model"], "Net");
    assert_eq!(reader.metadata()["format"], "pt");

    // Saving again over the old file leaves no other file in the folder.
    net.save(&path).unwrap();
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    assert_eq!(std::fs::read(&path).unwrap(), net.to_bytes().unwrap());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_safetensors_crate_reads_what_is_saved() {
    let bytes = Net::counting().to_bytes().unwrap();
    let file = ::safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let bias = file.tensor("dense1.bias").unwrap();
    assert_eq!((bias.dtype(), bias.shape()), (::safetensors::Dtype::F32, &[2][..]));
    assert_eq!(bias.data(), [7.0f32.to_le_bytes(), 8.0f32.to_le_bytes()].concat());
    assert_eq!(bytes.len() % 8, 0);
}

#[test]
fn a_failed_write_leaves_the_old_file() {
    let folder = folder("atomic");
    let path = folder.join("net.safetensors");
    write_atomic(&path, |to| to.write_all(b"old")).unwrap();
    let error = write_atomic(&path, |to| {
        to.write_all(b"new")?;
        Err(std::io::Error::other("disk full"))
    });
    assert_eq!(error.unwrap_err().to_string(), format!("{}: disk full", path.display()));
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    std::fs::remove_dir_all(&folder).unwrap();
    let error = Net::counting().save(&path).unwrap_err().to_string();
    assert_eq!(error, format!("{}: No such file or directory (os error 2)", path.display()));
}

#[test]
fn names_can_be_mapped() {
    let net = Net::counting();
    let bytes = Writer::new()
        .tensor("fc1.weight", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
        .tensor("module.fc1.bias", &[2], &net.bias)
        .tensor("bn.running_mean", &[2], &net.mean)
        .tensor("bn.num_batches_tracked", &[], &[3.0])
        .tensor("optimizer.step", &[], &[5.0])
        .to_bytes()
        .unwrap();
    let load = Load::new()
        .rename_with(|name| match name {
            "optimizer.step" => None,
            name => Some(name.trim_start_matches("module.").to_string()),
        })
        .rename("fc1.", "dense1.")
        .rename("bn.", "norm.");
    assert_eq!(load.from_bytes::<Net>(&bytes).unwrap(), net);
    assert_eq!(
        of(&bytes),
        "<memory>: does not fit the model `Net`; it lacks 3 tensors: `dense1.weight`, `dense1.bias`, `norm.running_mean`; \
         the model lacks 4 tensors: `fc1.weight`, `module.fc1.bias`, `bn.running_mean`, `optimizer.step`"
    );
    let twice = Load::new().rename_with(|name| name.contains("bias").then(|| "dense1.bias".into())).rename("", "");
    let bytes = Writer::new().tensor("a.bias", &[2], &net.bias).tensor("b.bias", &[2], &net.bias).to_bytes().unwrap();
    assert_eq!(
        message(twice.from_bytes(&bytes)),
        "<memory>: not a valid safetensors file: expected one tensor that is named `dense1.bias` in the model, \
         found `a.bias` and `b.bias`"
    );
}

#[test]
fn allowed_differences_are_listed() {
    let folder = folder("differs");
    let path = folder.join("net.safetensors");
    Writer::new().tensor("dense1.bias", &[2], &[0.5, -0.5]).tensor("extra", &[1], &[0.0]).write(&path).unwrap();
    let mut net = Net::counting();
    let loaded = Load::new().allow_missing(true).allow_unexpected(true).load_into(&mut *net, &path).unwrap();
    assert_eq!(loaded.missing, ["dense1.weight", "norm.running_mean"]);
    assert_eq!(loaded.unexpected, ["extra"]);
    assert_eq!(*net, Net { bias: [0.5, -0.5], ..*Net::counting() });
    let only_missing = Load::new().allow_missing(true).load_into(&mut *net, &path).unwrap_err().to_string();
    assert_eq!(
        only_missing,
        format!("{}: does not fit the model `Net`; the model lacks tensor `extra`", path.display())
    );
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn an_error_leaves_the_model_as_it_was() {
    let folder = folder("untouched");
    let path = folder.join("net.safetensors");
    let mut broken = Net::counting();
    broken.weight[0][0] = -1.0;
    broken.mean[1] = f32::NAN;
    broken.save(&path).unwrap();
    let mut net = Net::counting();
    let error = Load::new().load_into(&mut *net, &path).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{}: tensor `norm.running_mean`: expected finite numbers, found NaN at [1]", path.display())
    );
    assert_eq!(net, Net::counting());
    let same = Load::new().allow_not_finite(true).load::<Net>(&path).unwrap();
    assert!(same.mean[1].is_nan());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn an_infinite_number_is_found_in_a_later_chunk() {
    let mut long = vec![1.0; 40_000];
    long[39_997] = f32::NEG_INFINITY;
    let bytes = Writer::new().tensor("x", &[2, 4, 5_000], &long).to_bytes().unwrap();
    let error = Reader::of(&bytes).unwrap().verify("x").unwrap_err();
    assert_eq!(error.to_string(), "<memory>: tensor `x`: expected finite numbers, found -inf at [1, 3, 4997]");
}

#[test]
fn wrong_shapes_and_types_name_the_tensor() {
    assert_eq!(
        of(&with("dense1.bias", "F32", "[3]", 12)),
        "<memory>: tensor `dense1.bias`: expected shape [2], found [3]"
    );
    assert_eq!(
        of(&with("dense1.bias", "I64", "[2]", 16)),
        "<memory>: tensor `dense1.bias`: expected elements F32, F16, BF16 or F64, found I64"
    );
    assert_eq!(
        of(&with("extra", "F32", "[2]", 8)),
        "<memory>: does not fit the model `Net`; the model lacks tensor `extra`"
    );
    for (dtype, bytes) in [("F16", 4), ("BF16", 4), ("F64", 16)] {
        assert_eq!(Net::from_bytes(&with("dense1.bias", dtype, "[2]", bytes)).unwrap().bias, [0.0; 2]);
    }
    assert!(Net::from_bytes(&with("norm.num_batches_tracked", "I64", "[]", 8)).is_ok());
    let error = Reader::of(&with("x", "F32", "[1]", 4)).unwrap().read("y", &mut [0.0]).unwrap_err();
    assert_eq!(error.to_string(), "<memory>: no tensor `y`");
}

#[test]
fn invalid_headers_are_refused() {
    let valid = "<memory>: not a valid safetensors file: expected";
    assert_eq!(of(b"short"), format!("{valid} at least 8 bytes, found 5"));
    assert_eq!(
        of(&[0xff; 20]),
        format!("{valid} a header of at most 12 bytes, found one that claims 18446744073709551615 bytes")
    );
    let header = format!("{{{}}}", entry("x", "F32", "[2]", 0, 8));
    assert_eq!(of(&file(&header, 7)), format!("{valid} 8 bytes of tensors after the header, found 7 bytes"));
    assert_eq!(of(&file(&header, 9)), format!("{valid} 8 bytes of tensors after the header, found 9 bytes"));

    let side = format!("{valid} a header of tensors without gaps or overlaps, found");
    assert!(of(&file("{]", 0)).starts_with(&side));
    assert!(of(&file("\u{feff}{}", 0)).starts_with(&side));
    let cases = [
        ("hole", entry("x", "F32", "[2]", 8, 16)),
        ("overlap", entry("x", "F32", "[2]", 0, 8) + "," + &entry("y", "F32", "[2]", 4, 12)),
        ("size", entry("x", "F32", "[3]", 0, 8)),
        ("backwards", entry("x", "F32", "[2]", 8, 0)),
        ("overflow", entry("x", "F32", "[4294967296,4294967296,4]", 0, 8)),
        ("type", entry("x", "F31", "[2]", 0, 8)),
        ("negative", entry("x", "F32", "[-2]", 0, 8)),
    ];
    for (case, entries) in cases {
        let message = of(&file(&format!("{{{entries}}}"), 16));
        assert!(message.starts_with(&side), "{case}: {message}");
    }
    // Deep nesting also ends in an error and does not overflow the stack.
    assert!(of(&file(&"[".repeat(100_000), 0)).starts_with(&side));
}

#[test]
fn the_writer_checks_shapes_and_names() {
    let error = Writer::new().tensor("x", &[2, 2], &[0.0; 3]).to_bytes().unwrap_err();
    assert_eq!(error.to_string(), "<memory>: tensor `x`: expected shape [2, 2], found [3]");
    let error = Writer::new().tensor("x", &[1], &[0.0]).tensor("x", &[1], &[0.0]).to_bytes().unwrap_err();
    assert!(matches!(error, Error::Format { found, .. } if found == "`x` again"));
}

#[test]
fn a_missing_file_is_named() {
    let error = Net::load("/nowhere/net.safetensors").unwrap_err().to_string();
    assert_eq!(error, "/nowhere/net.safetensors: No such file or directory (os error 2)");
}
