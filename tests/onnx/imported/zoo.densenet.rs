// Made by `dl import` of zoo.densenet.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    block layer_block(x) {
        let a = x -> batch_norm as batch_norm1 -> relu -> conv2d(8, 1, bias: false) as conv1
            -> batch_norm as batch_norm2 -> relu -> conv2d(4, 3, padding: 1, bias: false) as conv2;
        concat(x, a)
    }

    block transition(x) {
        x -> batch_norm as batch_norm1 -> relu -> conv2d(8, 1, bias: false) as conv1
    }

    block head(x) {
        x -> batch_norm as batch_norm1 -> relu -> global_avg_pool2d -> dense(10) as dense1
    }

    block stem(x) {
        x -> conv2d(8, 7, stride: 2, padding: 3, bias: false) as conv1 -> batch_norm as batch_norm1
    }

    /// Imported from zoo.densenet.onnx.
    pub Narrow(image: [3, 32, 32]) -> [10] {
        image -> stem as stem1 -> relu -> max_pool2d(3, stride: 2, padding: 1)
            -> layer_block as layer1 -> layer_block as layer2 -> transition as transition1
            -> avg_pool2d(2) -> layer_block as layer3 -> layer_block as layer4
            -> layer_block as layer5 -> head as head1
    }
}
