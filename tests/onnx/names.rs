//! The names and shapes in a file.

use crate::harness::{of_tensor, trained};
use dl::prelude::*;
use dl_onnx::tensor_shape_proto::dimension::Value as Size;

model! {
    block layer(x) { x -> residual { layer_norm -> dense(6) -> relu -> dense(6) as out } }
    Net(input: [6], output: [.., 6]) -> (sum: [6], rows: [output.., 6]) {
        (input -> repeat 2 { layer } as layers, output -> dense(6) as once -> once)
    }
}

#[test]
fn of_nodes_values_and_weights() {
    let model = dl_onnx::decode(trained::<Net>().to_onnx().unwrap()).unwrap();
    assert_eq!(model.doc_string(), "Net: input [6], output [.., 6] -> sum [6], rows [.., 6]");
    let graph = model.graph.unwrap();
    let names: Vec<&str> = graph.node.iter().map(|node| node.name()).collect();
    assert!(names.contains(&"layers.0.layer1.layer_norm1") && names.contains(&"layers.1.layer1.out"), "{names:?}");
    // A layer that is used again has its weights once.
    assert!(names.contains(&"once") && names.contains(&"once_2"), "{names:?}");
    let weights: Vec<&str> = graph.initializer.iter().map(|tensor| tensor.name()).collect();
    let tensors: Vec<String> = Net::TENSORS.iter().map(|tensor| tensor.name).collect();
    assert!(tensors.iter().all(|tensor| weights.iter().filter(|weight| *weight == tensor).count() == 1), "{weights:?}");
    // Values between the layers have shapes, too.
    assert_eq!(of_tensor(&graph.output[1]).1[1], Some(Size::DimParam("length".into())));
    let inner = graph.value_info.iter().find(|info| info.name() == "once").expect("a value between two layers");
    let [batch, length] = ["batch", "length"].map(|name| Some(Size::DimParam(name.into())));
    assert_eq!(of_tensor(inner).1, [batch, length, Some(Size::DimValue(6))]);
}

#[test]
fn a_file_is_written_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (net, file) = (trained::<Net>(), folder.path().join("net.onnx"));
    net.export_onnx(&file).unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), net.to_onnx().unwrap());
    assert!(dl_onnx::read(&file).is_ok());
    assert!(matches!(net.export_onnx(folder.path().join("missing/net.onnx")), Err(dl::Error::Io { .. })));
}
