//! Norms, functions of one number, shapes, reductions, products and broadcasting against PyTorch: one layer a model, its
//! outputs, loss and gradients.
#![allow(missing_docs)]

mod common;

use common::devices::{self, on_devices};
use common::{Fixture, check};
use dl::loss::Mse;
use dl::pod::{flat, zeroed_box};
use dl::prelude::*;
use std::slice::from_ref;

/// One test for each model, named as the case in the file; the loss compares with random numbers.
macro_rules! operations {
    ($($case:ident: $model:ident),* $(,)?) => { $(
        #[test]
        fn $case() {
            let fixture = Fixture::open("maths.safetensors");
            let case = stringify!($case);
            check(&fixture, case, &*fixture.model::<$model>(&format!("{case}/weights/")), &Mse);
        }
    )* };
}

model! {
    Reshape(x: [6]) -> [4] { x -> reshape([2, 3]) -> flatten -> dense(4) }
    Identity(x: [6]) -> [6] { x -> identity }
    Transpose(x: [3, 5]) -> [5, 3] { x -> transpose }
    TransposeOrder(x: [2, 3, 5]) -> [5, 2, 3] { x -> transpose([2, 0, 1]) }
    Slice(x: [9]) -> [4] { x -> slice(2, 6) }
    SliceAxis(x: [3, 4, 2]) -> [3, 2, 2] { x -> slice(1, 3, axis: 1) }
    SliceLast(x: [3, 4]) -> [3, 1] { x -> slice(from: 0, to: 1, axis: -1) }
    Concat(x: [4]) -> [8] { let a = x -> dense(3); let b = x -> dense(5); concat(a, b) }
    ConcatThree(x: [4]) -> [2, 9] {
        let a = x -> dense(6) -> reshape([2, 3]);
        let b = x -> dense(6) -> reshape([2, 3]);
        concat(a, b, a, axis: 1)
    }
    ConcatItself(x: [2, 3]) -> [2, 6] { concat(x, x, axis: -1) }
    StopGradient(x: [4]) -> [3] { let a = x -> dense(3); let b = x -> dense(3); (a -> stop_gradient) * b }
}
operations! {
    reshape: Reshape,
    identity: Identity,
    transpose: Transpose,
    transpose_order: TransposeOrder,
    slice: Slice,
    slice_axis: SliceAxis,
    slice_last: SliceLast,
    concat: Concat,
    concat_three: ConcatThree,
    concat_itself: ConcatItself,
    stop_gradient: StopGradient,
}

model! {
    Sum(x: [3, 4]) -> [1] { x -> sum -> reshape([1]) }
    SumAxis(x: [3, 4]) -> [4] { x -> sum(axis: 0) }
    SumLast(x: [3, 4, 5]) -> [3, 4] { x -> sum(axis: -1) }
    Mean(x: [3, 4, 5]) -> [3] { x -> mean(axis: [1, 2]) }
    MeanKeep(x: [3, 4]) -> [3, 4] { x - (x -> mean(axis: 1, keep: true)) }
    Max(x: [3, 4, 5]) -> [4] { x -> max(axis: [0, 2]) }
    MaxLast(x: [3, 7]) -> [3] { x -> max(axis: -1) }
}
operations! {
    sum: Sum,
    sum_axis: SumAxis,
    sum_last: SumLast,
    mean: Mean,
    mean_keep: MeanKeep,
    max: Max,
    max_last: MaxLast,
}

model! {
    Selu(x: [19]) -> [19] { x -> selu }
    Mish(x: [19]) -> [19] { x -> mish }
    LogSigmoid(x: [19]) -> [19] { x -> log_sigmoid }
    Softsign(x: [19]) -> [19] { x -> softsign }
    Relu6(x: [19]) -> [19] { x -> relu6 }
    HardTanh(x: [19]) -> [19] { x -> hard_tanh }
    HardTanhLimits(x: [19]) -> [19] { x -> hard_tanh(-0.5, 2.0) }
    HardSigmoid(x: [19]) -> [19] { x -> hard_sigmoid }
    HardSwish(x: [19]) -> [19] { x -> hard_swish }
    Clamp(x: [19]) -> [19] { x -> clamp(-1.5, 0.5) }
    Abs(x: [19]) -> [19] { x -> abs }
    Square(x: [19]) -> [19] { x -> square }
    Cube(x: [19]) -> [19] { x -> powi(3) }
    Exp(x: [19]) -> [19] { x -> exp }
    Log(x: [19]) -> [19] { x -> log }
    Sqrt(x: [19]) -> [19] { x -> sqrt }
    InverseSquare(x: [19]) -> [19] { x -> powi(-2) }
    DenseRelu6(x: [6]) -> [5] { x -> dense(5) -> relu6 }
    DenseHardSwish(x: [6]) -> [5] { x -> dense(5) -> hard_swish }
}
operations! {
    selu: Selu,
    mish: Mish,
    log_sigmoid: LogSigmoid,
    softsign: Softsign,
    relu6: Relu6,
    hard_tanh: HardTanh,
    hard_tanh_limits: HardTanhLimits,
    hard_sigmoid: HardSigmoid,
    hard_swish: HardSwish,
    clamp: Clamp,
    abs: Abs,
    square: Square,
    cube: Cube,
    exp: Exp,
    log: Log,
    sqrt: Sqrt,
    inverse_square: InverseSquare,
    dense_relu6: DenseRelu6,
    dense_hard_swish: DenseHardSwish,
}

model! {
    AddRow(x: [4]) -> [3, 4] { let a = x -> dense(12); let b = x -> dense(4); (a -> reshape([3, 4])) + b }
    SubRow(x: [4]) -> [3, 4] { let a = x -> dense(4); let b = x -> dense(12); a - (b -> reshape([3, 4])) }
    MulChannels(x: [4]) -> [3, 2, 2] {
        let image = x -> dense(12) -> reshape([3, 2, 2]);
        let gate = x -> dense(3) -> sigmoid -> reshape([3, 1, 1]);
        image * gate
    }
    DivOuter(x: [4]) -> [3, 5] {
        let a = x -> dense(3) -> reshape([3, 1]);
        let b = x -> dense(5) -> sigmoid;
        a / (b + 0.5)
    }
    AddOne(x: [4]) -> [5] { let a = x -> dense(5); let b = x -> dense(1); a + b }
}
operations! {
    add_row: AddRow,
    sub_row: SubRow,
    mul_channels: MulChannels,
    div_outer: DivOuter,
    add_one: AddOne,
}

model! {
    GroupNorm(x: [6, 3, 4]) -> [6, 3, 4] { x -> group_norm(2) }
    GroupNormOne(x: [4, 5]) -> [4, 5] { x -> group_norm(1, epsilon: 1e-3) }
    GroupNormFeatures(x: [9]) -> [9] { x -> group_norm(3) }
    InstanceNorm(x: [3, 4, 5]) -> [3, 4, 5] { x -> instance_norm }
    InstanceNormAffine(x: [3, 4, 5]) -> [3, 4, 5] { x -> instance_norm(affine: true, epsilon: 1e-3) }
    RmsNorm(x: [11]) -> [11] { x -> rms_norm(epsilon: 1e-5) }
    RmsNormRows(x: [3, 7]) -> [3, 7] { x -> rms_norm(epsilon: 1e-3) }
    L2Normalize(x: [7]) -> [7] { x -> l2_normalize }
    L2NormalizeRows(x: [3, 4]) -> [3, 4] { x -> l2_normalize }
    Prelu(x: [3, 2, 4]) -> [3, 2, 4] { x -> prelu }
    PreluChannels(x: [3, 2, 4]) -> [3, 2, 4] { x -> prelu(per_channel: true) }
    LogSoftmax(x: [19]) -> [19] { x -> log_softmax }
    LogSoftmaxChannels(x: [5, 3, 4]) -> [5, 3, 4] { x -> log_softmax }
    SoftmaxLast(x: [3, 5]) -> [3, 5] { x -> softmax(axis: -1) }
    SoftmaxFirst(x: [3, 5]) -> [3, 5] { x -> softmax(axis: 0) }
}
operations! {
    group_norm: GroupNorm,
    group_norm_one: GroupNormOne,
    group_norm_features: GroupNormFeatures,
    instance_norm: InstanceNorm,
    instance_norm_affine: InstanceNormAffine,
    rms_norm: RmsNorm,
    rms_norm_rows: RmsNormRows,
    l2_normalize: L2Normalize,
    l2_normalize_rows: L2NormalizeRows,
    prelu: Prelu,
    prelu_channels: PreluChannels,
    log_softmax: LogSoftmax,
    log_softmax_channels: LogSoftmaxChannels,
    softmax_last: SoftmaxLast,
    softmax_first: SoftmaxFirst,
}

model! {
    Matmul(x: [4]) -> [2, 2] {
        let a = x -> dense(6) -> reshape([2, 3]);
        let b = x -> dense(6) -> reshape([3, 2]);
        a -> matmul(b)
    }
    MatmulBatch(x: [4]) -> [3, 2, 5] {
        let a = x -> dense(12) -> reshape([3, 2, 2]);
        let b = x -> dense(30) -> reshape([3, 2, 5]);
        matmul(a, b)
    }
    MatmulItself(x: [3, 5]) -> [3, 3] { x -> matmul(x -> transpose) }
}
operations! { matmul: Matmul, matmul_batch: MatmulBatch, matmul_itself: MatmulItself }

model! {
    Words(tokens: u32[7]) -> [7, 5] { tokens -> embedding(11, 5) }
}

#[test]
fn embedding() {
    let fixture = Fixture::open("maths.safetensors");
    let net = fixture.model::<Words>("embedding/weights/");
    let tokens: Vec<[u32; 7]> = fixture.samples("embedding/tokens");
    let targets: Vec<[[f32; 5]; 7]> = fixture.samples("embedding/target");
    let agrees = |found: &[f32], part: &str| {
        let name = format!("embedding/{part}");
        common::agree(&name, found, &fixture.floats(&name), common::PASS);
    };
    agrees(flat(&net.predict(&tokens)), "output");
    on_devices!(|device| {
        let mut training = Training::on(device, &*net, tokens.len()).unwrap();
        training.forward(&tokens).unwrap();
        agrees(&[training.loss(&Mse, &targets).unwrap()], "loss");
        training.backward();
        let mut gradients = zeroed_box::<Words>();
        training.gradients(&mut gradients).unwrap();
        agrees(flat(from_ref(&*gradients)), "gradient");
    });
}
