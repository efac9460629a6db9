// Made by `dl import` of networks.generic.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    /// Imported from networks.generic.onnx.
    pub Generic(x: [6]) -> [3] {
        x -> dense(5) as dense1 -> silu -> dense(3) as dense2
    }
}
