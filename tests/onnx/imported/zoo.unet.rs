// Made by `dl import` of zoo.unet.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    block double(x, channels) {
        x -> conv2d(channels, 3, padding: 1) as conv1 -> relu
            -> conv2d(channels, 3, padding: 1) as conv2
    }

    block double_block(x, channels) {
        x -> conv2d(channels, 3, padding: 1) as conv1 -> relu
            -> conv2d(channels, 3, padding: 1) as conv2 -> relu
    }

    block up(x, y: [_, _, _], channels) {
        concat(x -> conv_transpose2d(channels, 2, stride: 2) as conv_transpose1, y)
            -> double_block(channels) as double1
    }

    block down(x) { x -> double(16) as double1 }

    block down_block(x) { x -> double_block(8) as double1 }

    /// Imported from zoo.unet.onnx.
    pub Narrow(image: [1, 16, 24]) -> [2, 16, 24] {
        let a = image -> double(4) as double1 -> relu;
        let b = a -> max_pool2d(2) -> down_block as down1;
        b -> max_pool2d(2) -> down as down2 -> relu -> up(b, 8) as up1 -> up(a, 4) as up2
            -> conv2d(2, 1) as conv1
    }
}
