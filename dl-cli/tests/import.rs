//! Networks exported by PyTorch come back as source that compiles, that a person could have written, and that computes what ONNX Runtime
//! does. `DL_BLESS=1` writes the source again; the script beside the fixtures writes the networks.

use dl::Model;
use dl::pod::{flat, flat_mut, zeroed_box};
use dl::{Cpu, Pod};
use dl_cli::Error;
use dl_cli::import::{Imported, Options, import};
use dl_runtime::io::safetensors::Reader;
use std::path::{Path, PathBuf};

mod lenet {
    include!("fixtures/lenet.rs");
}
mod resnet {
    include!("fixtures/resnet.rs");
}
mod resnet_folded {
    include!("fixtures/resnet_folded.rs");
}
mod mobilenet {
    include!("fixtures/mobilenet.rs");
}
mod unet {
    include!("fixtures/unet.rs");
}
mod vit {
    include!("fixtures/vit.rs");
}
mod tagger {
    include!("fixtures/tagger.rs");
}
mod gpt {
    include!("fixtures/gpt.rs");
}
mod mixed {
    include!("fixtures/mixed.rs");
}
mod norms {
    include!("fixtures/norms.rs");
}
mod spelled {
    include!("fixtures/spelled.rs");
}
mod llama {
    include!("fixtures/llama.rs");
}
mod gptj {
    include!("fixtures/gptj.rs");
}
mod functions {
    include!("fixtures/functions.rs");
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// Imports a network, and compares its source with the committed one.
fn imported(name: &str, source: &str, options: &Options) -> Imported {
    imported_file(&format!("{name}.onnx"), source, options)
}

fn imported_file(file: &str, source: &str, options: &Options) -> Imported {
    let imported = import(fixture(file), options).unwrap_or_else(|error| panic!("{error}"));
    let path = fixture(&format!("{source}.rs"));
    if std::env::var_os("DL_BLESS").is_some() {
        std::fs::write(path, &imported.source).unwrap();
    } else {
        let committed = std::fs::read_to_string(path).unwrap();
        assert!(committed == imported.source, "{source}.rs is not what is written now:\n{}", imported.source);
    }
    imported
}

/// Loads the model from the file that an import writes.
fn load<M: Model>(imported: &Imported) -> Box<M> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("net.rs");
    imported.write(&out).unwrap();
    assert_eq!(std::fs::read_to_string(&out).unwrap(), imported.source);
    M::load(out.with_extension("safetensors")).unwrap_or_else(|error| panic!("{error}"))
}

/// Returns a tensor of the file with what ONNX Runtime computed.
fn expected(name: &str, tensor: &str) -> Vec<f32> {
    let mut reader = Reader::open(fixture(&format!("{name}.safetensors"))).unwrap();
    let mut numbers = vec![0.0; reader.shape(tensor).unwrap().iter().product()];
    reader.read(tensor, &mut numbers).unwrap();
    numbers
}

fn agree(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    let size = expected.iter().fold(0.0_f32, |size, number| size.max(number.abs()));
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() <= 1e-4 * size.max(1.0), "number {at}: found {found}, expected {expected}");
    }
}

/// Compares the prediction for samples of a fixed size.
fn check<M>(name: &str, imported: &Imported)
where
    M: Model<Input: Pod<Element = f32>, Output: Pod<Element = f32>>,
{
    let net = load::<M>(imported);
    let given = expected(name, "input");
    let samples = given.len() / M::Input::LEN;
    let mut inputs: Vec<M::Input> = (0..samples).map(|_| *zeroed_box()).collect();
    flat_mut(&mut inputs).copy_from_slice(&given);
    let mut outputs: Vec<M::Output> = (0..samples).map(|_| *zeroed_box()).collect();
    dl::Session::on(Cpu::with_threads(1), &net, samples).unwrap().predict_into(&inputs, &mut outputs).unwrap();
    agree(flat(&outputs), &expected(name, "output"));
}

/// Returns the lines of a source that are not empty, without those before the macro.
fn lines(imported: &Imported) -> usize {
    imported
        .source
        .lines()
        .skip_while(|line| !line.starts_with("model!"))
        .filter(|line| !line.trim().is_empty())
        .count()
}

#[test]
fn lenet() {
    let imported = imported("lenet", "lenet", &Options::default());
    assert!(lines(&imported) <= 15, "{}", imported.source);
    check::<lenet::LeNet>("lenet", &imported);
}

#[test]
fn resnet() {
    let imported = imported("resnet", "resnet", &Options::default());
    assert!(lines(&imported) <= 30, "{}", imported.source);
    check::<resnet::ResNet>("resnet", &imported);
}

#[test]
fn batch_norms_are_folded() {
    let options = Options { fold_batch_norm: true, ..Options::default() };
    let imported = imported("resnet", "resnet_folded", &options);
    assert!(!imported.source.contains("batch_norm"));
    check::<resnet_folded::ResNet>("resnet", &imported);
}

#[test]
fn mobilenet() {
    let imported = imported("mobilenet", "mobilenet", &Options::default());
    check::<mobilenet::MobileNetV2>("mobilenet", &imported);
}

#[test]
fn unet() {
    let imported = imported("unet", "unet", &Options::default());
    check::<unet::UNet>("unet", &imported);
}

#[test]
fn vit() {
    let imported = imported("vit", "vit", &Options::default());
    check::<vit::Vit>("vit", &imported);
}

/// Returns the tokens of each sample.
fn tokens(name: &str, samples: usize) -> Vec<Vec<u32>> {
    let given = expected(name, "input");
    given.chunks(given.len() / samples).map(|sample| sample.iter().map(|token| *token as u32).collect()).collect()
}

#[test]
fn tagger() {
    let imported = imported("tagger", "tagger", &Options::default());
    let outputs = load::<tagger::Tagger>(&imported).predict(&tokens("tagger", 2));
    agree(outputs.concat().as_flattened(), &expected("tagger", "output"));
}

#[test]
fn gpt() {
    let imported = imported("gpt", "gpt", &Options::default());
    let outputs = load::<gpt::Gpt>(&imported).predict(&tokens("gpt", 2));
    agree(outputs.concat().as_flattened(), &expected("gpt", "output"));
}

#[test]
fn programs_of_pytorch_become_what_their_onnx_files_do() {
    // The script that saves them compares what PyTorch computes with what ONNX Runtime did.
    let folded = Options { fold_batch_norm: true, ..Options::default() };
    // The operators of core ATen spell out what those of a program as it is exported name.
    let programs = ["lenet", "resnet", "mobilenet", "unet", "vit", "vit_core", "tagger", "gpt", "gpt_core"];
    let plain = programs.map(|program| (program, Options::default()));
    for (program, options) in plain.into_iter().chain([("resnet", folded)]) {
        let name = program.trim_end_matches("_core");
        let files = [format!("{program}.pt2"), format!("{name}.onnx")];
        let [program, onnx] =
            files.clone().map(|file| import(fixture(&file), &options).unwrap_or_else(|error| panic!("{error}")));
        assert_eq!(program.source.replace(&files[0], &files[1]), onnx.source);
        assert!(program.tensors == onnx.tensors, "{name} has other weights");
    }
}

#[test]
fn layers_that_onnx_does_not_have() {
    let imported = imported_file("mixed.pt2", "mixed", &Options::default());
    check::<mixed::Mixed>("mixed", &imported);
}

#[test]
fn damaged_networks_are_errors() {
    let bytes = std::fs::read(fixture("tagger.onnx")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.onnx");
    for at in (0..bytes.len()).step_by(41) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        std::fs::write(&path, &damaged).unwrap();
        // No panic, and an error names the file.
        if let Err(error) = import(&path, &Options::default()) {
            assert!(error.to_string().contains("damaged.onnx"), "{error}");
        }
        std::fs::write(&path, &bytes[..at]).unwrap();
        let _ = import(&path, &Options::default());
    }
}

#[test]
fn what_is_unknown_is_listed_all_at_once() {
    use dl_onnx::{GraphProto, ModelProto, NodeProto, ValueInfoProto, tensor_shape_proto, type_proto};
    let size = |size: i64| tensor_shape_proto::Dimension {
        value: Some(tensor_shape_proto::dimension::Value::DimValue(size)),
        ..Default::default()
    };
    let shape = dl_onnx::TensorShapeProto { dim: vec![size(1), size(3)] };
    let tensor = type_proto::Tensor { elem_type: Some(1), shape: Some(shape) };
    let float = dl_onnx::TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..Default::default() };
    let value =
        |name: &str| ValueInfoProto { name: Some(name.into()), r#type: Some(float.clone()), ..Default::default() };
    let node = |operator: &str, input: &str, output: &str| NodeProto {
        name: Some(format!("/head/{operator}_7")),
        op_type: Some(operator.into()),
        input: vec![input.into()],
        output: vec![output.into()],
        ..Default::default()
    };
    let graph = GraphProto {
        node: vec![
            node("Det", "x", "a"),
            node("Relu", "a", "b"),
            node("NonZero", "x", "c"),
            node("Mod", "x", "unused"),
            NodeProto { input: vec!["b".into(), "c".into()], ..node("Add", "", "y") },
        ],
        input: vec![value("x")],
        output: vec![value("y")],
        ..Default::default()
    };
    let model = ModelProto { ir_version: Some(8), graph: Some(graph), ..Default::default() };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.onnx");
    std::fs::write(&path, dl_onnx::encode(&model).unwrap()).unwrap();
    let error = import(&path, &Options::default()).unwrap_err();
    let text = error.to_string();
    let Error::Unknown { unknown, .. } = error else { panic!("{text}") };
    assert_eq!(unknown.len(), 2, "{text}");
    assert!(text.ends_with(
        "2 operators cannot be translated; nothing was written:\n  Det (node `/head/Det_7`) in `head`\n  NonZero (node `/head/NonZero_7`) in `head`"
    ), "{text}");
}

#[test]
fn norms_of_channels_and_learned_slopes() {
    let at_18 = imported("norms", "norms", &Options::default());
    check::<norms::Norms>("norms", &at_18);
    // Version 21 has an operator for groups; the source is the same, but for the name of the file.
    let at_21 = import(fixture("norms_21.onnx"), &Options::default()).unwrap();
    assert_eq!(at_21.source.replace("norms_21", "norms"), at_18.source);
    check::<norms::Norms>("norms_21", &at_21);
}

#[test]
fn norms_that_are_spelled_out() {
    let imported = imported("spelled", "spelled", &Options::default());
    assert!(imported.source.contains("layer_norm(epsilon: 0.001)"), "{}", imported.source);
    check::<spelled::Spelled>("spelled", &imported);
}

#[test]
fn rotary_embeddings_of_both_kinds() {
    let halves = imported("llama", "llama", &Options::default());
    let outputs = load::<llama::Llama>(&halves).predict(&tokens("llama", 2));
    agree(outputs.concat().as_flattened(), &expected("llama", "output"));
    let neighbours = imported("gptj", "gptj", &Options::default());
    let outputs = load::<gptj::Llama>(&neighbours).predict(&tokens("gptj", 2));
    agree(outputs.concat().as_flattened(), &expected("gptj", "output"));
}

#[test]
fn local_functions() {
    let imported = imported("functions", "functions", &Options::default());
    check::<functions::Functions>("functions", &imported);
}

/// Writes a changed network of the fixtures, and imports it.
fn changed(name: &str, change: impl FnOnce(&mut dl_onnx::ModelProto)) -> Result<Imported, Error> {
    let mut model = dl_onnx::read(fixture(&format!("{name}.onnx"))).unwrap();
    change(&mut model);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("{name}.onnx"));
    std::fs::write(&path, dl_onnx::encode(&model).unwrap()).unwrap();
    import(&path, &Options::default())
}

#[test]
fn lengths_of_padded_samples_are_an_error_that_says_what_to_do() {
    let with_lengths = |lengths: &'static str| {
        changed("tagger", move |model| {
            let graph = model.graph.as_mut().unwrap();
            let lstm = graph.node.iter_mut().find(|node| node.op_type() == "LSTM").unwrap();
            lstm.input[4] = lengths.into();
            let lengths = dl_onnx::ValueInfoProto { name: Some(lengths.into()), ..graph.input[0].clone() };
            graph.input.push(lengths);
        })
    };
    let text = with_lengths("lengths").unwrap_err().to_string();
    assert!(text.contains("lengths of their own (`sequence_lens`); export the network without `pack_padded"), "{text}");
}

#[test]
fn functions_that_call_themselves_are_an_error() {
    let text = changed("functions", |model| {
        let call = model.graph.as_ref().unwrap().node[0].clone();
        model.functions.iter_mut().find(|function| function.name() == "Twice").unwrap().node = vec![call.clone(), call];
    });
    let text = text.unwrap_err().to_string();
    assert!(text.contains("the function `Twice`, which is too large or calls itself"), "{text}");
}

#[test]
fn a_file_of_more_than_two_gigabytes_is_an_error_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.onnx");
    // A file with nothing in it takes no place on most disks.
    std::fs::File::create(&path).unwrap().set_len(3 << 30).unwrap();
    let text = import(&path, &Options::default()).unwrap_err().to_string();
    assert!(text.contains("large.onnx") && text.contains("3221225472"), "{text}");
}
