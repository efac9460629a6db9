//! He, Zhang, Ren, Sun, "Deep residual learning for image recognition", CVPR 2016, as torchvision has it.

use crate::check::{Names, check};
use dl::loss::CrossEntropy;
use dl::prelude::*;

model! {
    block basic(x: [c, h, w], channels, stride: 1) {
        let y = x
            -> conv2d(channels, 3, stride: stride, padding: 1, bias: false) as conv1 -> batch_norm as bn1 -> relu
            -> conv2d(channels, 3, padding: 1, bias: false) as conv2 -> batch_norm as bn2;
        (y + (x -> shortcut(channels, stride) as downsample)) -> relu
    }

    block bottleneck(x: [c, h, w], width, stride: 1) {
        let y = x
            -> conv2d(width, 1, bias: false) as conv1 -> batch_norm as bn1 -> relu
            -> conv2d(width, 3, stride: stride, padding: 1, bias: false) as conv2 -> batch_norm as bn2 -> relu
            -> conv2d(4 * width, 1, bias: false) as conv3 -> batch_norm as bn3;
        (y + (x -> shortcut(4 * width, stride) as downsample)) -> relu
    }

    block shortcut(x: [c, h, w], channels, stride) {
        x -> if stride != 1 || c != channels {
            conv2d(channels, 1, stride: stride, bias: false) as conv -> batch_norm as norm
        } else {
            identity
        }
    }

    block resnet18(x) {
        x -> conv2d(64, 7, stride: 2, padding: 3, bias: false) as conv1 -> batch_norm as bn1 -> relu
            -> max_pool2d(3, stride: 2, padding: 1)
            -> basic(64) as layer1_0 -> basic(64) as layer1_1
            -> basic(128, stride: 2) as layer2_0 -> basic(128) as layer2_1
            -> basic(256, stride: 2) as layer3_0 -> basic(256) as layer3_1
            -> basic(512, stride: 2) as layer4_0 -> basic(512) as layer4_1
            -> global_avg_pool2d -> dense(1000) as fc
    }
    ResNet18(image: [3, 224, 224]) -> [1000] { image -> resnet18 }
    Small18(image: [3, 64, 64]) -> [1000] { image -> resnet18 as net }

    ResNet50(image: [3, 224, 224]) -> [1000] {
        image -> conv2d(64, 7, stride: 2, padding: 3, bias: false) -> batch_norm -> relu
            -> max_pool2d(3, stride: 2, padding: 1)
            -> bottleneck(64) -> repeat 2 { bottleneck(64) }
            -> bottleneck(128, stride: 2) -> repeat 3 { bottleneck(128) }
            -> bottleneck(256, stride: 2) -> repeat 5 { bottleneck(256) }
            -> bottleneck(512, stride: 2) -> repeat 2 { bottleneck(512) }
            -> global_avg_pool2d -> dense(1000)
    }

    Narrow50(image: [3, 64, 64]) -> [10] {
        image -> conv2d(4, 7, stride: 2, padding: 3, bias: false) -> batch_norm -> relu
            -> max_pool2d(3, stride: 2, padding: 1)
            -> bottleneck(4) -> repeat 1 { bottleneck(4) }
            -> bottleneck(8, stride: 2) -> bottleneck(16, stride: 2) -> bottleneck(32, stride: 2)
            -> global_avg_pool2d -> dense(10)
    }
}

const _: () = assert!(ResNet18::PARAMETERS == 11_689_512);
const _: () = assert!(ResNet50::PARAMETERS == 25_557_032);

/// `layer2.0.downsample.1.weight` as `net.layer2_0.downsample.norm.weight`.
fn torchvision(name: &str) -> String {
    let name =
        format!("net.{name}").replace("downsample.0", "downsample.conv").replace("downsample.1", "downsample.norm");
    name.replace(".0.", "_0.").replace(".1.", "_1.")
}

#[test]
fn resnet18() {
    check::<Small18, _>("resnet18", Names::Torchvision(torchvision), &CrossEntropy);
}

#[test]
fn narrow() {
    check::<Narrow50, _>("resnet50", Names::InOrder, &CrossEntropy);
}
