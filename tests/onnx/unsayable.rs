//! What ONNX cannot say is an error that names the layer.

use dl::Error;
use dl::prelude::*;

model! {
    Projected(x: [.., 3]) -> [.., 2] { x -> dense(3) -> lstm(4, projection: 2) as reader }
}

#[test]
fn a_projection_of_a_state_is_an_error_that_names_the_layer() {
    let net = Projected::init(1);
    let error = net.to_onnx().unwrap_err();
    assert!(matches!(&error, Error::NotInOnnx { model: "Projected", layer, .. } if layer == "reader"), "{error}");
    let file = tempfile::tempdir().unwrap().path().join("net.onnx");
    net.export_onnx(&file).unwrap_err();
    assert!(!file.exists(), "nothing is written");
}
