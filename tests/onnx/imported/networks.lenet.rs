// Made by `dl import` of networks.lenet.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    /// Imported from networks.lenet.onnx.
    pub LeNet(image: [1, 28, 28]) -> [10] {
        image -> conv2d(6, 5, padding: 2) as conv1 -> relu -> max_pool2d(2)
            -> conv2d(16, 5) as conv2 -> relu -> max_pool2d(2) -> flatten -> dense(120) as dense1
            -> relu -> dense(84) as dense2 -> relu -> dense(10) as logits
    }
}
