//! I1 of ResNet-20, I2 and I3: predictions of one image and of 32 by networks of the kinds that programs embed, and their ONNX files for ONNX
//! Runtime.

use crate::measure::Report;
use crate::networks::{ResNet20, prediction, sample};
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

model! {
    block bottleneck(x: [c, h, w], width, stride: 1) {
        let y = x -> conv2d(width, 1, bias: false) -> batch_norm -> relu
            -> conv2d(width, 3, stride: stride, padding: 1, bias: false) -> batch_norm -> relu
            -> conv2d(4 * width, 1, bias: false) -> batch_norm;
        let shortcut = x -> if stride != 1 || c != 4 * width {
            conv2d(4 * width, 1, stride: stride, bias: false) -> batch_norm
        } else {
            identity
        };
        (y + shortcut) -> relu
    }

    /// ResNet-50 (He, Zhang, Ren, Sun, 2016).
    pub ResNet50(image: [3, 224, 224]) -> [1000] {
        image -> conv2d(64, 7, stride: 2, padding: 3, bias: false) -> batch_norm -> relu
            -> max_pool2d(3, stride: 2, padding: 1)
            -> bottleneck(64) -> repeat 2 { bottleneck(64) }
            -> bottleneck(128, stride: 2) -> repeat 3 { bottleneck(128) }
            -> bottleneck(256, stride: 2) -> repeat 5 { bottleneck(256) }
            -> bottleneck(512, stride: 2) -> repeat 2 { bottleneck(512) }
            -> global_avg_pool2d -> dense(1000)
    }
}

model! {
    block two(x, channels) {
        x -> conv2d(channels, 3, padding: 1) -> relu -> conv2d(channels, 3, padding: 1) -> relu
    }
    block three(x, channels) { x -> two(channels) -> conv2d(channels, 3, padding: 1) -> relu }

    /// VGG-16 (Simonyan, Zisserman, 2015).
    pub Vgg16(image: [3, 224, 224]) -> [1000] {
        image -> two(64) -> max_pool2d(2) -> two(128) -> max_pool2d(2) -> three(256) -> max_pool2d(2)
            -> three(512) -> max_pool2d(2) -> three(512) -> max_pool2d(2)
            -> flatten -> dense(4096) -> relu -> dense(4096) -> relu -> dense(1000)
    }
}

model! {
    block dense_layer(x) {
        x -> concat {
            identity;
            batch_norm -> relu -> conv2d(128, 1, bias: false)
                -> batch_norm -> relu -> conv2d(32, 3, padding: 1, bias: false)
        }
    }
    block transition(x: [c, h, w]) { x -> batch_norm -> relu -> conv2d(c / 2, 1, bias: false) -> avg_pool2d(2) }
    block stem(x) {
        x -> conv2d(64, 7, stride: 2, padding: 3, bias: false) -> batch_norm -> relu
            -> max_pool2d(3, stride: 2, padding: 1)
    }
    block six(x) { x -> dense_layer -> dense_layer -> dense_layer -> dense_layer -> dense_layer -> dense_layer }
    block four(x) { x -> dense_layer -> dense_layer -> dense_layer -> dense_layer }

    /// DenseNet-121 (Huang, Liu, van der Maaten, Weinberger, 2017).
    pub DenseNet121(image: [3, 224, 224]) -> [1000] {
        image -> stem
            -> six -> transition
            -> six -> six -> transition
            -> six -> six -> six -> six -> transition
            -> six -> six -> four
            -> batch_norm -> relu -> global_avg_pool2d -> dense(1000)
    }
}

model! {
    block conv_relu(x, channels, kernel, stride: 1) {
        x -> conv2d(channels, kernel, stride: stride, padding: kernel / 2, bias: false) -> batch_norm(epsilon: 1e-3) -> relu
    }
    block inception(x, one, three, three_out, five, five_out, pool) {
        x -> concat {
            conv_relu(one, 1);
            conv_relu(three, 1) -> conv_relu(three_out, 3);
            conv_relu(five, 1) -> conv_relu(five_out, 3);
            max_pool2d(3, stride: 1, padding: 1) -> conv_relu(pool, 1)
        }
    }

    /// GoogLeNet (Szegedy et al., 2015), as torchvision has it.
    pub GoogLeNet(image: [3, 224, 224]) -> [1000] {
        image -> conv_relu(64, 7, stride: 2) -> max_pool2d(3, stride: 2, padding: 1)
            -> conv_relu(64, 1) -> conv_relu(192, 3) -> max_pool2d(3, stride: 2, padding: 1)
            -> inception(64, 96, 128, 16, 32, 32)
            -> inception(128, 128, 192, 32, 96, 64) -> max_pool2d(3, stride: 2, padding: 1)
            -> inception(192, 96, 208, 16, 48, 64)
            -> inception(160, 112, 224, 24, 64, 64)
            -> inception(128, 128, 256, 24, 64, 64)
            -> inception(112, 144, 288, 32, 64, 64)
            -> inception(256, 160, 320, 32, 128, 128) -> max_pool2d(2)
            -> inception(256, 160, 320, 32, 128, 128)
            -> inception(384, 192, 384, 48, 128, 128)
            -> global_avg_pool2d -> dense(1000)
    }
}

/// Measures the networks that are wanted.
pub fn run(report: &Report) {
    one::<ResNet20>(report, "I1_resnet20");
    one::<ResNet18>(report, "I2_resnet18");
    one::<ResNet50>(report, "I2_resnet50");
    one::<Vgg16>(report, "I2_vgg16");
    one::<DenseNet121>(report, "I2_densenet");
    one::<GoogLeNet>(report, "I2_googlenet");
    one::<MobileNetV2>(report, "I2_mobilenet");
    one::<SqueezeNet>(report, "I2_squeezenet");
    one::<ConvNeXt>(report, "I2_convnext");
    many::<ResNet20>(report, "I3_resnet20");
    many::<ResNet18>(report, "I3_resnet18");
    many::<MobileNetV2>(report, "I3_mobilenet");
    many::<SqueezeNet>(report, "I3_squeezenet");
}

/// Measures a prediction, or writes the network where files are asked for.
fn one<M: Model<Input: Pod<Element = f32>>>(report: &Report, work: &str) {
    if !wrote::<M>(report, work) {
        prediction::<M>(report, work);
    }
}

/// Measures the prediction of 32 images at once, or writes the network where files are asked for.
fn many<M: Model<Input: Pod<Element = f32>, Output: Pod<Element = f32>>>(report: &Report, work: &str) {
    const IMAGES: usize = 32;
    if wrote::<M>(report, work) || !report.wants(work) {
        return;
    }
    let images: Vec<M::Input> = (0..IMAGES).map(sample).collect();
    let mut outputs: Vec<M::Output> = (0..IMAGES).map(sample).collect();
    let mut session = Session::on(report.device(), &*M::init(1), IMAGES).expect("memory");
    report.measure(work, "dl", 2.0 * M::MULTIPLY_ADDS as f64 * IMAGES as f64, || {
        session.predict_into(&images, &mut outputs).expect("numbers");
    });
}

/// Writes the network of a workload where files are asked for, and returns whether they are.
fn wrote<M: Model>(report: &Report, work: &str) -> bool {
    let Some(folder) = report.onnx() else { return false };
    if report.wants(work) {
        M::init(1).export_onnx(folder.join(format!("{work}.onnx"))).expect("a folder for the files");
    }
    true
}
