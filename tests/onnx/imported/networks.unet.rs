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

    /// Imported from networks.unet.onnx.
    pub UNet(image: [1, 16, 24]) -> [2, 16, 24] {
        let a = image -> double(4) as double1;
        let b = a -> max_pool2d(2) -> double(8) as double2;
        b -> max_pool2d(2) -> double(16) as double3 -> up(b, 8) as up1 -> up(a, 4) as up2
            -> conv2d(2, 1) as conv1
    }
}
