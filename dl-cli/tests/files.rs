//! Compares what the command reads, shows and writes with files of the Python packages `gguf` and `safetensors`.

use dl_cli::convert::{To, Written, convert};
use dl_cli::file::{File, Kind};
use dl_cli::inspect::Report;
use dl_runtime::io::Rules;
use dl_runtime::io::safetensors::Reader;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// Returns the names, shapes and numbers of a safetensors file.
fn numbers(path: &Path) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let mut reader = Reader::open(path).unwrap().allow_not_finite(true);
    let mut all = Vec::new();
    for name in reader.names() {
        let shape = reader.shape(&name).unwrap().to_vec();
        let mut numbers = vec![0.0; shape.iter().product()];
        reader.read(&name, &mut numbers).unwrap();
        all.push((name, shape, numbers));
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// Returns a safetensors file of tensors with these bytes.
fn file(tensors: &[(&str, Dtype, &[usize], &[u8])]) -> Vec<u8> {
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| (*name, TensorView::new(*dtype, shape.to_vec(), bytes).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

fn floats(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

#[test]
fn gguf_has_the_numbers_that_its_own_package_reads() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.safetensors");
    let gguf = File::open(fixture("small.gguf")).unwrap();
    assert_eq!(gguf.kind, Kind::Gguf);
    let written = convert(&gguf, &Rules::new(), To::F32, &out).unwrap();
    assert_eq!(written.tensors, 8);
    let (found, expected) = (numbers(&out), numbers(&fixture("gguf.safetensors")));
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
}

#[test]
fn inspect_shows_metadata_tensors_and_totals() {
    let mut report = Report::new(&File::open(fixture("small.gguf")).unwrap(), false);
    report.path = "small.gguf".into();
    let text = report.to_string();
    let expected = include_str!("fixtures/small.gguf.txt");
    assert!(text == expected, "{text}");
    let report = Report::new(&File::open(fixture("gguf.safetensors")).unwrap(), true);
    let json: serde_json::Value = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
    assert_eq!(json["kind"], "safetensors");
    assert_eq!(json["elements"], 6 * 64 + 5 + 2 * (3 * 32 + 4 * 6 + 7));
    let norm = json["tensors"].as_array().unwrap().iter().find(|t| t["name"] == "output_norm.weight").unwrap();
    assert_eq!((&norm["shape"], &norm["bytes"]), (&serde_json::json!([5]), &serde_json::json!(20)));
    let numbers = &numbers(&fixture("gguf.safetensors")).into_iter().find(|t| t.0 == "output_norm.weight").unwrap().2;
    let mean = numbers.iter().map(|n| f64::from(*n)).sum::<f64>() / 5.0;
    assert_eq!(norm["statistics"]["mean"], mean);
    assert_eq!(norm["statistics"]["max"], f64::from(numbers.iter().copied().fold(f32::MIN, f32::max)));
}

#[test]
fn statistics_tell_what_is_not_finite() {
    let bytes = file(&[("a", Dtype::F32, &[5], &floats(&[1.0, f32::NAN, f32::INFINITY, -3.0, f32::NAN]))]);
    let report = Report::new(&File::of(bytes).unwrap(), true);
    let found = report.tensors[0].statistics.unwrap();
    assert_eq!(
        (found.min, found.max, found.mean, found.nan, found.infinite),
        (Some(-3.0), Some(1.0), Some(-1.0), 2, 1)
    );
}

#[test]
fn an_index_is_all_of_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("a.safetensors"), file(&[("x", Dtype::F32, &[1], &floats(&[1.0]))])).unwrap();
    std::fs::write(at("b.safetensors"), file(&[("y", Dtype::F32, &[2], &floats(&[2.0, 3.0]))])).unwrap();
    let index = |map: &str| format!(r#"{{"metadata": {{"total_size": 12}}, "weight_map": {map}}}"#);
    std::fs::write(at("i.json"), index(r#"{"x": "a.safetensors", "y": "b.safetensors"}"#)).unwrap();
    let opened = File::open(at("i.json")).unwrap();
    assert_eq!((opened.kind, opened.metadata["total_size"].as_str()), (Kind::SafetensorsIndex, "12"));
    convert(&opened, &Rules::new(), To::F32, &at("all.safetensors")).unwrap();
    let all = numbers(&at("all.safetensors"));
    assert_eq!(all[1], ("y".into(), vec![2], vec![2.0, 3.0]));
    for (map, expected) in [
        (r#"{"x": "b.safetensors"}"#, "the tensor `x` in b.safetensors"),
        (r#"{"x": "../a.safetensors"}"#, "names of files in the same folder, found `../a.safetensors`"),
        (r#"{"x": ".."}"#, "names of files in the same folder"),
        (r#"{"x": "none.safetensors"}"#, "none.safetensors"),
        (r#"{"x": 1}"#, "a list of files by tensor"),
    ] {
        std::fs::write(at("i.json"), index(map)).unwrap();
        let error = File::open(at("i.json")).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn precision_changes_by_rounding_to_even() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.safetensors");
    let doubles: Vec<u8> = [0.1_f64, -1e-8, 65504.0, f64::NAN].iter().flat_map(|n| n.to_le_bytes()).collect();
    let opened = File::of(file(&[("a", Dtype::F64, &[4], &doubles)])).unwrap();
    for (to, dtype, expected) in [
        (To::F32, Dtype::F32, [0.1_f32, -1e-8, 65504.0]),
        (To::F16, Dtype::F16, [0.099_975_586, 0.0, 65504.0]),
        (To::BF16, Dtype::BF16, [0.100_097_656, -1.001_171_8e-8, 65536.0]),
    ] {
        convert(&opened, &Rules::new(), to, &out).unwrap();
        let bytes = std::fs::read(&out).unwrap();
        assert_eq!(SafeTensors::deserialize(&bytes).unwrap().tensor("a").unwrap().dtype(), dtype);
        let found = &numbers(&out)[0].2;
        assert_eq!(found[..3], expected, "{to:?}");
        assert!(found[3].is_nan());
    }
}

#[test]
fn what_cannot_be_converted_is_told_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.safetensors");
    let whole = 7_i64.to_le_bytes();
    let large = 1e300_f64.to_le_bytes();
    let opened = File::of(file(&[
        ("bn.num_batches_tracked", Dtype::I64, &[], &whole),
        ("large", Dtype::F64, &[1], &large),
        ("positions", Dtype::I64, &[1], &whole),
        ("w", Dtype::F32, &[2], &floats(&[1.0, 1e6])),
    ]))
    .unwrap();
    let error = |rules: &Rules, to| convert(&opened, rules, to, &out).unwrap_err().to_string();
    assert!(error(&Rules::new(), To::F32).contains("not: `positions` (I64); leave them out by `--drop`"));
    let rules = Rules::new().skip("positions");
    assert!(
        error(&rules, To::F32).contains("tensor `large`: 1e300 at number 0 does not fit into F32"),
        "{}",
        error(&rules, To::F32)
    );
    let rules = rules.skip("large");
    assert!(error(&rules, To::F16).contains("tensor `w`: 1e6 at number 1 does not fit into F16"));
    assert!(!out.exists());
    let written = convert(&opened, &rules, To::F32, &out).unwrap();
    assert_eq!(written, Written { tensors: 1, bytes: 8, left_out: vec!["bn.num_batches_tracked".into()] });
}

#[test]
fn converted_files_are_read_by_models() {
    dl::model! { Net(x: [3]) -> [2] { x -> dense(2, bias: false) as layer1 } }
    use dl::Model;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.safetensors");
    let numbers = floats(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let opened = File::of(file(&[("encoder.layer.1.weight", Dtype::F32, &[3, 2], &numbers)])).unwrap();
    let rules = Rules::new().rename("encoder.layer.{i}.*", "layer{i}.*").transpose("encoder.layer.{i}.weight");
    convert(&opened, &rules, To::F32, &out).unwrap();
    assert_eq!(Net::load(&out).unwrap().layer1.weight, [[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]);
}

#[test]
fn checkpoints_are_told() {
    use dl::prelude::*;
    dl::model! { Net(x: [3]) -> [2] { x -> dense(2) } }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.safetensors");
    Net::init(1).training(Cpu::with_threads(1), 2).unwrap().save_checkpoint(&path, &()).unwrap();
    let opened = File::open(&path).unwrap();
    assert_eq!(opened.kind, Kind::Checkpoint);
    assert!(opened.metadata["checkpoint"].contains("\"model\":\"Net\""), "{:?}", opened.metadata);
}
