//! Networks on int8: the kernels and models of `dl-core`, and what makes such a model from a trained network.
//!
//! `#[int8]` before a model makes a second one, `LeNetI8`, and `LeNet::quantize(&net, &samples)` computes its integers: [`Quantize`] runs the
//! samples through the network and takes the range of every value ([`Calibration`]), from which follow the scales; batch norm becomes a
//! part of the layer before it.

mod calibrate;
mod files;
mod graph;
mod native;
mod quantize;
mod run;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use calibrate::Calibration;
pub use dl_core::int8::*;
pub use files::QuantizedFile;
pub use graph::{Graph, Node, Op};
pub use native::Native;
pub use quantize::Quantize;
