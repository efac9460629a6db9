// Made by `dl import` of zoo.resnet18.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    block downsample_block(x, channels) {
        x -> conv2d(channels, 1, stride: 2, bias: false) as conv -> batch_norm as norm
    }

    block layer2(x, channels) {
        let a = x -> conv2d(channels, 3, stride: 2, padding: 1, bias: false) as conv1
            -> batch_norm as bn1 -> relu -> conv2d(channels, 3, padding: 1, bias: false) as conv2
            -> batch_norm as bn2;
        (a + (x -> downsample_block(channels) as downsample)) -> relu
    }

    block layer1(x, channels) {
        x -> residual {
            conv2d(channels, 3, padding: 1, bias: false) as conv1 -> batch_norm as bn1 -> relu
                -> conv2d(channels, 3, padding: 1, bias: false) as conv2 -> batch_norm as bn2
        } -> relu
    }

    block net_block(x) {
        x -> conv2d(64, 7, stride: 2, padding: 3, bias: false) as conv1 -> batch_norm as bn1
            -> relu -> max_pool2d(3, stride: 2, padding: 1) -> layer1(64) as layer1_0
            -> layer1(64) as layer1_1 -> layer2(128) as layer2_0 -> layer1(128) as layer2_1
            -> layer2(256) as layer3_0 -> layer1(256) as layer3_1 -> layer2(512) as layer4_0
            -> layer1(512) as layer4_1 -> global_avg_pool2d -> dense(1000) as fc
    }

    /// Imported from zoo.resnet18.onnx.
    pub Small18(image: [3, 64, 64]) -> [1000] {
        image -> net_block as net
    }
}
