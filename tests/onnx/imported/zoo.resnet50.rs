// Made by `dl import` of zoo.resnet50.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    block bottleneck(x) {
        x -> conv2d(4, 1, bias: false) as conv1 -> batch_norm as bn1 -> relu
            -> conv2d(4, 3, padding: 1, bias: false) as conv2 -> batch_norm as bn2 -> relu
            -> conv2d(16, 1, bias: false) as conv3 -> batch_norm as bn3
    }

    block downsample_block(x, channels, stride) {
        x -> conv2d(channels, 1, stride: stride, bias: false) as conv -> batch_norm as norm
    }

    block bottleneck_block(x, channels, stride, channels2) {
        let a = x -> conv2d(channels, 1, bias: false) as conv1 -> batch_norm as bn1 -> relu
            -> conv2d(channels, 3, stride: stride, padding: 1, bias: false) as conv2
            -> batch_norm as bn2 -> relu -> conv2d(channels2, 1, bias: false) as conv3
            -> batch_norm as bn3;
        (a + (x -> downsample_block(channels2, stride) as downsample)) -> relu
    }

    /// Imported from zoo.resnet50.onnx.
    pub Narrow50(image: [3, 64, 64]) -> [10] {
        image -> conv2d(4, 7, stride: 2, padding: 3, bias: false) as conv1
            -> batch_norm as batch_norm1 -> relu -> max_pool2d(3, stride: 2, padding: 1)
            -> bottleneck_block(4, 1, 16) as bottleneck1
            -> residual { repeat 1 { bottleneck as bottleneck1 } as repeat1 } -> relu
            -> bottleneck_block(8, 2, 32) as bottleneck2
            -> bottleneck_block(16, 2, 64) as bottleneck3
            -> bottleneck_block(32, 2, 128) as bottleneck4 -> global_avg_pool2d
            -> dense(10) as dense1
    }
}
