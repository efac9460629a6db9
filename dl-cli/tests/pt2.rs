//! Programs of PyTorch that are damaged or hostile, or that nothing translates: typed errors that say what is wrong and where.

mod common;

use common::{Parts, archive, node, tensor};
use dl_cli::Error;
use dl_cli::file::File;
use dl_cli::import::{Options, import, import_program};
use serde_json::{Value, json};

fn meta(parts: &mut Parts) -> &mut Value {
    &mut parts.weights["config"]["fc.weight"]["tensor_meta"]
}

fn nodes(parts: &mut Parts) -> &mut Vec<Value> {
    parts.model["graph_module"]["graph"]["nodes"].as_array_mut().unwrap()
}

/// Returns the error of an import, which is one of the format or lists what is unknown.
fn refused(bytes: Vec<u8>) -> String {
    match import_program(bytes, &Options::default()) {
        Err(error @ (Error::Format { .. } | Error::Unknown { .. })) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_small_program_is_imported() {
    let imported = import_program(Parts::new().to_bytes(), &Options::default()).unwrap();
    assert!(
        imported.source.contains("pub Net(x: [3]) -> [2] {\n        x -> dense(2, bias: false) as fc -> relu\n"),
        "{}",
        imported.source
    );
    assert_eq!(imported.tensors, [("fc.weight".to_owned(), vec![2, 3], vec![1.0, -2.0, 3.0, 4.0, 5.0, 6.0])]);
}

#[test]
fn strides_are_followed() {
    let mut parts = Parts::new();
    *meta(&mut parts) = tensor(&[2, 3], &[1, 2]);
    let imported = import_program(parts.to_bytes(), &Options::default()).unwrap();
    assert_eq!(imported.tensors[0].2, [1.0, 3.0, 5.0, -2.0, 4.0, 6.0]);
}

#[test]
fn tensors_end_with_their_files() {
    let cases = [
        (
            tensor(&[2, 4], &[4, 1]),
            "expected `fc.weight` in data/weights/weight_0: 32 bytes of the shape [2, 4] from element 0 on, found a file of 24 bytes",
        ),
        (tensor(&[1 << 40, 3], &[3, 1]), "found a file of 24 bytes"),
        // As many elements as one likes lie in one place.
        (tensor(&[1 << 40, 3], &[0, 0]), "found a file of 24 bytes"),
        (tensor(&[i64::MAX, i64::MAX], &[1, 1]), "a tensor that fits into memory"),
        (tensor(&[2, 3], &[i64::MAX, i64::MAX]), "found a file of 24 bytes"),
        (tensor(&[-2, 3], &[3, 1]), "a size and a stride for each dimension"),
        (tensor(&[2, 3], &[3]), "a size and a stride for each dimension"),
    ];
    for (other, expected) in cases {
        let mut parts = Parts::new();
        *meta(&mut parts) = other;
        assert!(refused(parts.to_bytes()).contains(expected), "{expected}: {}", refused(parts.to_bytes()));
        assert!(File::of(parts.to_bytes()).is_err());
    }
    let mut parts = Parts::new();
    meta(&mut parts)["storage_offset"]["as_int"] = json!(1);
    assert!(refused(parts.to_bytes()).contains("from element 1 on, found a file of 24 bytes"));
    let mut parts = Parts::new();
    meta(&mut parts)["dtype"] = json!(99);
    assert!(refused(parts.to_bytes()).contains("a known element type, found number 99"));
}

#[test]
fn many_tensors_of_one_file_take_no_memory() {
    let mut parts = Parts::new();
    parts.numbers = vec![0; 1 << 16];
    *meta(&mut parts) = tensor(&[1 << 14], &[1]);
    let one = parts.weights["config"]["fc.weight"].clone();
    for at in 0..1000 {
        parts.weights["config"][format!("w{at}")] = one.clone();
    }
    assert!(refused(parts.to_bytes()).contains("expected tensors of its own bytes"));
}

#[test]
fn pickles_are_refused() {
    let mut parts = Parts::new();
    parts.weights["config"]["fc.weight"]["use_pickle"] = json!(true);
    assert!(refused(parts.to_bytes()).contains("found a Python pickle in data/weights/weight_0"));
    for older in ["serialized_exported_program.json", "data/weights/model.pt"] {
        let bytes = archive(&[("models/model.json", b"{}"), (older, b"{}")]);
        assert!(refused(bytes).contains("in PyTorch 2.9 or later"));
    }
}

#[test]
fn references_to_nothing_are_errors() {
    // Also to itself, and to what comes later.
    for name in ["nothing", "relu", "linear"] {
        let mut parts = Parts::new();
        nodes(&mut parts)[0]["inputs"][0]["arg"]["as_tensor"]["name"] = json!(name);
        let expected =
            format!("expected earlier values as arguments of `linear`, found `{name}`, which nothing before computes");
        assert!(refused(parts.to_bytes()).contains(&expected), "{}", refused(parts.to_bytes()));
    }
    let mut parts = Parts::new();
    parts.model["graph_module"]["signature"]["output_specs"][0]["user_output"]["arg"]["as_tensor"]["name"] =
        json!("no");
    assert!(refused(parts.to_bytes()).contains("`no`, which nothing before computes"));
    let mut parts = Parts::new();
    parts.model["graph_module"]["signature"]["input_specs"][0]["parameter"]["parameter_name"] = json!("fc.bias");
    assert!(refused(parts.to_bytes()).contains("expected the tensor `fc.bias`, found none"));
}

#[test]
fn json_that_is_deep_or_of_another_version_is_an_error() {
    let mut parts = Parts::new();
    let deep = format!(r#""arg":{{"as_ints":{}"#, "[".repeat(100_000));
    let deep = parts.model.to_string().replacen(r#""arg":{"#, &deep, 1);
    let files: [(&str, &[u8]); 1] = [("models/model.json", deep.as_bytes())];
    assert!(refused(archive(&files)).contains("recursion limit"), "{}", refused(archive(&files)));
    parts.model["schema_version"]["major"] = json!(9);
    assert!(refused(parts.to_bytes()).contains("expected version 8 of the format, found 9"));
    assert!(refused(archive(&[("archive_format", b"pt2")])).contains("expected one model, found []"));
}

#[test]
fn what_is_unknown_is_listed_all_at_once() {
    let mut parts = Parts::new();
    nodes(&mut parts).extend([
        node("aten.fft_rfft.default", &[("self", "relu")], "fft"),
        node("aten.nonzero.default", &[("self", "x")], "nonzero"),
        node("aten.sort.default", &[("self", "x")], "unused"),
        node("aten.add.Tensor", &[("self", "fft"), ("other", "nonzero")], "add"),
    ]);
    parts.model["graph_module"]["signature"]["output_specs"][0]["user_output"]["arg"]["as_tensor"]["name"] =
        json!("add");
    let text = refused(parts.to_bytes());
    let expected = "2 operators cannot be translated; nothing was written:\n  aten.fft_rfft.default (node `fft`) in `fc`\n  aten.nonzero.default (node `nonzero`) in `fc`";
    assert!(text.ends_with(expected), "{text}");
}

#[test]
fn training_is_refused_with_advice() {
    let mut parts = Parts::new();
    nodes(&mut parts)[1] = node("aten.dropout.default", &[("input", "linear")], "relu");
    let train = json!({ "name": "train", "arg": { "as_bool": true } });
    nodes(&mut parts)[1]["inputs"].as_array_mut().unwrap().push(train);
    assert!(
        refused(parts.to_bytes())
            .contains("aten.dropout.default of a network in training; export it after `model.eval()` (node `relu`)")
    );
}

#[test]
fn changes_in_place_reach_later_readers() {
    // `relu_` of the dense layer, and then a sum with what the dense layer has become.
    let mut parts = Parts::new();
    nodes(&mut parts)[1] = node("aten.relu_.default", &[("self", "linear")], "relu_");
    nodes(&mut parts).push(node("aten.add.Tensor", &[("self", "relu_"), ("other", "linear")], "relu"));
    let imported = import_program(parts.to_bytes(), &Options::default()).unwrap();
    assert!(imported.source.contains("-> relu;\n        a + a\n"), "{}", imported.source);
    // A part of it would change, too.
    let mut parts = Parts::new();
    nodes(&mut parts)[1] = node("aten.detach.default", &[("self", "linear")], "part");
    nodes(&mut parts).push(node("aten.relu_.default", &[("self", "linear")], "relu"));
    assert!(refused(parts.to_bytes()).contains("aten.relu_.default which changes a tensor that others are parts of"));
}

#[test]
fn any_change_of_the_json_is_an_error_or_a_network() {
    let text = Parts::new().model.to_string();
    for (at, byte) in text.bytes().enumerate() {
        for other in [b'"', b'9', b'-', b'{', b'x'] {
            let mut damaged = text.clone().into_bytes();
            damaged[at] = if byte == other { b' ' } else { other };
            let bytes = archive(&[
                ("data/weights/weight_0", &Parts::new().numbers),
                ("data/weights/model_weights_config.json", Parts::new().weights.to_string().as_bytes()),
                ("data/constants/model_constants_config.json", br#"{"config": {}}"#),
                ("models/model.json", &damaged),
            ]);
            let _ = import_program(bytes, &Options::default());
        }
    }
}

#[test]
fn errors_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.pt2");
    std::fs::write(&path, b"PK\x03\x04 and no more").unwrap();
    let error = import(&path, &Options::default()).unwrap_err().to_string();
    assert!(error.contains("net.pt2: not a valid PT2 file: expected a zip archive without compression"), "{error}");
}
