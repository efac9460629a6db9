//! The traits that generated code implements ([`Passes`], [`LossPasses`]), layers written by hand ([`Layer`]), and arrays of networks.

mod blocks;
mod carries;
pub(crate) mod layer;
mod loss;
mod loss_of;
mod passes;
mod stack;
mod steps;

pub use blocks::{BlockMemory, BlockPasses, block_floats, infer_planes};
pub use carries::Carries;
pub use layer::Layer;
pub use loss::{LossPasses, Target, Term};
pub use loss_of::LossOf;
pub use passes::{
    Backward, Batch, ComputeLoss, Evaluate, Forward, Infer, Input, InputInfo, LayerInfo, LayerInput, MinBatch, Network,
    Output, OutputInfo, Passes, RUN_TIME,
};
pub(crate) use passes::{DIMENSIONS, MAX_DIMENSIONS, Row, shape_text};
pub use steps::{Step, Steps};
