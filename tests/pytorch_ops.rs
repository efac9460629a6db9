//! Every operation and loss against PyTorch: one layer a model, its outputs, loss and gradients.
#![allow(missing_docs)]

mod common;

use common::{Fixture, check};
use dl::loss::{BceWithLogits, CrossEntropy, Huber, Mae, Mse};
use dl::prelude::*;

/// One test for each model, named as the case in the file; the loss compares with random numbers.
macro_rules! operations {
    ($($case:ident: $model:ident),* $(,)?) => { $(
        #[test]
        fn $case() {
            let fixture = Fixture::open("ops.safetensors");
            let case = stringify!($case);
            check(&fixture, case, &*fixture.model::<$model>(&format!("{case}/weights/")), &Mse);
        }
    )* };
}

model! {
    DenseLayer(x: [9]) -> [5] { x -> dense(5) }
    DenseNoBias(x: [9]) -> [5] { x -> dense(5, bias: false) }
    DenseOne(x: [1]) -> [1] { x -> dense(1) }
}
operations! { dense: DenseLayer, dense_no_bias: DenseNoBias, dense_one: DenseOne }

model! {
    Conv(x: [3, 9, 7]) -> [4, 7, 5] { x -> conv2d(4, 3) }
    ConvOne(x: [1, 1, 1]) -> [1, 1, 1] { x -> conv2d(1, 1) }
    ConvPointwise(x: [5, 3, 4]) -> [7, 3, 4] { x -> conv2d(7, 1) }
    ConvStride(x: [3, 9, 7]) -> [4, 5, 4] { x -> conv2d(4, 3, stride: 2, padding: 1) }
    ConvDilation(x: [3, 9, 7]) -> [4, 9, 7] { x -> conv2d(4, 3, dilation: 2, padding: 2) }
    ConvGroups(x: [4, 9, 7]) -> [6, 4, 3] { x -> conv2d(6, 3, stride: 2, groups: 2, bias: false) }
    ConvDepthwise(x: [5, 6, 7]) -> [10, 6, 7] { x -> conv2d(10, 3, padding: 1, groups: 5) }
    ConvRectangle(x: [2, 8, 9]) -> [3, 8, 4] {
        x -> conv2d(3, [3, 2], stride: [1, 2], padding: [2, 1], dilation: [2, 3])
    }
    ConvLeftOver(x: [1, 8, 8]) -> [2, 2, 2] { x -> conv2d(2, 3, stride: 3) }
}
operations! {
    conv2d: Conv,
    conv2d_one: ConvOne,
    conv2d_pointwise: ConvPointwise,
    conv2d_stride: ConvStride,
    conv2d_dilation: ConvDilation,
    conv2d_groups: ConvGroups,
    conv2d_depthwise: ConvDepthwise,
    conv2d_rectangle: ConvRectangle,
    conv2d_no_padding_left_over: ConvLeftOver,
}

model! {
    MaxPool(x: [3, 9, 7]) -> [3, 4, 3] { x -> max_pool2d(2) }
    MaxPoolOverlap(x: [3, 9, 7]) -> [3, 5, 4] { x -> max_pool2d(3, stride: 2, padding: 1) }
    MaxPoolRectangle(x: [2, 5, 6]) -> [2, 3, 3] { x -> max_pool2d([3, 2], stride: [1, 2]) }
    AvgPool(x: [3, 9, 7]) -> [3, 4, 3] { x -> avg_pool2d(2) }
    AvgPoolOverlap(x: [3, 9, 7]) -> [3, 5, 4] { x -> avg_pool2d(3, stride: 2, padding: 1) }
    AvgPoolRectangle(x: [2, 5, 6]) -> [2, 3, 3] { x -> avg_pool2d([3, 2], stride: [1, 2]) }
    GlobalAvgPool(x: [3, 5, 7]) -> [3] { x -> global_avg_pool2d }
    Flatten(x: [2, 3, 4]) -> [3] { x -> flatten -> dense(3) }
}
operations! {
    max_pool2d: MaxPool,
    max_pool2d_overlap: MaxPoolOverlap,
    max_pool2d_rectangle: MaxPoolRectangle,
    avg_pool2d: AvgPool,
    avg_pool2d_overlap: AvgPoolOverlap,
    avg_pool2d_rectangle: AvgPoolRectangle,
    global_avg_pool2d: GlobalAvgPool,
    flatten: Flatten,
}

model! {
    Relu(x: [19]) -> [19] { x -> relu }
    LeakyRelu(x: [19]) -> [19] { x -> leaky_relu }
    LeakyReluSlope(x: [19]) -> [19] { x -> leaky_relu(0.2) }
    Elu(x: [19]) -> [19] { x -> elu }
    EluAlpha(x: [19]) -> [19] { x -> elu(0.7) }
    Gelu(x: [19]) -> [19] { x -> gelu }
    GeluTanh(x: [19]) -> [19] { x -> gelu(approximate: tanh) }
    Silu(x: [19]) -> [19] { x -> silu }
    Sigmoid(x: [19]) -> [19] { x -> sigmoid }
    Tanh(x: [19]) -> [19] { x -> tanh }
    Softplus(x: [19]) -> [19] { x -> softplus }
    SoftplusBeta(x: [19]) -> [19] { x -> softplus(beta: 3.0, threshold: 15.0) }
    Softmax(x: [19]) -> [19] { x -> softmax }
    SoftmaxChannels(x: [5, 3, 4]) -> [5, 3, 4] { x -> softmax }
    DropoutNone(x: [7]) -> [7] { x -> dropout(0.0) }
}
operations! {
    relu: Relu,
    leaky_relu: LeakyRelu,
    leaky_relu_slope: LeakyReluSlope,
    elu: Elu,
    elu_alpha: EluAlpha,
    gelu: Gelu,
    gelu_tanh: GeluTanh,
    silu: Silu,
    sigmoid: Sigmoid,
    tanh: Tanh,
    softplus: Softplus,
    softplus_beta: SoftplusBeta,
    softmax: Softmax,
    softmax_channels: SoftmaxChannels,
    dropout_none: DropoutNone,
}

model! {
    BatchNorm(x: [6]) -> [6] { x -> batch_norm }
    BatchNormImage(x: [3, 5, 4]) -> [3, 5, 4] { x -> batch_norm }
    BatchNormImageOne(x: [2, 3, 3]) -> [2, 3, 3] { x -> batch_norm }
    BatchNormSettings(x: [3, 5, 4]) -> [3, 5, 4] { x -> batch_norm(momentum: 0.3, epsilon: 1e-2) }
    LayerNorm(x: [11]) -> [11] { x -> layer_norm }
    LayerNormRows(x: [3, 7]) -> [3, 7] { x -> layer_norm(epsilon: 1e-3) }
}
operations! {
    batch_norm: BatchNorm,
    batch_norm_image: BatchNormImage,
    batch_norm_image_one: BatchNormImageOne,
    batch_norm_settings: BatchNormSettings,
    layer_norm: LayerNorm,
    layer_norm_rows: LayerNormRows,
}

model! {
    Add(x: [6]) -> [5] { let a = x -> dense(5); let b = x -> dense(5); a + b }
    Sub(x: [6]) -> [5] { let a = x -> dense(5); let b = x -> dense(5); a - b }
    Mul(x: [6]) -> [5] { let a = x -> dense(5); let b = x -> dense(5); a * b }
    Div(x: [6]) -> [5] { let a = x -> dense(5); let b = x -> dense(5) -> sigmoid; a / (b + 0.5) }
    Square(x: [6]) -> [6] { x * x }
    Scalars(x: [6]) -> [6] { (2.5 * x + 1.0) / 4.0 - 3.0 }
    ScalarMinus(x: [6]) -> [6] { 3.0 - x }
    Reciprocal(x: [6]) -> [6] { let s = x -> sigmoid; 2.0 / (s + 0.5) }
}
operations! {
    add: Add,
    sub: Sub,
    mul: Mul,
    div: Div,
    square: Square,
    scalars: Scalars,
    scalar_minus: ScalarMinus,
    reciprocal: Reciprocal,
}

model! {
    Scores(x: [7]) -> [5] { x -> dense(5) }
    Pixels(x: [2, 3, 5]) -> [4, 3, 5] { x -> conv2d(4, 1) }
}

/// One test for each loss, named as the case in the file.
macro_rules! losses {
    ($($test:ident: $model:ident, $case:literal, $loss:expr;)*) => { $(
        #[test]
        fn $test() {
            let fixture = Fixture::open("losses.safetensors");
            check(&fixture, $case, &*fixture.model::<$model>(concat!($case, "/weights/")), &$loss);
        }
    )* };
}

losses! {
    cross_entropy: Scores, "cross_entropy", CrossEntropy;
    cross_entropy_of_far_scores: Scores, "cross_entropy_far", CrossEntropy;
    cross_entropy_with_label_smoothing: Scores, "cross_entropy_smoothing", CrossEntropy.label_smoothing(0.1);
    cross_entropy_of_pixels: Pixels, "cross_entropy_pixels", CrossEntropy;
    bce_with_logits: Scores, "bce_with_logits", BceWithLogits;
    bce_with_logits_of_far_scores: Scores, "bce_with_logits_far", BceWithLogits;
    mse: Scores, "mse", Mse;
    mae: Scores, "mae", Mae;
    huber: Scores, "huber", Huber { delta: 1.0 };
    huber_with_delta: Scores, "huber_delta", Huber { delta: 0.6 };
}
