// Made by `dl import` of networks.mobilenet.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    block inverted(x, stride, channels) {
        x -> conv2d(24, 1, bias: false) as conv1 -> batch_norm as batch_norm1 -> relu6
            -> depthwise_conv2d(3, stride: stride, padding: 1, bias: false) as depthwise_conv1
            -> batch_norm as batch_norm2 -> relu6 -> conv2d(channels, 1, bias: false) as conv2
            -> batch_norm as batch_norm3
    }

    block squeeze(x) { x -> dense(4) as dense1 -> relu -> dense(12) as dense2 }

    /// Imported from networks.mobilenet.onnx.
    pub MobileNet(image: [3, 16, 16]) -> [5] {
        let a = image -> conv2d(8, 3, stride: 2, padding: 1, bias: false) as conv1
            -> batch_norm as batch_norm1 -> hard_swish -> residual { inverted(1, 8) as inverted1 }
            -> inverted(2, 12) as inverted2;
        let b = a -> global_avg_pool2d -> squeeze as squeeze1 -> hard_sigmoid
            -> reshape([12, 1, 1]);
        (a * b) -> global_avg_pool2d -> dense(5) as dense1
    }
}
