// Made by `dl import` of networks.densenet.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    /// Imported from networks.densenet.onnx.
    pub DenseNet(image: [3, 8, 8]) -> [4] {
        let a = image -> conv2d(4, 3, padding: 1) as conv1;
        let b = a -> batch_norm as batch_norm1 -> relu -> conv2d(3, 3, padding: 1) as conv2;
        let c = concat(a, b);
        let d = c -> batch_norm as batch_norm2 -> relu -> conv2d(3, 3, padding: 1) as conv3;
        concat(c, d) -> avg_pool2d(2) -> flatten -> dense(4) as dense1 -> log_softmax
    }
}
