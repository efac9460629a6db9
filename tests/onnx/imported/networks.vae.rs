// Made by `dl import` of networks.vae.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    /// Imported from networks.vae.onnx.
    pub Vae(image: [64]) -> (reconstruction: [64], mean1: [4], log_variance: [4]) {
        let a = image -> dense(32) as dense1 -> tanh;
        let b = a -> dense(4) as dense2;
        (b -> dense(32) as dense4 -> relu -> dense(64) as dense5 -> sigmoid, b, a -> dense(4) as dense3)
    }
}
