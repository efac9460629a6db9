//! Tests of names: renamed in order, tied, or twice in a file; and of their errors.

use super::files::{entry, file, folder};
use super::model::Net;
use crate::io::Load;
use crate::io::safetensors::{Reader, Writer};
use crate::{Error, Model};

/// Returns the tensors of `Net` with the names that PyTorch gives them under `torch.compile` and `DataParallel`.
fn wrapped() -> Vec<u8> {
    let net = Net::counting();
    let weight = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    Writer::new()
        .tensor("_orig_mod.module.0.weight", &[2, 3], &weight)
        .tensor("_orig_mod.module.0.bias", &[2], &net.bias)
        .tensor("_orig_mod.module.1.running_mean", &[2], &net.mean)
        .tensor("_orig_mod.module.1.num_batches_tracked", &[], &[3.0])
        .to_bytes()
        .unwrap()
}

fn message(load: &Load<'_>, bytes: &[u8]) -> String {
    load.from_bytes::<Net>(bytes).unwrap_err().to_string()
}

#[test]
fn renames_apply_in_order() {
    let load = Load::new().rename("_orig_mod.", "").rename("module.", "").rename("0.", "dense1.").rename("1.", "norm.");
    assert_eq!(load.from_bytes::<Net>(&wrapped()).unwrap(), Net::counting());
    let load = Load::new().rename("_orig_mod.module.", "").rename("0.", "dense1.").rename("1.", "norm.");
    assert_eq!(load.from_bytes::<Net>(&wrapped()).unwrap(), Net::counting());
    // A rename can add a prefix to all names, or replace a whole name.
    let bytes = Net::counting().to_bytes().unwrap();
    let load = Load::new().rename("", "body.").rename("body.dense1.bias", "dense1.bias").rename("body.", "");
    assert_eq!(load.from_bytes::<Net>(&bytes).unwrap(), Net::counting());
}

#[test]
fn a_rename_that_does_not_lead_to_the_model_is_shown() {
    assert_eq!(
        message(&Load::new().rename("_orig_mod.", ""), &wrapped()),
        "<memory>: does not fit the model `Net`; it lacks 3 tensors: `dense1.weight`, `dense1.bias`, `norm.running_mean`; \
         the model lacks 3 tensors: `_orig_mod.module.0.weight` (renamed to `module.0.weight`), \
         `_orig_mod.module.0.bias` (renamed to `module.0.bias`), \
         `_orig_mod.module.1.running_mean` (renamed to `module.1.running_mean`)"
    );
    // A rename to a wrong name is an error, also by a function.
    let all = Load::new().rename("_orig_mod.module.1.", "norm.").rename("_orig_mod.module.0.", "dens1.");
    assert!(message(&all, &wrapped()).ends_with(
        "the model lacks 2 tensors: `_orig_mod.module.0.weight` (renamed to `dens1.weight`), \
         `_orig_mod.module.0.bias` (renamed to `dens1.bias`)"
    ));
    let by_function = Load::new().rename_with(|name| Some(name.replace("_orig_mod.module.", "")));
    assert!(message(&by_function, &wrapped()).contains("`_orig_mod.module.0.bias` (renamed to `0.bias`)"));
    // A prefix without its dot also matches other names.
    let bytes = Writer::new().tensor("1.bias", &[2], &[0.0; 2]).tensor("12.bias", &[2], &[0.0; 2]).to_bytes().unwrap();
    let load = Load::new().allow_missing(true).rename("1", "dense1");
    assert_eq!(
        message(&load, &bytes),
        "<memory>: does not fit the model `Net`; the model lacks tensor `12.bias` (renamed to `dense12.bias`)"
    );
}

#[test]
fn a_rename_that_fits_nothing_is_an_error() {
    let names = "`_orig_mod.module.0.weight`, `_orig_mod.module.0.bias`, `_orig_mod.module.1.running_mean`, \
                 `_orig_mod.module.1.num_batches_tracked`";
    assert_eq!(
        message(&Load::new().rename("module.", ""), &wrapped()),
        format!("<memory>: the rename of `module.` to `` fits no tensor; the names are {names}")
    );
    let load = Load::new().rename("_orig_mod.", "").rename("modul.", "").allow_missing(true).allow_unexpected(true);
    let names = names.replace("_orig_mod.", "");
    assert_eq!(
        message(&load, &wrapped()),
        format!(
            "<memory>: the rename of `modul.` to `` fits no tensor; after the rename before it, the names are {names}"
        )
    );
    // The renames are in the wrong order.
    assert!(
        message(&Load::new().rename("module.", "").rename("_orig_mod.", ""), &wrapped()).contains("`module.` to ``")
    );
    let nothing = Load::new().rename_with(|_| None).rename("a.", "b.");
    assert_eq!(message(&nothing, &wrapped()), "<memory>: the rename of `a.` to `b.` fits no tensor; there is none");
}

#[test]
fn loading_nothing_is_always_an_error() {
    let load = || Load::new().allow_missing(true).allow_unexpected(true);
    assert_eq!(
        message(&load().rename("_orig_mod.", ""), &wrapped()),
        "<memory>: nothing to load for the model `Net`; it lacks 3 tensors: `dense1.weight`, `dense1.bias`, \
         `norm.running_mean`; the model lacks 3 tensors: `_orig_mod.module.0.weight` (renamed to `module.0.weight`), \
         `_orig_mod.module.0.bias` (renamed to `module.0.bias`), \
         `_orig_mod.module.1.running_mean` (renamed to `module.1.running_mean`)"
    );
    // A file has no tensors, or all of them are ignored.
    let empty = Writer::new().to_bytes().unwrap();
    assert!(
        message(&Load::new().allow_missing(true), &empty).starts_with("<memory>: nothing to load for the model `Net`")
    );
    let none = load().rename_with(|_| None);
    assert!(message(&none, &wrapped()).starts_with("<memory>: nothing to load for the model `Net`"));
    let mut net = Net::counting();
    assert!(matches!(load().from_bytes_into(&mut *net, &empty), Err(Error::NothingToLoad { .. })));
    assert_eq!(net, Net::counting());
}

#[test]
fn loading_from_bytes_reports_differences() {
    let bytes = Writer::new().metadata("by", "me").tensor("dense1.bias", &[2], &[0.5, -0.5]).tensor("x", &[1], &[0.0]);
    let load = Load::new().allow_missing(true).allow_unexpected(true);
    let mut net = Net::counting();
    let loaded = load.from_bytes_into(&mut *net, &bytes.to_bytes().unwrap()).unwrap();
    assert_eq!(loaded.missing, ["dense1.weight", "norm.running_mean"]);
    assert_eq!(loaded.unexpected, ["x"]);
    assert_eq!(loaded.metadata["by"], "me");
    assert_eq!(net.bias, [0.5, -0.5]);
}

#[test]
fn errors_about_a_tensor_say_what_it_was_renamed_to() {
    let load = || Load::new().rename("fc.", "dense1.").allow_missing(true);
    let bytes = Writer::new().tensor("fc.bias", &[3], &[0.0; 3]).to_bytes().unwrap();
    let text = "<memory>: tensor `fc.bias` (renamed to `dense1.bias`): expected";
    assert_eq!(message(&load(), &bytes), format!("{text} shape [2], found [3]"));
    let bytes = Writer::new().tensor("fc.bias", &[2], &[0.0, f32::NAN]).to_bytes().unwrap();
    assert_eq!(message(&load(), &bytes), format!("{text} finite numbers, found NaN at [1]"));
    let error = load().from_bytes_into(&mut *Net::counting(), &bytes).unwrap_err().to_string();
    assert_eq!(error, format!("{text} finite numbers, found NaN at [1]"));
    let bytes = file(&format!("{{{}}}", entry("fc.bias", "I64", "[2]", 0, 16)), 16);
    assert_eq!(message(&load(), &bytes), format!("{text} elements F32, F16, BF16 or F64, found I64"));
}

#[test]
fn a_tied_tensor_that_is_missing_is_explained() {
    // `save_model` of safetensors for Python omits one of two tied tensors, and records it in the metadata.
    let net = Net::counting();
    let bytes = |name: &'static str| {
        Writer::new()
            .metadata(name, "norm.running_mean")
            .tensor("dense1.weight", &[2, 3], &[0.0; 6])
            .tensor("norm.running_mean", &[2], &net.mean)
            .to_bytes()
            .unwrap()
    };
    let expected = "<memory>: does not fit the model `Net`; it lacks `dense1.bias`, which its metadata ties to `norm.running_mean`; \
                    in Python, `save_file({k: v.clone() for k, v in model.state_dict().items()}, …)` writes both";
    assert_eq!(message(&Load::new(), &bytes("dense1.bias")), expected);
    // The metadata contains PyTorch's names.
    let load = Load::new().rename_with(|name| Some(name.replace("fc.", "dense1.")));
    assert_eq!(message(&load, &bytes("fc.bias")), expected);
    // Other metadata is not a tie.
    assert!(message(&Load::new(), &bytes("author")).ends_with("it lacks tensor `dense1.bias`"));
    assert!(Load::new().allow_missing(true).from_bytes::<Net>(&bytes("dense1.bias")).is_ok());
}

#[test]
fn duplicate_names_of_tensors_are_errors() {
    let valid = "<memory>: not a valid safetensors file: expected";
    let of = |entries: &[String], data| message(&Load::new(), &file(&format!("{{{}}}", entries.join(",")), data));
    let same = entry("dense1.bias", "F32", "[2]", 0, 8);
    let twice = format!("{valid} unique names, found `dense1.bias` twice");
    for second in [
        same.clone(),
        entry("dense1.bias", "F32", "[2]", 8, 16),
        entry("dense1.bias", "F32", "[1]", 0, 4),
        entry("dense1.bias", "I64", "[1]", 0, 8),
    ] {
        for data in [8, 16] {
            assert_eq!(of(&[same.clone(), entry("x", "F32", "[0]", 0, 0), second.clone()], data), twice);
        }
    }
    // The same name is written in two ways.
    assert_eq!(of(&[same.clone(), same.replace("dense1", r"dense\u0031")], 8), twice);
    let metadata = |text: &str| format!(r#""__metadata__":{text}"#);
    assert_eq!(
        of(&[metadata(r#"{"epoch":"1","epoch":"2"}"#), same.clone()], 8),
        format!("{valid} unique keys in `__metadata__`, found `epoch` twice")
    );
    assert_eq!(
        of(&[metadata("{}"), same.clone(), metadata("{}")], 8),
        format!("{valid} unique names, found `__metadata__` twice")
    );
    let field = same.replace(r#""shape""#, r#""dtype":"F32","shape""#);
    let error = of(&[field], 8);
    assert!(error.contains("found `dense1.bias`: duplicate field `dtype` at line 1"), "{error}");
}

#[test]
fn metadata_that_is_not_text_is_an_error() {
    let valid = "<memory>: not a valid safetensors file: expected";
    let of = |metadata: &str| {
        let tensor = entry("x", "F32", "[2]", 0, 8);
        Reader::of(&file(&format!(r#"{{"__metadata__":{metadata},{tensor}}}"#), 8)).err().map(|error| error.to_string())
    };
    for (value, found) in [
        ("5", "5"),
        ("-5", "-5"),
        ("0.5", "0.5"),
        ("true", "true"),
        ("null", "null"),
        ("[1,[2]]", "a list"),
        (r#"{"a":1}"#, "an object"),
    ] {
        assert_eq!(
            of(&format!(r#"{{"author":"me","epoch":{value}}}"#)),
            Some(format!("{valid} text for every key of `__metadata__`, found {found} for `epoch`"))
        );
    }
    let error = of("5").unwrap();
    assert!(error.contains("expected text by key in `__metadata__`"), "{error}");
    assert_eq!((of("{}"), of("null")), (None, None));
}

#[test]
fn overlapping_tensors_are_both_named() {
    let valid = "<memory>: not a valid safetensors file: expected a header of tensors without gaps or overlaps, found";
    let of = |entries: &[String], data| message(&Load::new(), &file(&format!("{{{}}}", entries.join(",")), data));
    let (a, b) = (entry("a", "F32", "[2]", 0, 8), entry("b", "F32", "[2]", 0, 8));
    let found = format!("{valid} `a` at bytes 0 to 8 and `b` at bytes 0 to 8");
    assert_eq!(of(&[a.clone(), b], 8), found);
    let b = entry("b", "F32", "[2]", 4, 12);
    assert_eq!(of(&[b, a.clone()], 12), format!("{valid} `a` at bytes 0 to 8 and `b` at bytes 4 to 12"));
    let b = entry("b", "F32", "[2]", 12, 20);
    assert_eq!(of(&[b, a.clone()], 20), format!("{valid} no tensor at bytes 8 to 12, before `b`"));
    let b = entry("b", "F16", "[3]", 8, 12);
    assert_eq!(of(&[a, b], 12), format!("{valid} `b` of F16 and shape [3] at bytes 8 to 12"));
    let empty = [entry("a", "F32", "[0]", 0, 0), entry("b", "F32", "[0,3]", 0, 0)];
    assert!(Reader::of(&file(&format!("{{{}}}", empty.join(",")), 0)).is_ok());
}

#[test]
fn metadata_is_read_without_a_model() {
    let folder = folder("metadata");
    let path = folder.join("net.safetensors");
    Writer::new().metadata("mean", "0.5").tensor("x", &[1], &[1.0]).write(&path).unwrap();
    assert_eq!(Reader::open(&path).unwrap().metadata()["mean"], "0.5");
    std::fs::remove_dir_all(folder).unwrap();
}
