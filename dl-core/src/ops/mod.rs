//! Operations of inference on one sample, or on one row of a stream, in plain scalar Rust. Each has a file with the name of its room in
//! `dl-runtime`, which has its mathematics and sources, with the weights of its layer.
//!
//! A type `<Name>Op` holds the settings of an operation, and its methods have the names of those in `dl-runtime`: `forward`, or `infer`
//! where inference differs, and both with `_in_place`. They take references to the weights, the inputs and the output, and call functions
//! of run-time sizes, so that layers share their code. Settings are constants, so an activation that no layer has is not in the program.
//!
//! Operations along time have `step`, which continues a stream by one row. It takes the position of the row first, and before the output the
//! layer's part of the state, whose type `State` has a constant size.

pub mod activation;
pub mod argmax;
pub mod arithmetic;
pub mod attention;
pub mod axes;
pub mod batch_norm;
pub mod concat;
pub mod conv1d;
pub mod conv2d;
pub mod cumsum;
pub mod dense;
pub mod embedding;
pub mod global_avg_pool2d;
pub mod group_norm;
mod image;
pub mod l2_normalize;
pub mod layer_norm;
pub mod lora;
pub mod matmul;
pub mod noise;
pub mod one_hot;
pub mod over_time;
pub mod pad2d;
pub mod parameter;
pub mod pool;
pub mod positions;
pub mod prelu;
pub mod recurrent;
pub mod reduce;
pub mod reverse;
pub mod rms_norm;
pub mod rotary;
pub mod scale;
pub mod separable_conv2d;
pub mod slice;
pub mod softmax;
pub mod transpose;
pub mod tuple;
pub mod upsample;

pub use activation::Activation;
pub use image::Image;
