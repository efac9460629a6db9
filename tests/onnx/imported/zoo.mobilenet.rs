// Made by `dl import` of zoo.mobilenet.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    block conv(x, channels) {
        x -> conv2d(channels, 1, bias: false) as conv1 -> batch_norm as batch_norm1
    }

    block conv_block(x, stride) {
        x -> depthwise_conv2d(3, stride: stride, padding: 1, bias: false) as conv1
            -> batch_norm as batch_norm1 -> relu6
    }

    block inverted(x) {
        x -> residual { conv(48) as conv1 -> relu6 -> conv_block(1) as conv2 -> conv(8) as conv3 }
    }

    block inverted_block(x) {
        x -> conv(48) as conv1 -> relu6 -> conv_block(2) as conv2 -> conv(8) as conv3
    }

    block inverted_block2(x) { x -> conv_block(1) as conv1 -> conv(8) as conv2 }

    block conv_block2(x) {
        x -> conv2d(8, 3, stride: 2, padding: 1, bias: false) as conv1 -> batch_norm as batch_norm1
    }

    /// Imported from zoo.mobilenet.onnx.
    pub Narrow(image: [3, 32, 32]) -> [10] {
        image -> conv_block2 as conv1 -> relu6 -> residual { inverted_block2 as inverted1 }
            -> inverted_block as inverted2 -> repeat 3 { inverted as inverted1 } as repeat1
            -> conv(1280) as conv2 -> relu6 -> global_avg_pool2d -> dense(10) as dense1
    }
}
