// Made by `dl import` of networks.inner.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    /// Imported from networks.inner.onnx.
    pub Inner(x: [6]) -> (left: [4], right: [2]) {
        (x -> dense(4) as dense1 -> relu, x -> dense(2) as dense2)
    }
}
