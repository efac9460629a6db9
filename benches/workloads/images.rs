//! I1 of ResNet-20, and I2: predictions of one image by networks of the kinds that programs embed, and their ONNX files for ONNX Runtime.

use crate::measure::Report;
use crate::networks::{ResNet20, prediction};
use dl::Pod;
use dl::prelude::*;

model! {
    block conv(x, channels, kernel, stride: 1, groups: 1) {
        x -> conv2d(channels, kernel, stride: stride, padding: kernel / 2, groups: groups, bias: false) -> batch_norm
    }

    block inverted(x: [c, h, w], channels, stride: 1, expand: 6) {
        let wide = x -> if expand != 1 { conv(expand * c, 1) -> relu6 } else { identity };
        let y = wide -> conv(expand * c, 3, stride: stride, groups: expand * c) -> relu6 -> conv(channels, 1);
        if stride == 1 && c == channels { x + y } else { y }
    }

    /// MobileNetV2 (Sandler, Howard, Zhu, Zhmoginov, Chen, 2018).
    pub MobileNetV2(image: [3, 224, 224]) -> [1000] {
        image -> conv(32, 3, stride: 2) -> relu6
            -> inverted(16, expand: 1)
            -> inverted(24, stride: 2) -> inverted(24)
            -> inverted(32, stride: 2) -> repeat 2 { inverted(32) }
            -> inverted(64, stride: 2) -> repeat 3 { inverted(64) }
            -> inverted(96) -> repeat 2 { inverted(96) }
            -> inverted(160, stride: 2) -> repeat 2 { inverted(160) }
            -> inverted(320)
            -> conv(1280, 1) -> relu6 -> global_avg_pool2d -> dense(1000)
    }
}

model! {
    block fire(x, squeeze, expand) {
        let s = x -> conv2d(squeeze, 1) -> relu;
        concat(s -> conv2d(expand, 1) -> relu, s -> conv2d(expand, 3, padding: 1) -> relu)
    }

    /// SqueezeNet 1.1 (Iandola et al., 2016).
    pub SqueezeNet(image: [3, 224, 224]) -> [1000] {
        image -> conv2d(64, 3, stride: 2) -> relu -> max_pool2d(3, stride: 2)
            -> fire(16, 64) -> fire(16, 64) -> max_pool2d(3, stride: 2)
            -> fire(32, 128) -> fire(32, 128) -> max_pool2d(3, stride: 2)
            -> fire(48, 192) -> fire(48, 192) -> fire(64, 256) -> fire(64, 256)
            -> conv2d(1000, 1) -> relu -> global_avg_pool2d
    }
}

model! {
    block basic(x: [c, h, w], channels, stride: 1) {
        let y = x -> conv2d(channels, 3, stride: stride, padding: 1, bias: false) -> batch_norm -> relu
            -> conv2d(channels, 3, padding: 1, bias: false) -> batch_norm;
        let shortcut = x -> if stride != 1 || c != channels {
            conv2d(channels, 1, stride: stride, bias: false) -> batch_norm
        } else {
            identity
        };
        (y + shortcut) -> relu
    }

    /// ResNet-18 (He, Zhang, Ren, Sun, 2016).
    pub ResNet18(image: [3, 224, 224]) -> [1000] {
        image -> conv2d(64, 7, stride: 2, padding: 3, bias: false) -> batch_norm -> relu
            -> max_pool2d(3, stride: 2, padding: 1)
            -> basic(64) -> basic(64) -> basic(128, stride: 2) -> basic(128)
            -> basic(256, stride: 2) -> basic(256) -> basic(512, stride: 2) -> basic(512)
            -> global_avg_pool2d -> dense(1000)
    }
}

model! {
    block next(x: [c, h, w]) {
        let y = x -> depthwise_conv2d(7, padding: 3) -> transpose([1, 2, 0]) -> layer_norm(epsilon: 1e-6)
            -> dense(4 * c, axis: -1) -> gelu -> dense(c, axis: -1) -> transpose([2, 0, 1]);
        x + y
    }
    block down(x, channels) {
        x -> transpose([1, 2, 0]) -> layer_norm(epsilon: 1e-6) -> transpose([2, 0, 1]) -> conv2d(channels, 2, stride: 2)
    }

    /// A narrow ConvNeXt (Liu et al., 2022).
    pub ConvNeXt(image: [3, 224, 224]) -> [1000] {
        image -> conv2d(40, 4, stride: 4) -> transpose([1, 2, 0]) -> layer_norm(epsilon: 1e-6) -> transpose([2, 0, 1])
            -> next -> next -> down(80) -> next -> next -> down(160) -> next -> next -> next -> next -> next -> next
            -> down(320) -> next -> next
            -> global_avg_pool2d -> layer_norm(epsilon: 1e-6) -> dense(1000)
    }
}

/// Measures the networks that are wanted.
pub fn run(report: &Report) {
    one::<ResNet20>(report, "I1_resnet20");
    one::<ResNet18>(report, "I2_resnet18");
    one::<MobileNetV2>(report, "I2_mobilenet");
    one::<SqueezeNet>(report, "I2_squeezenet");
    one::<ConvNeXt>(report, "I2_convnext");
}

/// Measures a prediction, or writes the network where files are asked for.
fn one<M: Model<Input: Pod<Element = f32>>>(report: &Report, work: &str) {
    let Some(folder) = report.onnx().filter(|_| report.wants(work)) else { return prediction::<M>(report, work) };
    M::init(1).export_onnx(folder.join(format!("{work}.onnx"))).expect("a folder for the files");
}
