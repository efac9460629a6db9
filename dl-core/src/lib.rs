//! The part of dl that a program needs to predict: shapes, weights, and the operations of inference on one sample.
//!
//! It needs neither `std` nor a heap, so that it runs wherever Rust compiles to. `dl-runtime` builds training, devices and files on it.

#![no_std]

#[cfg(feature = "alloc")]
extern crate alloc;

#[doc(hidden)]
pub mod generated;
#[cfg(feature = "alloc")]
pub mod heap;
#[doc(hidden)]
pub mod include;
pub mod int8;
mod layer;
pub mod layers;
pub mod ops;
mod predict;
pub mod tensor;

pub use layer::Layer;
pub use predict::{Declared, Predict, PredictSteps, Scratch, Stream};
pub use tensor::{Dtype, Element, Entry, Pod, Role, Tensors, check, pod};
