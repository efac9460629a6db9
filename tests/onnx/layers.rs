//! One tiny network for each layer that ONNX can say.

use crate::harness::export;
use dl::prelude::*;

/// Declares networks, and a test that exports all of them.
macro_rules! cases {
    ($test:ident, $tokens:expr, { $($model:ident $rest:tt -> $out:tt $body:tt)* }) => {
        model! { $($model $rest -> $out $body)* }
        #[test]
        fn $test() {
            $(export::<$model>(concat!("layers.", stringify!($model)), $tokens);)*
        }
    };
}

cases!(weights, 0, {
    DenseRow(x: [6]) -> [4] { x -> dense(4) }
    DenseBare(x: [6]) -> [4] { x -> dense(4, bias: false) }
    DenseRows(x: [3, 6]) -> [3, 4] { x -> dense(4) }
    DenseRowsBare(x: [3, 6]) -> [3, 4] { x -> dense(4, bias: false) }
    DenseDeep(x: [2, 3, 6]) -> [2, 3, 4] { x -> dense(4, axis: -1) }
    DenseLora(x: [6]) -> [4] { x -> dense(4, lora: 2) -> relu }
    DenseLoraRows(x: [3, 6]) -> [3, 4] { x -> dense(4, lora: 2, lora_alpha: 3) }
    Conv2dPlain(x: [3, 9, 8]) -> [4, 7, 6] { x -> conv2d(4, 3) }
    Conv2dAll(x: [4, 9, 8]) -> [6, 4, 7] { x -> conv2d(6, [3, 2], stride: [2, 1], padding: [1, 0], dilation: [2, 1], groups: 2) }
    Conv2dSame(x: [2, 5, 5]) -> [3, 5, 5] { x -> conv2d(3, 3, padding: same, bias: false) -> relu }
    Conv1dPlain(x: [3, 9]) -> [4, 4] { x -> conv1d(4, 3, stride: 2) }
    Conv1dCausal(x: [3, 9]) -> [4, 9] { x -> conv1d(4, 3, dilation: 2, padding: causal) }
    Conv1dCausalStride(x: [3, 9]) -> [4, 5] { x -> conv1d(4, 3, stride: 2, padding: causal) }
    Depthwise(x: [3, 6, 6]) -> [6, 4, 4] { x -> depthwise_conv2d(3, multiplier: 2) }
    Separable(x: [3, 6, 6]) -> [5, 3, 3] { x -> separable_conv2d(5, 3, stride: 2, padding: 1) -> relu }
    Transposed2d(x: [3, 4, 4]) -> [4, 8, 8] { x -> conv_transpose2d(4, 3, stride: 2, padding: 1, output_padding: 1) }
    Transposed2dGroups(x: [4, 4, 3]) -> [6, 7, 5] { x -> conv_transpose2d(6, [4, 3], groups: 2, bias: false) }
    Transposed1d(x: [3, 5]) -> [4, 11] { x -> conv_transpose1d(4, 3, stride: 2) }
    PreluOne(x: [3, 4]) -> [3, 4] { x -> prelu }
    PreluEach(x: [3, 4, 2]) -> [3, 4, 2] { x -> prelu(per_channel: true) }
    ScaleRow(x: [3, 4]) -> [3, 4] { x -> scale(initial: 0.5) }
    ScaleImage(x: [3, 4, 2]) -> [3, 4, 2] { x -> scale }
    Parameters(x: [4]) -> [3, 4] { let p = parameter([3, 4]); x + p }
    ParameterOut(x: [4]) -> [2, 4] { let p = parameter([1, 4]); concat(p, x -> reshape([1, 4])) }
    BatchNormRow(x: [5]) -> [5] { x -> batch_norm(epsilon: 1e-3) }
    BatchNormImage(x: [3, 4, 2]) -> [3, 4, 2] { x -> batch_norm -> relu }
    BatchNormConv(x: [3, 4, 4]) -> [2, 2, 2] { x -> conv2d(2, 3) -> batch_norm -> relu }
    LayerNormRow(x: [5]) -> [5] { x -> layer_norm }
    LayerNormDeep(x: [2, 3, 5]) -> [2, 3, 5] { x -> layer_norm(epsilon: 1e-3) }
    RmsNormRow(x: [3, 5]) -> [3, 5] { x -> rms_norm }
    GroupNormImage(x: [6, 4, 2]) -> [6, 4, 2] { x -> group_norm(3) }
    GroupNormRow(x: [6]) -> [6] { x -> group_norm(2) }
    InstanceNorm(x: [3, 4, 4]) -> [3, 4, 4] { x -> instance_norm }
    InstanceNormAffine(x: [3, 4, 4]) -> [3, 4, 4] { x -> instance_norm(affine: true) }
    InstanceNormLine(x: [3, 7]) -> [3, 7] { x -> instance_norm(affine: true) }
});

cases!(tokens, 5, {
    Embedding1(x: u32) -> [4] { x -> embedding(5, 4) }
    Embedding2(x: u32[3, 2]) -> [3, 2, 4] { x -> embedding(5, 4) }
    Tied(x: u32[3]) -> [3, 5] { x -> embedding(5, 4) as wte -> tanh -> unembedding(wte) }
    OneHot(x: u32[3]) -> [3, 5] { x -> one_hot(5) }
    Found(x: [3, 5]) -> [3, 4] { x -> argmax -> embedding(5, 4) }
    FoundHot(x: [3, 5]) -> [3, 5] { x -> argmax -> one_hot(5) }
    Mixed(x: u32[3], y: [3, 4]) -> [3, 4] { (x -> embedding(5, 4)) + y }
});

cases!(pooling, 0, {
    MaxPool2d(x: [3, 8, 6]) -> [3, 4, 3] { x -> max_pool2d(2) }
    MaxPool2dPadded(x: [3, 8, 7]) -> [3, 4, 4] { x -> max_pool2d(3, stride: 2, padding: 1) }
    MaxPool2dCeil(x: [3, 8, 6]) -> [3, 4, 3] { x -> max_pool2d(3, stride: 2, ceil_mode: true) }
    MaxPool1d(x: [3, 8]) -> [3, 4] { x -> max_pool1d(2) }
    AvgPool2d(x: [3, 8, 6]) -> [3, 4, 3] { x -> avg_pool2d(2) }
    AvgPool2dPadded(x: [3, 8, 7]) -> [3, 4, 4] { x -> avg_pool2d(3, stride: 2, padding: 1) }
    AvgPool2dWithout(x: [3, 8, 7]) -> [3, 4, 4] { x -> avg_pool2d(3, stride: 2, padding: 1, count_include_pad: false) }
    AvgPool2dCeil(x: [3, 8, 6]) -> [3, 5, 4] { x -> avg_pool2d(3, stride: 2, padding: 1, ceil_mode: true) }
    AvgPool2dCeilWithout(x: [3, 8, 6]) -> [3, 5, 4] {
        x -> avg_pool2d(3, stride: 2, padding: 1, ceil_mode: true, count_include_pad: false)
    }
    AvgPool1d(x: [3, 9]) -> [3, 3] { x -> avg_pool1d(3) }
    AdaptiveAvg(x: [3, 7, 5]) -> [3, 3, 2] { x -> adaptive_avg_pool2d([3, 2]) }
    AdaptiveAvgWhole(x: [3, 6, 4]) -> [3, 3, 2] { x -> adaptive_avg_pool2d([3, 2]) }
    AdaptiveMax(x: [3, 7, 5]) -> [3, 3, 2] { x -> adaptive_max_pool2d([3, 2]) }
    AdaptiveAvgLine(x: [3, 7]) -> [3, 3] { x -> adaptive_avg_pool1d(3) }
    AdaptiveMaxLine(x: [3, 7]) -> [3, 3] { x -> adaptive_max_pool1d(3) }
    GlobalAvg2d(x: [3, 4, 5]) -> [3] { x -> global_avg_pool2d }
    GlobalAvg1d(x: [3, 5]) -> [3] { x -> global_avg_pool1d }
    GlobalMax2d(x: [3, 4, 5]) -> [3] { x -> global_max_pool2d }
    GlobalMax1d(x: [3, 5]) -> [3] { x -> global_max_pool1d }
    UpsampleNearest(x: [3, 4, 5]) -> [3, 8, 15] { x -> upsample([2, 3]) }
    UpsampleLinear(x: [3, 4, 5]) -> [3, 8, 15] { x -> upsample([2, 3], mode: bilinear) }
    UpsampleCorners(x: [3, 4, 5]) -> [3, 8, 10] { x -> upsample(2, mode: bilinear, align_corners: true) }
    PadZeros(x: [3, 4, 5]) -> [3, 7, 12] { x -> pad2d([1, 2, 3, 4]) }
    PadReflect(x: [3, 4, 5]) -> [3, 6, 7] { x -> pad2d(1, mode: reflect) }
    PadReplicate(x: [3, 4, 5]) -> [3, 8, 9] { x -> pad2d(2, mode: replicate) }
});

cases!(shapes, 0, {
    Flatten(x: [3, 4, 2]) -> [24] { x -> flatten }
    Reshaped(x: [3, 4]) -> [2, 6] { x -> reshape([2, 6]) }
    Itself(x: [3, 4]) -> [3, 4] { x -> identity }
    Transposed(x: [3, 4]) -> [4, 3] { x -> transpose }
    Permuted(x: [3, 4, 2]) -> [4, 2, 3] { x -> transpose([1, 2, 0]) }
    ConcatChannels(x: [3, 4, 2]) -> [5, 4, 2] { concat(x, x -> slice(1, 3)) }
    ConcatAxis(x: [3, 4]) -> [3, 9] { concat(x, x -> dense(5), axis: 1) }
    ConcatBranches(x: [3, 6, 6]) -> [9, 6, 6] { x -> concat { identity; conv2d(2, 3, padding: 1); conv2d(4, 1) } }
    Sliced(x: [3, 4, 2]) -> [3, 2, 2] { x -> slice(1, 3, axis: 1) }
    Split(x: [6, 2]) -> (a: [4, 2], b: [2, 2]) { let (a, b) = x -> split([4, 2]); (a -> relu, b) }
    SumAll(x: [3, 4]) -> [1] { x -> sum -> reshape([1]) }
    SumAxis(x: [3, 4, 2]) -> [3, 2] { x -> sum(axis: 1) }
    MeanAxes(x: [3, 4, 2]) -> [4, 1] { x -> mean(axis: [0, 2]) -> reshape([4, 1]) }
    MeanKept(x: [3, 4]) -> [3, 4] { x - (x -> mean(axis: 1, keep: true)) }
    MaxAxis(x: [3, 4]) -> [4] { x -> max(axis: 0) }
    Cumsum0(x: [3, 4]) -> [3, 4] { x -> cumsum }
    Cumsum1(x: [3, 4]) -> [3, 4] { x -> cumsum(axis: 1) }
    L2(x: [3, 4]) -> [3, 4] { x -> l2_normalize }
    First(x: [3, 4]) -> [4] { x -> first }
    Last(x: [3, 4]) -> [4] { x -> last }
    Reversed(x: [3, 4]) -> [3, 4] { x -> reverse }
    Stopped(x: [3]) -> [3] { x -> stop_gradient -> relu }
});

cases!(activations, 0, {
    Relu(x: [7]) -> [7] { (4 * x) -> relu }
    LeakyRelu(x: [7]) -> [7] { (4 * x) -> leaky_relu(0.2) }
    Elu(x: [7]) -> [7] { (4 * x) -> elu(0.7) }
    Gelu(x: [7]) -> [7] { (4 * x) -> gelu }
    GeluTanh(x: [7]) -> [7] { (4 * x) -> gelu(approximate: tanh) }
    Silu(x: [7]) -> [7] { (4 * x) -> silu }
    Sigmoid(x: [7]) -> [7] { (4 * x) -> sigmoid }
    Tanh(x: [7]) -> [7] { (4 * x) -> tanh }
    Softplus(x: [7]) -> [7] { (4 * x) -> softplus }
    SoftplusSet(x: [7]) -> [7] { (4 * x) -> softplus(beta: 2, threshold: 1) }
    Selu(x: [7]) -> [7] { (4 * x) -> selu }
    Mish(x: [7]) -> [7] { (4 * x) -> mish }
    LogSigmoid(x: [7]) -> [7] { (4 * x) -> log_sigmoid }
    Softsign(x: [7]) -> [7] { (4 * x) -> softsign }
    Relu6(x: [7]) -> [7] { (9 * x) -> relu6 }
    HardTanh(x: [7]) -> [7] { (4 * x) -> hard_tanh(min: -0.5, max: 2) }
    HardSigmoid(x: [7]) -> [7] { (4 * x) -> hard_sigmoid }
    HardSwish(x: [7]) -> [7] { (4 * x) -> hard_swish }
    Clamp(x: [7]) -> [7] { x -> clamp(-0.2, 0.3) }
    Exp(x: [7]) -> [7] { x -> exp }
    Log(x: [7]) -> [7] { ((x -> abs) + 1) -> log }
    Sqrt(x: [7]) -> [7] { (x -> abs) -> sqrt }
    Square(x: [7]) -> [7] { x -> square }
    Abs(x: [7]) -> [7] { x -> abs }
    Powi(x: [7]) -> [7] { x -> powi(3) }
    Softmax(x: [7]) -> [7] { x -> softmax }
    SoftmaxImage(x: [4, 3, 2]) -> [4, 3, 2] { x -> softmax }
    LogSoftmax(x: [4, 3]) -> [4, 3] { x -> log_softmax(axis: 1) }
});

cases!(arithmetic, 0, {
    Added(x: [3, 4], y: [3, 4]) -> [3, 4] { (x + y) -> relu }
    Broadcast(x: [3, 4], y: [4]) -> [3, 4] { x * y }
    BroadcastBoth(x: [3, 1], y: [4]) -> [3, 4] { x - y }
    Divided(x: [3, 4], y: [3, 4]) -> [3, 4] { x / (2 + (y -> abs)) }
    Numbers(x: [3]) -> [3] { 3 - 2 * x }
    Negative(x: [3]) -> [3] { -1 * x }
    Inverse(x: [3]) -> [3] { 2 / (3 + x) }
    Product(x: [2, 3, 4], y: [2, 4, 5]) -> [2, 3, 5] { matmul(x, y) }
    Residual(x: [4]) -> [4] { x -> residual { dense(4) -> relu } }
    Flat(x: [2, 3], y: [6]) -> [6] { (x -> flatten) + y }
    Noise(x: [4]) -> [4] { x -> gaussian_noise(0.5) -> dropout(0.5) -> dense(4) -> stochastic_depth(0.2) }
});
