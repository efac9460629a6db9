//! Operations of inference on one sample, in plain scalar Rust. Each has a file with the name of its room in `dl-runtime`, which has its
//! mathematics and sources, with the weights of its layer.

pub mod attention;
pub mod batch_norm;
pub mod conv2d;
pub mod dense;
pub mod embedding;
pub mod group_norm;
mod image;
pub mod layer_norm;
pub mod lora;
pub mod parameter;
pub mod positions;
pub mod prelu;
pub mod recurrent;
pub mod rms_norm;
pub mod scale;
pub mod separable_conv2d;

pub use image::Image;
