//! All items that generated code may use, as `dl::…`.

mod imports;
mod interface;

pub use crate::init::{Init, InitLayer, Rng};
pub use crate::network::{Backward, Batch, Carries, ComputeLoss, Evaluate, Forward, Infer, Step, Steps};
pub use crate::network::{BlockMemory, BlockPasses, block_floats, infer_planes};
pub use crate::ops::channel_blocks::ChannelBlocks;
pub use crate::ops::{self, Device};
pub use crate::tensor::check::{Piece, check, dim};
pub use crate::tensor::ranges::{check_labels, check_labels_but, check_lengths, check_tokens};
pub use crate::tensor::{
    Allocator, Arena, ArenaSize, Context, Entry, Grad, Pack, Part, Parts, PartsMut, Pod, Role, Sequences, Slot,
    Storage, Streams, Tensors, View, ViewMut, Workspace, Write,
};
pub use crate::{
    InputInfo, LayerInfo, LayerInput, LossPasses, MinBatch, Model, Network, OutputInfo, Passes, RUN_TIME, Result, Term,
};
pub use crate::{field, field_mut, network, no_steps, sequences};
pub use dl_core::generated::{Buffer, Larger, Zeroed, hygiene, variable, variables, word};
pub use dl_core::pod::{as_f32, as_f32_mut};
pub use dl_core::{Declared, record};
pub use imports::name_and_size;
pub use interface::{makes, takes};
/// The passes of layers written by hand.
pub mod layer {
    pub use crate::network::layer::{backward, forward, infer};
}
pub use std::boxed::Box;
pub use std::clone::Clone;
pub use std::cmp::PartialEq;
pub use std::default::Default;
pub use std::fmt::{Debug, Formatter, Result as FmtResult};
pub use std::marker::Copy;
pub use std::mem::offset_of;
pub use std::option::Option::{self, None, Some};
pub use std::primitive::{bool, f32, u32, usize};
pub use std::result::Result::Ok;
pub use std::vec::Vec;

/// Views one field of a model: `field!(net.layer1.conv1)` inside `impl Passes for …`.
#[doc(hidden)]
#[macro_export]
macro_rules! field {
    ($view:ident.$($field:ident).+) => {
        $view.field_of(::core::mem::offset_of!(Self, $($field).+), |model: &Self| &model.$($field).+)
    };
}

/// Views one field of a model for writing, like [`field!`]: `field_mut!(net.batch_norm1)`.
#[doc(hidden)]
#[macro_export]
macro_rules! field_mut {
    ($view:ident.$($field:ident).+) => {
        $view.field_mut_of(::core::mem::offset_of!(Self, $($field).+), |model: &Self| &model.$($field).+)
    };
}
