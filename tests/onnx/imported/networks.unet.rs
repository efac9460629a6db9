// Made by `dl import` of networks.unet.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    block double(x, channels) {
        x -> conv2d(channels, 3, padding: 1) as conv1 -> relu
            -> conv2d(channels, 3, padding: 1) as conv2 -> relu
    }

    block up(x, y: [_, _, _], channels) {
        concat(x -> conv_transpose2d(channels, 2, stride: 2) as conv_transpose1, y)
            -> double(channels) as double1
    }

    block double_block(x) {
        x -> conv2d(16, 3, padding: 1) as conv1 -> relu -> conv2d(16, 3, padding: 1) as conv2
    }

    /// Imported from networks.unet.onnx.
    pub UNet(image: [1, 16, 24]) -> [2, 16, 24] {
        let a = image -> conv2d(4, 3, padding: 1) as double1_conv1 -> relu
            -> conv2d(4, 3, padding: 1) as double1_conv2 -> relu;
        let b = a -> max_pool2d(2) -> conv2d(8, 3, padding: 1) as double2_conv1 -> relu
            -> conv2d(8, 3, padding: 1) as double2_conv2 -> relu;
        b -> max_pool2d(2) -> double_block as double3 -> relu -> up(b, 8) as up1 -> up(a, 4) as up2
            -> conv2d(2, 1) as conv1
    }
}
