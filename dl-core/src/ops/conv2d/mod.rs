//! Convolution in one and two dimensions, and transposed convolution.

mod columns;
mod convolve;
mod gathered;
mod kernel;
mod transposed;

pub use kernel::{Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, Kernel};
pub use transposed::ConvTranspose2dOp;

use super::{Activation, Image};
use crate::pod::{flat, flat_mut};
use core::slice;

/// The settings of a convolution. Each pair is [height, width].
#[derive(Clone, Copy, Debug)]
pub struct Conv2dOp {
    /// The step of the window.
    pub stride: [usize; 2],
    /// The number of rows and columns of zeros on each side of the image.
    pub padding: [usize; 2],
    /// The distance between neighbouring elements of the kernel.
    pub dilation: [usize; 2],
    /// The number of groups. Each connects its share of the input channels with its share of the output channels.
    pub groups: usize,
    /// The activation, which is applied to the sums.
    pub activation: Activation,
}

/// The settings of a causal convolution over a sequence `[I, L]`: all of the padding is before the sequence.
#[derive(Clone, Copy, Debug)]
pub struct CausalConv1dOp {
    /// The step of the window.
    pub stride: usize,
    /// The distance between neighbouring elements of the kernel.
    pub dilation: usize,
    /// The number of groups.
    pub groups: usize,
    /// The activation, which is applied to the sums.
    pub activation: Activation,
}

/// The sizes and settings of one call. Each pair is [height, width].
#[derive(Clone, Copy, Debug)]
pub struct Conv2dSizes {
    /// The number of input channels.
    pub inputs: usize,
    /// The number of output channels.
    pub outputs: usize,
    /// The size of the input.
    pub image: [usize; 2],
    /// The size of the output.
    pub output: [usize; 2],
    /// The size of a kernel.
    pub kernel: [usize; 2],
    /// The step of the window.
    pub stride: [usize; 2],
    /// The number of zeros before the image.
    pub padding: [usize; 2],
    /// The distance between neighbouring elements of the kernel.
    pub dilation: [usize; 2],
    /// The number of groups.
    pub groups: usize,
}

impl Conv2dOp {
    /// `output = f(W * input + b)`, `[I, H, W]` → `[O, H', W']` (sequences `[I, L]` → `[O, L']`).
    #[inline(always)]
    pub fn forward<W: Kernel, X: Image, Y: Image>(self, weights: &W, input: &X, output: &mut Y) {
        let Conv2dOp { stride, padding, dilation, groups, activation } = self;
        let sizes = Conv2dSizes {
            inputs: X::CHANNELS,
            outputs: Y::CHANNELS,
            image: X::SIZE,
            output: Y::SIZE,
            kernel: W::SIZE,
            stride,
            padding,
            dilation,
            groups,
        };
        forward(&sizes, activation, weights, input, output);
    }
}

impl CausalConv1dOp {
    /// `output = f(W * input + b)`, `[I, L]` → `[O, L']` with `L' = ⌈L / stride⌉`.
    #[inline(always)]
    pub fn forward<W: Kernel, X: Image, Y: Image>(self, weights: &W, input: &X, output: &mut Y) {
        let CausalConv1dOp { stride, dilation, groups, activation } = self;
        let sizes = Conv2dSizes {
            inputs: X::CHANNELS,
            outputs: Y::CHANNELS,
            image: X::SIZE,
            output: Y::SIZE,
            kernel: W::SIZE,
            stride: [1, stride],
            padding: [0, (W::SIZE[1] - 1) * dilation],
            dilation: [1, dilation],
            groups,
        };
        forward(&sizes, activation, weights, input, output);
    }
}

#[inline(always)]
fn forward<W: Kernel, X: Image, Y: Image>(sizes: &Conv2dSizes, f: Activation, weights: &W, input: &X, output: &mut Y) {
    let (weight, bias) = flat(slice::from_ref(weights)).split_at(W::WEIGHTS);
    let y = flat_mut(slice::from_mut(output));
    convolve::convolve(sizes, weight, bias, flat(slice::from_ref(input)), y);
    f.apply(y);
}
