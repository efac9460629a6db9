// Made by `dl import` of zoo.alexnet.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    block alexnet(x) {
        x -> conv2d(4, 11, stride: 4, padding: 2) as conv1 -> relu -> max_pool2d(3, stride: 2)
            -> conv2d(12, 5, padding: 2) as conv2 -> relu -> max_pool2d(3, stride: 2)
            -> conv2d(24, 3, padding: 1) as conv3 -> relu -> conv2d(16, 3, padding: 1) as conv4
            -> relu -> conv2d(16, 3, padding: 1) as conv5 -> relu -> max_pool2d(3, stride: 2)
            -> flatten -> dense(256) as dense1 -> relu -> dense(256) as dense2 -> relu
            -> dense(10) as dense3
    }

    /// Imported from zoo.alexnet.onnx.
    pub Narrow(image: [3, 67, 67]) -> [10] {
        image -> alexnet as alexnet1
    }
}
