//! The parts that need a heap, for programs with `std`: the list of a model's tensors, batches of samples, and zeros of any size.

pub mod pack;
mod tensors;
mod zeroed;

pub use pack::{Pack, Part};
pub use tensors::TensorInfo;
pub use zeroed::{grow, zeroed_box, zeroed_vec};
