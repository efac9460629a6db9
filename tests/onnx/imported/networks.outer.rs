// Made by `dl import` of networks.outer.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    block inner_block(x) {
        let a = x -> dense(4) as dense1 -> relu;
        concat(a, x -> dense(2) as dense2)
    }

    /// Imported from networks.outer.onnx.
    pub Outer(x: [6]) -> [6] {
        x -> inner_block as inner -> residual { dense(6) as after -> tanh }
    }
}
