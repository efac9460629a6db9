//! Inference on int8 in the scheme of TensorFlow Lite: kernels in integer arithmetic alone, whose results have the same bits everywhere.
//!
//! A real number `x` is an int8 number `q` with `x = scale·(q - zero_point)` ([`Quantization`]). Activations have one scale and zero point
//! for all their elements; weights have one scale for each output channel, and the zero point 0. Sums of products are int32, and a
//! [`Multiplier`] takes them to the scale of the output, with TensorFlow Lite's rounding. See Jacob et al., "Quantization and training of
//! neural networks for efficient integer-arithmetic-only inference", 2018.
//!
//! Kernels are functions of run-time sizes on slices. Images are `[channels, height, width]`.

mod argmax;
mod arithmetic;
pub mod conv2d;
mod copies;
pub mod dense;
pub mod dot;
pub mod fixed_point;
mod kernels;
mod lookup;
mod model;
mod numbers;
mod parameters;
pub mod pool;
mod quantization;
pub mod softmax;
mod weights;

#[doc(hidden)]
pub use crate::include::Included;
pub use argmax::argmax;
pub use arithmetic::{AddOp, MulOp, Product, SubOp, Sum, add, mul, sub};
pub use conv2d::{Conv2d, Conv2dOp};
pub use copies::{ConcatOp, Pad2dOp, concat, copy, pad2d};
pub use dense::{Dense, DenseOp};
pub use fixed_point::Multiplier;
/// The kernels that models on int8 run with; `dl-runtime` has others in its place.
pub use kernels::Portable as Native;
pub use kernels::{Kernels, Portable};
pub use lookup::{Lookup, LookupOp, Table, lookup, lookup_in_place, table};
pub use model::{QuantizedModel, Scratch};
pub use numbers::{Int8, flat, flat_mut};
pub use parameters::Parameters;
pub use pool::{AvgPoolOp, MaxPoolOp, PaddedAvgPoolOp, PoolSizes, Windows, ZeroPoint};
pub use quantization::{Quantization, dequantize, quantize};
pub use softmax::{Scaling, SoftmaxOp};
pub use weights::{Channel, Output, Weights};
