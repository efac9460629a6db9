//! The weights of layers: structs of nested arrays of `f32` in PyTorch's memory order.

pub use crate::ops::{
    attention::Projections,
    batch_norm::BatchNorm,
    conv2d::{Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d},
    dense::Dense,
    embedding::Embedding,
    group_norm::GroupNorm,
    layer_norm::LayerNorm,
    lora::LoraDense,
    parameter::Parameter,
    positions::LearnedPositions,
    prelu::Prelu,
    recurrent::{Gru, Lstm, Recurrent, Rnn},
    rms_norm::RmsNorm,
    scale::Scale,
    separable_conv2d::SeparableConv2d,
};
