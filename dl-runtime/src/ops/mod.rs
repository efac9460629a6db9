//! Operations. Each has its own folder with its mathematics, its shapes, its kernels for every device, and its tests.
//!
//! Every folder exports a type `<Name>Op` (`DenseOp`, `Conv2dOp`): its value holds the settings of the operation, and
//! its methods are the typed passes. Generated code calls them in the same way for every operation (arguments in
//! brackets exist only where the operation has them):
//!
//! ```text
//! OP.forward          (pass, [weights], inputs…, output, [saved])   training, and inference unless `infer` exists
//! OP.infer            (pass, [weights], inputs…, output)            where inference differs (batch_norm) or saves nothing
//! OP.forward_again    (pass, [weights], inputs…, output, [saved])   with a state: once more, without touching it
//! OP.forward_in_place (pass, value)                                 elementwise operations
//! OP.backward         (pass, [k], [weights], [kept…], d_output, [d_weights: Grad], d_input: Grad)
//! OP.backward_in_place(pass, [kept…], d)                            elementwise; d holds d_output before, d_input after
//! ```
//!
//! `pass` is the [`Context`](crate::Context) of the pass: the device, the seed, and the weights that are frozen, whose
//! gradients an operation may leave out. `kept…` are those of (inputs…,
//! output, saved) that the backward pass reads, in this order. `saved` is a value that the forward pass computes only
//! for the backward pass; it has one entry per batch or per sample. With weights, `d_input` is an `Option`, since the
//! first layer of a network needs no gradient to its input. Inputs of `u32` (tokens, classes) have no gradient and no
//! `d_input`.
//!
//! An operation with several differentiable inputs computes one gradient per call: `k` is the index of that input,
//! counted from 0, and `d_input` has its shape. An operation with any number of inputs (`concat`) runs its forward pass
//! that way, too: `forward(pass, k, input, output)`.
//!
//! The forward pass of an operation with state (the running statistics of batch_norm) may write to its weights. All
//! other passes only read them, and the gradient of the state is zero. Operations with an `activation` setting apply it
//! in their forward pass. Generated code computes the gradient of the activation (`Activation::backward_in_place`)
//! before it calls their backward pass.

pub mod activation;
pub mod argmax;
pub mod arithmetic;
pub mod attention;
mod axes;
pub mod batch_norm;
pub mod channel_blocks;
pub mod concat;
pub mod conv1d;
pub mod conv2d;
pub mod cumsum;
pub mod dense;
pub mod dropout;
pub mod embedding;
pub mod global_avg_pool2d;
pub mod group_norm;
pub mod l2_normalize;
pub mod layer_norm;
pub mod lora;
pub mod loss;
pub mod matmul;
pub mod noise;
pub mod one_hot;
pub mod optimizer;
pub mod over_time;
pub mod pad2d;
pub mod parameter;
mod parts;
pub mod pool;
pub mod positions;
pub mod prelu;
pub mod recurrent;
pub mod reduce;
pub mod reverse;
pub mod rms_norm;
pub mod rotary;
pub mod scale;
pub mod separable_conv2d;
pub mod slice;
pub mod softmax;
pub mod stochastic_depth;
pub mod transpose;
pub mod tuple;
pub mod upsample;

pub use activation::Activation;
pub use dl_core::ops::Image;

use crate::tensor::Storage;

macro_rules! kernels {
    ($($kernel:path),* $(,)?) => {
        /// The kernels that a device must have, with one line for each operation.
        pub trait Kernels: $($kernel +)* {}
        impl<T: $($kernel +)*> Kernels for T {}
    };
}

kernels! {
    activation::ActivationKernel,
    argmax::ArgmaxKernel,
    arithmetic::ArithmeticKernel,
    attention::AttentionKernel,
    batch_norm::BatchNormKernel,
    channel_blocks::ChannelBlocksKernel,
    concat::StridedCopyKernel,
    embedding::EmbeddingKernel,
    group_norm::GroupNormKernel,
    l2_normalize::L2NormalizeKernel,
    matmul::MatmulKernel,
    noise::NoiseKernel,
    prelu::PreluKernel,
    reduce::ReduceKernel,
    scale::ScaleKernel,
    cumsum::CumsumKernel,
    one_hot::OneHotKernel,
    over_time::OverTimeKernel,
    parameter::ParameterKernel,
    positions::PositionsKernel,
    recurrent::RecurrentKernel,
    reverse::ReverseKernel,
    rotary::RotaryKernel,
    stochastic_depth::StochasticDepthKernel,
    transpose::TransposeKernel,
    dense::DenseKernel,
    dropout::DropoutKernel,
    global_avg_pool2d::GlobalAvgPool2dKernel,
    layer_norm::LayerNormKernel,
    softmax::SoftmaxKernel,
    conv1d::Conv1dKernel,
    conv2d::Conv2dKernel,
    pad2d::Pad2dKernel,
    pool::PoolKernel,
    separable_conv2d::SeparableConv2dKernel,
    upsample::UpsampleKernel,
    loss::ClassLossKernel,
    loss::CtcKernel,
    loss::ElementwiseLossKernel,
    loss::NtXentKernel,
    loss::OverlapKernel,
    loss::PositiveWeightsKernel,
    loss::VectorLossKernel,
    loss::WeightedClassKernel,
    optimizer::AverageKernel,
    optimizer::ClipKernel,
    optimizer::FiniteCheckKernel,
    optimizer::LambKernel,
    optimizer::StepKernel,
}

/// A device that runs networks: it has [`Storage`] and every kernel. Generated code is generic over it.
pub trait Device: Storage + Kernels {}
impl<T: Storage + Kernels> Device for T {}
