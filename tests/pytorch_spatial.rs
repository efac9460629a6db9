//! Convolutions, pooling, enlargement and padding against PyTorch: one layer a model, its outputs, loss and gradients.
#![allow(missing_docs)]

mod common;

use common::{Fixture, check};
use dl::loss::Mse;
use dl::prelude::*;

/// One test for each model, named as the case in the file; the loss compares with random numbers.
macro_rules! operations {
    ($($case:ident: $model:ident),* $(,)?) => { $(
        #[test]
        fn $case() {
            let fixture = Fixture::open("spatial.safetensors");
            let case = stringify!($case);
            check(&fixture, case, &*fixture.model::<$model>(&format!("{case}/weights/")), &Mse);
        }
    )* };
}

model! {
    Conv1d(x: [3, 11]) -> [4, 9] { x -> conv1d(4, 3) }
    Conv1dSame(x: [2, 9]) -> [5, 9] { x -> conv1d(5, 5, padding: same, dilation: 2) }
    Conv1dGroups(x: [4, 10]) -> [6, 5] { x -> conv1d(6, 3, stride: 2, padding: 1, groups: 2, bias: false) }
    Conv1dOne(x: [1, 1]) -> [1, 1] { x -> conv1d(1, 1) }
    ConvTranspose2d(x: [3, 4, 5]) -> [2, 6, 7] { x -> conv_transpose2d(2, 3) }
    ConvTranspose2dStride(x: [4, 5, 3]) -> [3, 10, 6] { x -> conv_transpose2d(3, 2, stride: 2) }
    ConvTranspose2dOutputPadding(x: [2, 4, 4]) -> [3, 8, 8] {
        x -> conv_transpose2d(3, 3, stride: 2, padding: 1, output_padding: 1)
    }
    ConvTranspose2dRectangle(x: [2, 3, 4]) -> [3, 11, 4] {
        x -> conv_transpose2d(3, [2, 3], stride: [3, 1], padding: [0, 2], output_padding: [2, 0], dilation: 2, bias: false)
    }
    ConvTranspose2dGroups(x: [4, 3, 3]) -> [6, 5, 5] { x -> conv_transpose2d(6, 3, stride: 2, padding: 1, groups: 2) }
    ConvTranspose1d(x: [3, 5]) -> [4, 10] { x -> conv_transpose1d(4, 4, stride: 2, padding: 1) }
    DepthwiseConv2d(x: [5, 6, 7]) -> [5, 6, 7] { x -> depthwise_conv2d(3, padding: same) }
    DepthwiseConv2dMultiplier(x: [3, 7, 5]) -> [6, 3, 2] {
        x -> depthwise_conv2d([3, 2], stride: 2, dilation: [1, 2], multiplier: 2, bias: false)
    }
    Separable(x: [3, 5, 6]) -> [7, 5, 6] { x -> depthwise_conv2d(3, padding: 1, bias: false) -> relu -> conv2d(7, 1) }
    SeparableConv2d(x: [3, 5, 6]) -> [5, 5, 6] { x -> separable_conv2d(5, 3, padding: same) -> relu }
    SeparableConv2dMultiplier(x: [2, 7, 6]) -> [4, 4, 3] {
        x -> separable_conv2d(4, 3, stride: 2, dilation: 2, padding: 2, multiplier: 3, bias: false)
    }
    Residual(x: [9, 7, 7]) -> [9, 4, 4] { x -> conv2d(33, 3, padding: 1) -> relu -> conv2d(9, 3, stride: 2, padding: 1) }
}
operations! {
    conv1d: Conv1d,
    conv1d_same: Conv1dSame,
    conv1d_groups: Conv1dGroups,
    conv1d_one: Conv1dOne,
    conv_transpose2d: ConvTranspose2d,
    conv_transpose2d_stride: ConvTranspose2dStride,
    conv_transpose2d_output_padding: ConvTranspose2dOutputPadding,
    conv_transpose2d_rectangle: ConvTranspose2dRectangle,
    conv_transpose2d_groups: ConvTranspose2dGroups,
    conv_transpose1d: ConvTranspose1d,
    depthwise_conv2d: DepthwiseConv2d,
    depthwise_conv2d_multiplier: DepthwiseConv2dMultiplier,
    separable: Separable,
    separable_conv2d: SeparableConv2d,
    separable_conv2d_multiplier: SeparableConv2dMultiplier,
    residual: Residual,
}

model! {
    MaxPool1d(x: [3, 10]) -> [3, 5] { x -> max_pool1d(3, stride: 2, padding: 1) }
    AvgPool1d(x: [3, 10]) -> [3, 5] { x -> avg_pool1d(3, stride: 2, padding: 1) }
    MaxPool2dCeil(x: [3, 8, 7]) -> [3, 4, 3] { x -> max_pool2d(3, stride: 2, ceil_mode: true) }
    MaxPool2dCeilPadding(x: [3, 5, 4]) -> [3, 3, 3] { x -> max_pool2d(2, padding: 1, ceil_mode: true) }
    AvgPool2dCeil(x: [3, 6, 7]) -> [3, 4, 4] { x -> avg_pool2d(3, stride: 2, padding: 1, ceil_mode: true) }
    AvgPool2dInside(x: [3, 6, 7]) -> [3, 3, 4] { x -> avg_pool2d(3, stride: 2, padding: 1, count_include_pad: false) }
    AvgPool2dCeilInside(x: [2, 4, 8]) -> [2, 3, 5] {
        x -> avg_pool2d([2, 3], stride: 2, padding: 1, ceil_mode: true, count_include_pad: false)
    }
    AdaptiveAvgPool2d(x: [3, 7, 5]) -> [3, 3, 2] { x -> adaptive_avg_pool2d([3, 2]) }
    AdaptiveAvgPool2dLarger(x: [3, 3, 6]) -> [3, 4, 4] { x -> adaptive_avg_pool2d(4) }
    AdaptiveMaxPool2d(x: [3, 7, 5]) -> [3, 3, 2] { x -> adaptive_max_pool2d([3, 2]) }
    AdaptiveAvgPool1d(x: [3, 10]) -> [3, 4] { x -> adaptive_avg_pool1d(4) }
    AdaptiveMaxPool1d(x: [3, 10]) -> [3, 4] { x -> adaptive_max_pool1d(4) }
    GlobalMaxPool2d(x: [3, 4, 5]) -> [3] { x -> global_max_pool2d }
    GlobalAvgPool1d(x: [3, 7]) -> [3] { x -> global_avg_pool1d }
    GlobalMaxPool1d(x: [3, 7]) -> [3] { x -> global_max_pool1d }
}
operations! {
    max_pool1d: MaxPool1d,
    avg_pool1d: AvgPool1d,
    max_pool2d_ceil: MaxPool2dCeil,
    max_pool2d_ceil_padding: MaxPool2dCeilPadding,
    avg_pool2d_ceil: AvgPool2dCeil,
    avg_pool2d_inside: AvgPool2dInside,
    avg_pool2d_ceil_inside: AvgPool2dCeilInside,
    adaptive_avg_pool2d: AdaptiveAvgPool2d,
    adaptive_avg_pool2d_larger: AdaptiveAvgPool2dLarger,
    adaptive_max_pool2d: AdaptiveMaxPool2d,
    adaptive_avg_pool1d: AdaptiveAvgPool1d,
    adaptive_max_pool1d: AdaptiveMaxPool1d,
    global_max_pool2d: GlobalMaxPool2d,
    global_avg_pool1d: GlobalAvgPool1d,
    global_max_pool1d: GlobalMaxPool1d,
}

model! {
    Upsample(x: [3, 4, 5]) -> [3, 8, 10] { x -> upsample(2) }
    UpsampleRectangle(x: [2, 2, 3]) -> [2, 6, 3] { x -> upsample([3, 1]) }
    UpsampleBilinear(x: [3, 4, 5]) -> [3, 8, 10] { x -> upsample(2, mode: bilinear) }
    UpsampleBilinearRectangle(x: [2, 1, 3]) -> [2, 3, 12] { x -> upsample([3, 4], mode: bilinear) }
    Pad2d(x: [3, 3, 4]) -> [3, 7, 8] { x -> pad2d(2) }
    Pad2dSides(x: [3, 3, 4]) -> [3, 6, 7] { x -> pad2d([1, 2, 3, 0]) }
    Pad2dReflect(x: [3, 3, 4]) -> [3, 6, 7] { x -> pad2d([1, 2, 3, 0], mode: reflect) }
    Pad2dReplicate(x: [3, 3, 4]) -> [3, 6, 7] { x -> pad2d([1, 2, 3, 0], mode: replicate) }
}
operations! {
    upsample: Upsample,
    upsample_rectangle: UpsampleRectangle,
    upsample_bilinear: UpsampleBilinear,
    upsample_bilinear_rectangle: UpsampleBilinearRectangle,
    pad2d: Pad2d,
    pad2d_sides: Pad2dSides,
    pad2d_reflect: Pad2dReflect,
    pad2d_replicate: Pad2dReplicate,
}

model! {
    AlignedCorners(x: [1, 2, 2]) -> [1, 4, 4] { x -> upsample(2, mode: bilinear, align_corners: true) }
}

#[test]
fn upsample_with_aligned_corners() {
    // As the documentation of `torch.nn.Upsample` prints it.
    let y = AlignedCorners::init(1).predict_one(&[[[1.0, 2.0], [3.0, 4.0]]]);
    let expected = [
        [1.0, 1.3333, 1.6667, 2.0],
        [1.6667, 2.0, 2.3333, 2.6667],
        [2.3333, 2.6667, 3.0, 3.3333],
        [3.0, 3.3333, 3.6667, 4.0_f32],
    ];
    for (y, expected) in y[0].concat().iter().zip(expected.concat()) {
        assert!((y - expected).abs() < 5e-5, "{y}, not {expected}");
    }
}

/// Sizes from outside, which rustc works out.
mod outside {
    use dl::prelude::*;

    pub const SIDE: usize = 9;

    model! {
        pub Outside(x: [2, SIDE, SIDE]) -> [5] {
            x -> conv2d(4, 3, stride: 2, padding: 1) -> max_pool2d(2, ceil_mode: true)
                -> conv_transpose2d(3, 3, stride: 2, output_padding: 1) -> pad2d([0, 1, 1, 0], mode: reflect)
                -> upsample(2) -> adaptive_avg_pool2d([2, 3]) -> reshape([3, 6]) -> conv1d(5, 3) -> avg_pool1d(2)
                -> global_max_pool1d
        }
    }

    #[test]
    fn shapes_from_outside() {
        let net = Outside::init(1);
        let score = net.predict_one(&[[[0.5; SIDE]; SIDE]; 2]);
        assert!(score.iter().all(|y| y.is_finite()));
    }
}
