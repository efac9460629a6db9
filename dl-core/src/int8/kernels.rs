//! The kernels that deserve code for the processor: dense layers and convolutions.

use super::conv2d::Conv2dSizes;
use super::{Channels, conv2d, dense};

/// A set of kernels. All sets return the same bits.
pub trait Kernels: Copy {
    /// `y[o]` is the output of channel `o` for `Σᵢ weight[o, i]·x[i]`; `weight` has shape `[outputs, inputs]`.
    fn dense(self, weight: &[i8], channels: Channels<'_>, x: &[i8], y: &mut [i8]);
    /// The convolution of one sample: see [`conv2d::conv2d`]. `columns` is memory for [`Conv2dSizes::columns`] numbers.
    fn conv2d(
        self,
        sizes: &Conv2dSizes,
        weight: &[i8],
        channels: Channels<'_>,
        x: &[i8],
        y: &mut [i8],
        columns: &mut [i8],
    );
}

/// The kernels of this crate: plain Rust, and the DSP instructions of Cortex-M where it is built for them.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

impl Kernels for Portable {
    fn dense(self, weight: &[i8], channels: Channels<'_>, x: &[i8], y: &mut [i8]) {
        dense::dense(weight, channels, x, y);
    }
    fn conv2d(
        self,
        sizes: &Conv2dSizes,
        weight: &[i8],
        channels: Channels<'_>,
        x: &[i8],
        y: &mut [i8],
        columns: &mut [i8],
    ) {
        conv2d::conv2d(sizes, weight, channels, x, y, columns);
    }
}
