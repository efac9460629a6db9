//! Transposed convolution: PyTorch's `ConvTranspose2d` and `ConvTranspose1d`, with weights `W` of shape
//! [in, out / groups, kh, kw].
//!
//! Each element of the input adds a multiple of its kernel to the output,
//! `y[o, r·stride + k·dilation - padding, …] += W[i, o, k, l] · x[i, r, c]`, for the input channels `i` of `o`'s group.
//! Then the bias and the activation follow. A transposed convolution is the gradient of a convolution to its input, and
//! its own gradient to the input is that convolution. Source: Dumoulin and Visin, A guide to convolution arithmetic
//! (2016), chapter 4.

#[cfg(test)]
mod tests;

use super::{Conv2dOp, Conv2dSizes, Direction, Kernel, backward};
use crate::ops::{Activation, Device, Image};
use crate::tensor::{Grad, Write};
use crate::{Context, View, ViewMut};

/// The settings of a transposed convolution. Each pair is [height, width]. With a stride, several output sizes are
/// possible (PyTorch chooses one with `output_padding`); here the output's shape says which.
#[derive(Clone, Copy, Debug)]
pub struct ConvTranspose2dOp {
    /// The distance in the output between the kernels that neighbouring elements of the input add.
    pub stride: [usize; 2],
    /// The number of rows and columns that are cut off on each side of the output.
    pub padding: [usize; 2],
    /// The distance between neighbouring elements of the kernel.
    pub dilation: [usize; 2],
    /// The number of groups. Each connects its share of the input channels with its share of the output channels.
    pub groups: usize,
    /// The activation, which is applied to the sums in the same pass.
    pub activation: Activation,
}

impl ConvTranspose2dOp {
    /// Returns the sizes of the convolution from the output to the input.
    fn sizes<W: Kernel, X: Image, Y: Image>(self, samples: usize) -> Conv2dSizes {
        let ConvTranspose2dOp { stride, padding, dilation, groups, activation } = self;
        Conv2dSizes::new::<W, Y, X>(Conv2dOp { stride, padding, dilation, groups, activation }, samples)
    }

    /// `output = f(W ⊛ input + b)`, `[I, H, W]` → `[O, H', W']` (sequences `[I, L]` → `[O, L']`).
    pub fn forward<D: Device, W: Kernel, X: Image, Y: Image>(
        self,
        context: &Context<D>,
        weights: View<D, W>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
    ) {
        let sizes = self.sizes::<W, X, Y>(input.len());
        let to = (output.into_data(), Write::Set);
        context.device.conv2d(&sizes, Direction::Transposed, self.activation, super::split(weights), input.data(), to);
    }

    /// Computes the gradients to the weights and, unless `None`, to the input, `[I, H, W]`. `d_output`, `[O, H', W']`,
    /// is the gradient to the sums, before the activation.
    pub fn backward<D: Device, W: Kernel, X: Image, Y: Image>(
        self,
        context: &Context<D>,
        weights: View<D, W>,
        input: View<D, X>,
        d_output: View<D, Y>,
        d_weights: Grad<D, W>,
        d_input: Option<Grad<D, X>>,
    ) {
        let sizes = self.sizes::<W, X, Y>(input.len());
        let direction = Direction::Transposed;
        backward(context, &sizes, direction, weights, input.data(), d_output.data(), d_weights, d_input);
    }
}
