//! Separable convolution: depthwise, then pointwise.

use super::conv2d::Conv2d;
use super::dense::dot;
use super::{Activation, Image};
use crate::Pod;
use crate::pod::{flat, flat_mut};
use core::slice;

/// The weights of a separable convolution with `M` intermediate and `O` output channels and a kernel of `KH` by `KW`;
/// `B` is `O`, or 0 without a bias.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct SeparableConv2d<const M: usize, const O: usize, const KH: usize, const KW: usize, const B: usize = O> {
    /// One or more kernels for each input channel.
    pub depthwise: Conv2d<1, M, KH, KW, 0>,
    /// The 1×1 convolution over channels.
    pub pointwise: Conv2d<M, O, 1, 1, B>,
}

// SAFETY: `repr(C)` and plain layers of `f32` only.
unsafe impl<const M: usize, const O: usize, const KH: usize, const KW: usize, const B: usize> Pod
    for SeparableConv2d<M, O, KH, KW, B>
{
    type Element = f32;
}

/// The settings of a separable convolution. Pairs are (height, width) and belong to the depthwise convolution.
#[derive(Clone, Copy, Debug)]
pub struct SeparableConv2dOp {
    /// The stride of the window.
    pub stride: [usize; 2],
    /// The number of rows and columns of zeros on each side.
    pub padding: [usize; 2],
    /// The distance between the elements of the kernel.
    pub dilation: [usize; 2],
    /// The activation, which is applied to the sums.
    pub activation: Activation,
}

impl SeparableConv2dOp {
    /// `output = f(P * (D * input) + b)`, `[I, H, W]` → `[O, H', W']`, pixel by pixel, so that the intermediate map needs no memory.
    #[inline(always)]
    pub fn forward<
        X: Image,
        Y: Image,
        const M: usize,
        const O: usize,
        const KH: usize,
        const KW: usize,
        const B: usize,
    >(
        self,
        weights: &SeparableConv2d<M, O, KH, KW, B>,
        input: &X,
        output: &mut Y,
    ) {
        let ([rows, columns], x, y) = (Y::SIZE, flat(slice::from_ref(input)), flat_mut(slice::from_mut(output)));
        let kernels = flat(&weights.depthwise.weight);
        for pixel in 0..rows * columns {
            let at = [pixel / columns, pixel % columns];
            // Each input channel has as many kernels.
            let middle: [f32; M] = core::array::from_fn(|m| {
                let channel = m * X::CHANNELS / M;
                let image = &x[channel * X::SIZE[0] * X::SIZE[1]..][..X::SIZE[0] * X::SIZE[1]];
                self.window(X::SIZE, [KH, KW], &kernels[m * KH * KW..][..KH * KW], image, at)
            });
            for (o, row) in weights.pointwise.weight.iter().enumerate() {
                let bias = weights.pointwise.bias.get(o).copied().unwrap_or(0.0);
                y[o * rows * columns + pixel] = bias + dot(flat(row), &middle);
            }
        }
        self.activation.apply(y);
    }
    /// Returns the sum of the products of a kernel and the image below it.
    fn window(
        self,
        [height, width]: [usize; 2],
        [_, columns]: [usize; 2],
        kernel: &[f32],
        image: &[f32],
        at: [usize; 2],
    ) -> f32 {
        let mut sum = 0.0;
        for (k, weight) in kernel.iter().enumerate() {
            let place = |axis: usize, k: usize| {
                (at[axis] * self.stride[axis] + k * self.dilation[axis]).checked_sub(self.padding[axis])
            };
            if let Some((row, column)) = place(0, k / columns).zip(place(1, k % columns))
                && row < height
                && column < width
            {
                sum += weight * image[row * width + column];
            }
        }
        sum
    }
}
