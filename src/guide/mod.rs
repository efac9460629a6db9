//! The guide: the language, every layer, training, data and files.
//!
//! - [`language`]: what may stand inside `model!`
//! - [`layers`]: every layer with its arguments and shapes
//! - [`training`]: the trainer, losses, optimizers, schedules, and a loop by hand
//! - [`gpu`]: the same on an NVIDIA GPU
//! - [`expansion`]: what the macro writes, read from top to bottom
//! - [`data_and_files`]: data sets, readers, text and its generation, safetensors, and networks from PyTorch

#[doc = include_str!("language.md")]
pub mod language {}

#[doc = include_str!("layers.md")]
pub mod layers {}

#[doc = include_str!("training.md")]
pub mod training {}

#[doc = include_str!("gpu.md")]
pub mod gpu {}

#[doc = include_str!("expansion.md")]
pub mod expansion {}

#[doc = include_str!("data_and_files.md")]
pub mod data_and_files {}
