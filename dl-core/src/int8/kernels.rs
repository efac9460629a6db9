//! The kernels that deserve code for the processor: dense layers and convolutions.

use super::{Conv2dOp, Weights, conv2d, dense};

/// A set of kernels. All sets return the same bits.
pub trait Kernels: Copy + Default {
    /// Computes a dense layer: see [`dense::dense`].
    fn dense(self, weights: Weights<'_>, x: &[i8], y: &mut [i8]);
    /// Computes a convolution: see [`conv2d::conv2d`].
    fn conv2d(self, op: &Conv2dOp, weights: Weights<'_>, x: &[i8], y: &mut [i8], columns: &mut [i8]);
}

/// The kernels of this crate: plain Rust, and the DSP instructions of Cortex-M where it is built for them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Portable;

impl Kernels for Portable {
    fn dense(self, weights: Weights<'_>, x: &[i8], y: &mut [i8]) {
        dense::dense(weights, x, y);
    }
    fn conv2d(self, op: &Conv2dOp, weights: Weights<'_>, x: &[i8], y: &mut [i8], columns: &mut [i8]) {
        conv2d::conv2d(op, weights, x, y, columns);
    }
}
