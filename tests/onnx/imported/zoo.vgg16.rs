// Made by `dl import` of zoo.vgg16.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    block two(x, channels) {
        x -> conv2d(channels, 3, padding: 1) as conv1 -> relu
            -> conv2d(channels, 3, padding: 1) as conv2 -> relu
    }

    block three(x, channels) {
        x -> two(channels) as two1 -> conv2d(channels, 3, padding: 1) as conv1 -> relu
            -> max_pool2d(2)
    }

    block two_block(x, channels) {
        x -> conv2d(channels, 3, padding: 1) as conv1 -> relu
            -> conv2d(channels, 3, padding: 1) as conv2 -> relu -> max_pool2d(2)
    }

    block vgg(x) {
        x -> two_block(2) as two1 -> two_block(4) as two2 -> three(8) as three1
            -> three(16) as three2 -> three(16) as three3 -> flatten -> dense(128) as dense1
            -> relu -> dense(128) as dense2 -> relu -> dense(10) as dense3
    }

    /// Imported from zoo.vgg16.onnx.
    pub Narrow(image: [3, 64, 64]) -> [10] {
        image -> vgg as vgg161
    }
}
