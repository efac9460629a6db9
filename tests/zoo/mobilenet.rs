//! Sandler, Howard, Zhu, Zhmoginov, Chen, "MobileNetV2: inverted residuals and linear bottlenecks", CVPR 2018.

use crate::check::{Names, check};
use dl::loss::CrossEntropy;
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

    MobileNetV2(image: [3, 224, 224]) -> [1000] {
        image -> conv(32, 3, stride: 2) -> relu6
            -> inverted(16, expand: 1)
            -> inverted(24, stride: 2) -> inverted(24)
            -> inverted(32, stride: 2) -> repeat 2 { inverted(32) }
            -> inverted(64, stride: 2) -> repeat 3 { inverted(64) }
            -> inverted(96) -> repeat 2 { inverted(96) }
            -> inverted(160, stride: 2) -> repeat 2 { inverted(160) }
            -> inverted(320)
            -> conv(1280, 1) -> relu6 -> global_avg_pool2d -> dropout(0.2) -> dense(1000)
    }

    Narrow(image: [3, 32, 32]) -> [10] {
        image -> conv(8, 3, stride: 2) -> relu6
            -> inverted(8, expand: 1) -> inverted(8, stride: 2) -> repeat 3 { inverted(8) }
            -> conv(1280, 1) -> relu6 -> global_avg_pool2d -> dense(10)
    }
}

const _: () = assert!(MobileNetV2::PARAMETERS == 3_504_872);

#[test]
fn narrow() {
    check::<Narrow, _>("mobilenet", Names::InOrder, &CrossEntropy);
}
