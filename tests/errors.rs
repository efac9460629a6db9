//! Mistakes in files and data, and the words in which users are told.

use dl::data::{Csv, Dataset, idx};
use dl::io::Load;
use dl::io::safetensors::Writer;
use dl::loss::CrossEntropy;
use dl::prelude::*;
use std::path::PathBuf;

model! {
    Net(x: [3]) -> [2] { x -> dense(4) -> relu -> dense(2) }
}

/// A folder that is removed when the test ends, and the path of a file in it.
fn place(name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    (folder, path)
}

/// The message for `bytes` as a model file, after the path.
fn told(bytes: &[u8]) -> String {
    let (_folder, path) = place("net.safetensors");
    std::fs::write(&path, bytes).unwrap();
    let Err(error) = Net::load(&path) else { panic!("a wrong file was loaded") };
    let text = error.to_string();
    let rest = text.strip_prefix(&format!("{}: ", path.display()));
    rest.expect("the message begins with the file").to_string()
}

/// `Net`'s file with other tensors in the place of `dense1.weight`.
fn with(dense1: impl Fn(Writer<'static>) -> Writer<'static>) -> Vec<u8> {
    let rest = dense1(Writer::new()).tensor("dense1.bias", &[4], &[0.0; 4]);
    rest.tensor("dense2.weight", &[2, 4], &[0.0; 8]).tensor("dense2.bias", &[2], &[0.0; 2]).to_bytes().unwrap()
}

#[test]
fn a_truncated_file() {
    let bytes = Net::init(1).to_bytes().unwrap();
    let found = told(&bytes[..bytes.len() - 10]);
    assert_eq!(found, "not a valid safetensors file: expected 104 bytes of tensors after the header, found 94 bytes");
    assert_eq!(told(&bytes[..5]), "not a valid safetensors file: expected at least 8 bytes, found 5");
}

#[test]
fn a_mislabelled_file() {
    assert_eq!(
        told(b"PK\x03\x04 this is a zip archive"),
        "this is a zip archive, as PyTorch and Keras save, not a safetensors file; \
         in Python, `safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")` writes one"
    );
    let other = Writer::new().tensor("encoder.weight", &[1], &[0.0]).to_bytes().unwrap();
    assert_eq!(
        told(&other),
        "does not fit the model `Net`; it lacks 4 tensors: `dense1.weight`, `dense1.bias`, `dense2.weight`, `dense2.bias`; \
         the model lacks tensor `encoder.weight`"
    );
}

/// `Net`'s tensors behind the prefixes of `torch.compile` and `DataParallel`.
fn compiled() -> Vec<u8> {
    let writer = Writer::new().tensor("_orig_mod.module.0.weight", &[4, 3], &[0.5; 12]);
    let writer = writer.tensor("_orig_mod.module.0.bias", &[4], &[0.5; 4]);
    let writer = writer.tensor("_orig_mod.module.2.weight", &[2, 4], &[0.5; 8]);
    writer.tensor("_orig_mod.module.2.bias", &[2], &[0.5; 2]).to_bytes().unwrap()
}

#[test]
fn names_of_pytorch() {
    let load =
        || Load::new().rename("_orig_mod.", "").rename("module.", "").rename("0.", "dense1.").rename("2.", "dense2.");
    assert_eq!(load().from_bytes::<Net>(&compiled()).unwrap().dense2.bias, [0.5; 2]);
    // The renames of a program whose model has other names.
    let wrong = Load::new().rename("_orig_mod.module.", "").rename("0.", "dense1.").rename("2.", "head.");
    assert_eq!(
        wrong.from_bytes::<Net>(&compiled()).map(drop).unwrap_err().to_string(),
        "<memory>: does not fit the model `Net`; it lacks 2 tensors: `dense2.weight`, `dense2.bias`; the model lacks 2 tensors: \
         `_orig_mod.module.2.weight` (renamed to `head.weight`), `_orig_mod.module.2.bias` (renamed to `head.bias`)"
    );
    let forgotten = load().rename("encoder.", "");
    assert_eq!(
        forgotten.from_bytes::<Net>(&compiled()).map(drop).unwrap_err().to_string(),
        "<memory>: the rename of `encoder.` to `` fits no tensor; after the renames before it, the names are \
         `dense1.weight`, `dense1.bias`, `dense2.weight`, `dense2.bias`"
    );
}

#[test]
fn a_checkpoint_of_another_kind() {
    let (_folder, path) = place("checkpoint.safetensors");
    std::fs::write(&path, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 9\n").unwrap();
    let set = Dataset::new(vec![[0.0; 3]; 4], vec![0, 1, 0, 1]).unwrap();
    let mut trainer = Trainer::new(Sgd::new(0.1)).loss(CrossEntropy).epochs(1).resume(&path).quiet();
    let error = trainer.fit(&mut *Net::init(1), &set).map(drop).unwrap_err().to_string();
    let expected =
        "this is a Git LFS pointer instead of a file, not a safetensors file; `git lfs pull` fetches the file";
    assert_eq!(error, format!("{}: {expected}", path.display()));
}

#[test]
fn an_oversized_header() {
    let mut bytes = Net::init(1).to_bytes().unwrap();
    bytes[..8].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    let most = bytes.len() - 8;
    let expected = format!("expected a header of at most {most} bytes, found one that claims 1099511627776 bytes");
    assert_eq!(told(&bytes), format!("not a valid safetensors file: {expected}"));
}

#[test]
fn a_wrong_shape() {
    let bytes = with(|writer| writer.tensor("dense1.weight", &[3, 4], &[0.0; 12]));
    assert_eq!(told(&bytes), "tensor `dense1.weight`: expected shape [4, 3], found [3, 4]");
}

#[test]
fn a_wrong_type() {
    let bytes = with(|writer| writer.tensor("dense1.weight", &[4, 3], &[0.0; 12]));
    // The first type in the header is that of `dense1.bias`: names are sorted.
    let at = bytes.windows(5).position(|word| word == br#""F32""#).unwrap();
    let bytes = [&bytes[..at], br#""I32""#, &bytes[at + 5..]].concat();
    assert_eq!(told(&bytes), "tensor `dense1.bias`: expected elements F32, F16, BF16 or F64, found I32");
}

#[test]
fn a_file_with_nan() {
    let mut net = Net::init(1);
    net.dense2.weight[0][1] = f32::NAN;
    let message = told(&net.to_bytes().unwrap());
    let expected = "tensor `dense2.weight`: expected finite numbers, found NaN at [";
    assert!(message.starts_with(expected), "{message}");
    assert!(Load::new().allow_not_finite(true).from_bytes::<Net>(&net.to_bytes().unwrap()).is_ok());
}

#[test]
fn a_file_that_is_not_there() {
    let error = Net::load("no/such/net.safetensors").map(|_| ()).unwrap_err();
    assert!(matches!(&error, dl::Error::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound));
    assert!(error.to_string().starts_with("no/such/net.safetensors: "));
}

#[test]
fn images_of_another_size() {
    let (_folder, path) = place("images");
    std::fs::write(&path, [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 32, 0, 0, 0, 32]).unwrap();
    let error = idx::read::<[[f32; 28]; 28]>(&path).unwrap_err().to_string();
    let expected = "not a valid IDX file: expected samples of shape [28, 28], found [32, 32]";
    assert_eq!(error, format!("{}: {expected}", path.display()));
}

#[test]
fn a_word_among_numbers() {
    let (_folder, path) = place("table.csv");
    std::fs::write(&path, "height,weight,class\n1.7,70,0\ntall,80,1\n").unwrap();
    let error = Csv::new().read::<[f32; 2], u32>(&path).unwrap_err().to_string();
    let expected = "line 3, column `height`: expected a finite number, found `tall`";
    assert_eq!(error, format!("{}, {expected}", path.display()));
}

#[test]
fn a_label_out_of_range() {
    let set = Dataset::new(vec![[0.0; 3]; 5], vec![0, 1, 0, 2, 1]).unwrap();
    let error = Trainer::new(Sgd::new(0.1)).loss(CrossEntropy).fit(&mut *Net::init(1), &set).unwrap_err();
    assert_eq!(
        error.to_string(),
        "sample 3 of the training set: label 2 is out of range; with 2 classes, labels are 0 to 1"
    );
}

#[test]
fn an_empty_data_set() {
    let trainer = || Trainer::new(Sgd::new(0.1)).loss(CrossEntropy).epochs(1);
    let (empty, one) = (Dataset::default(), Dataset::new(vec![[0.0; 3]], vec![0]).unwrap());
    let error = trainer().fit(&mut *Net::init(1), &empty).unwrap_err();
    assert_eq!(error.to_string(), "the training set is empty");
    let error = trainer().validate(&empty).fit(&mut *Net::init(1), &one).unwrap_err();
    assert_eq!(error.to_string(), "the validation set is empty");
}

#[test]
fn inputs_without_targets() {
    let set = Dataset { inputs: vec![[0.0; 3]; 5], targets: vec![0; 4] };
    let error = Trainer::new(Sgd::new(0.1)).loss(CrossEntropy).fit(&mut *Net::init(1), &set).unwrap_err();
    assert_eq!(error.to_string(), "the training set needs one target per input: found 5 inputs and 4 targets");
}
