//! Convolution in one and two dimensions.

mod kernel;

pub use kernel::{Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, Kernel};
