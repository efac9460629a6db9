// Made by `dl import` of networks.resnet.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    block basic(x) {
        x -> residual {
            conv2d(16, 3, padding: 1, bias: false) as conv1 -> batch_norm as batch_norm1 -> relu
                -> conv2d(16, 3, padding: 1, bias: false) as conv2 -> batch_norm as batch_norm2
        } -> relu
    }

    block shortcut(x) {
        x -> conv2d(16, 1, stride: 2, bias: false) as conv1 -> batch_norm as batch_norm1
    }

    block layer_block(x) {
        let a = x -> conv2d(16, 3, stride: 2, padding: 1, bias: false) as conv1
            -> batch_norm as batch_norm1 -> relu -> conv2d(16, 3, padding: 1, bias: false) as conv2
            -> batch_norm as batch_norm2;
        a + (x -> shortcut as shortcut1)
    }

    block layer_block2(x) {
        x -> conv2d(8, 3, padding: 1, bias: false) as conv1 -> batch_norm as batch_norm1 -> relu
            -> conv2d(8, 3, padding: 1, bias: false) as conv2 -> batch_norm as batch_norm2
    }

    /// Imported from networks.resnet.onnx.
    pub ResNet(image: [3, 32, 32]) -> [10] {
        image -> conv2d(8, 7, stride: 2, padding: 3, bias: false) as conv1
            -> batch_norm as batch_norm1 -> relu -> max_pool2d(3, stride: 2, padding: 1)
            -> residual { layer_block2 as layer1 } -> relu -> layer_block as layer2 -> relu
            -> repeat 2 { basic as basic1 } as layer3 -> global_avg_pool2d -> dense(10) as fc
    }
}
