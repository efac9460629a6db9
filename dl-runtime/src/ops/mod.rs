//! Operations: one room each, with its mathematics, its shapes, its kernels for every device, and its tests.
//!
//! Every room exports a type `<Room>Op` (`DenseOp`, `Conv2dOp`): the settings of the operation as a constant, with the typed passes as methods.
//! Generated code calls them in one convention (arguments in brackets only where the operation has them):
//!
//! ```text
//! OP.forward          (pass, [weights], inputs…, output, [saved])   training, and inference unless `infer` exists
//! OP.infer            (pass, [weights], inputs…, output)            where inference differs (batch_norm) or saves nothing
//! OP.forward_in_place (pass, value)                                 elementwise operations
//! OP.backward         (pass, [k], [weights], [kept…], d_output, [d_weights: Grad], d_input: Grad)
//! OP.backward_in_place(pass, [kept…], d)                            elementwise; d holds d_output before, d_input after
//! ```
//!
//! The forward pass of an operation with a state (batch_norm's running statistics) has its weights to write; all other passes read
//! them, and gradients have zeros where the state is.
//!
//! `kept…` are those of (inputs…, output, saved) that the backward pass reads, in this order. With weights, `d_input` is an
//! `Option`: the first layer of a network needs none; inputs of `u32` (tokens, classes) have no gradient and no `d_input`. An
//! operation on several inputs that have gradients makes one a call: `k` is the number of that input, counted from 0, and
//! `d_input` has its shape. An operation on any number of inputs (`concat`) goes forward in this way, too:
//! `forward(pass, k, input, output)`. `saved` is what forward computes for backward alone: a view of one value per batch or per
//! sample.
//! Operations with an `activation` setting apply it in their forward pass; generated code takes the gradient through it
//! (`Activation::backward_in_place`) before it calls their backward pass.

pub mod activation;
pub mod arithmetic;
mod axes;
pub mod batch_norm;
pub mod concat;
pub mod conv2d;
pub mod dense;
pub mod dropout;
pub mod embedding;
pub mod global_avg_pool2d;
pub mod group_norm;
mod image;
pub mod l2_normalize;
pub mod layer_norm;
pub mod loss;
pub mod matmul;
pub mod noise;
pub mod optimizer;
pub mod pad2d;
mod parts;
pub mod pool;
pub mod prelu;
pub mod reduce;
pub mod rms_norm;
pub mod separable_conv2d;
pub mod slice;
pub mod softmax;
pub mod transpose;
pub mod tuple;
pub mod upsample;

pub use activation::Activation;
pub use image::Image;

use crate::tensor::Storage;

macro_rules! kernels {
    ($($kernel:path),* $(,)?) => {
        /// Every kernel that a device must have; one line for each operation.
        pub trait Kernels: $($kernel +)* {}
        impl<T: $($kernel +)*> Kernels for T {}
    };
}

kernels! {
    activation::ActivationKernel,
    arithmetic::ArithmeticKernel,
    batch_norm::BatchNormKernel,
    concat::StridedCopyKernel,
    embedding::EmbeddingKernel,
    group_norm::GroupNormKernel,
    l2_normalize::L2NormalizeKernel,
    matmul::MatmulKernel,
    noise::NoiseKernel,
    prelu::PreluKernel,
    reduce::ReduceKernel,
    transpose::TransposeKernel,
    dense::DenseKernel,
    dropout::DropoutKernel,
    global_avg_pool2d::GlobalAvgPool2dKernel,
    layer_norm::LayerNormKernel,
    softmax::SoftmaxKernel,
    conv2d::Conv2dKernel,
    pad2d::Pad2dKernel,
    pool::PoolKernel,
    separable_conv2d::SeparableConv2dKernel,
    upsample::UpsampleKernel,
    loss::ClassLossKernel,
    loss::ElementwiseLossKernel,
    loss::NtXentKernel,
    loss::VectorLossKernel,
    optimizer::AdamKernel,
    optimizer::ClipKernel,
    optimizer::RmsPropKernel,
    optimizer::SgdKernel,
    optimizer::FiniteCheckKernel,
}

/// A place to run networks: [`Storage`] and every kernel. Generated code is generic over it.
pub trait Device: Storage + Kernels {}
impl<T: Storage + Kernels> Device for T {}
