//! The guide: the language of `model!`, every layer, training, metrics, GPUs, applications, browsers, generated code, data and files.
//!
//! - [`language`]: the language inside `model!`
//! - [`layers`]: every layer with its arguments and shapes
//! - [`training`]: the trainer, losses, optimizers, schedules, and training loops written by hand
//! - [`metrics`]: metrics, and what a training shows: curves, TensorBoard, histograms, filters, warnings about gradients
//! - [`sequences`]: models of sequences of any length: recurrent networks, transformers, generation, translation
//! - [`gpu`]: training and prediction on an NVIDIA GPU
//! - [`applications`]: a trained network in a program, with what belongs to it; small programs, servers, other languages
//! - [`int8`]: networks on 8-bit integers
//! - [`browser`]: a network in a web page, and training there
//! - [`expansion`]: the code that the macro generates, from top to bottom
//! - [`microcontrollers`]: prediction without `std` and without a heap
//! - [`data_and_files`]: data sets, readers, text and its generation, safetensors, networks from PyTorch and ONNX, and the command `dl`

#[doc = include_str!("language.md")]
pub mod language {}

#[doc = include_str!("layers.md")]
pub mod layers {}

#[doc = include_str!("training.md")]
pub mod training {}

#[doc = include_str!("metrics.md")]
pub mod metrics {}

#[doc = include_str!("sequences.md")]
pub mod sequences {}

#[doc = include_str!("gpu.md")]
pub mod gpu {}

#[doc = include_str!("applications.md")]
pub mod applications {}

#[doc = include_str!("int8.md")]
pub mod int8 {}

#[doc = include_str!("browser.md")]
pub mod browser {}

#[doc = include_str!("expansion.md")]
pub mod expansion {}

#[doc = include_str!("microcontrollers.md")]
pub mod microcontrollers {}

#[doc = include_str!("data_and_files.md")]
pub mod data_and_files {}
