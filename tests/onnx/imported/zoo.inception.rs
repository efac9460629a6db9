// Made by `dl import` of zoo.inception.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    block conv(x, channels) {
        x -> conv2d(channels, 1, bias: false) as conv1 -> batch_norm(epsilon: 0.001) as batch_norm1
            -> relu
    }

    block conv_block(x, channels) {
        x -> conv2d(channels, 3, padding: 1, bias: false) as conv1
            -> batch_norm(epsilon: 0.001) as batch_norm1 -> relu
    }

    block inception(x) {
        let a = x -> conv(4) as conv1;
        let b = x -> conv(3) as conv2 -> conv_block(5) as conv3;
        let c = x -> conv(2) as conv4 -> conv_block(3) as conv5;
        let d = x -> max_pool2d(3, stride: 1, padding: 1) -> conv(4) as conv6;
        concat(a, b, c, d)
    }

    /// Imported from zoo.inception.onnx.
    pub Module(maps: [6, 7, 5]) -> [16, 7, 5] {
        maps -> inception as inception1
    }
}
