//! Transposed convolution: PyTorch's `ConvTranspose2d` and `ConvTranspose1d`, with `W` as [in, out / groups, kh, kw].
//!
//! Every number of the input adds its kernel to the output: `y[o, r·stride + k·dilation - padding, …] += W[i, o, k, l] · x[i, r, c]`
//! over the channels `i` of `o`'s group, and then the bias and the activation. It is the gradient to the input of a
//! convolution, and that convolution its own: Dumoulin and Visin, A guide to convolution arithmetic (2016), chapter 4.

#[cfg(test)]
mod tests;

use super::{Conv2dOp, Conv2dSizes, Direction, Kernel, backward};
use crate::ops::{Activation, Device, Image};
use crate::tensor::{Grad, Write};
use crate::{Context, View, ViewMut};

/// The settings of a transposed convolution; pairs are of height and width. Rows and columns that a stride leaves open at
/// the end (PyTorch's `output_padding`) follow from the output's shape.
#[derive(Clone, Copy, Debug)]
pub struct ConvTranspose2dOp {
    /// Distance in the output of what neighbours in the input add.
    pub stride: [usize; 2],
    /// Rows and columns left out on each side of the output.
    pub padding: [usize; 2],
    /// Distance between the elements of the kernel.
    pub dilation: [usize; 2],
    /// Number of groups; each connects its share of the input channels with its share of the output channels.
    pub groups: usize,
    /// What is applied to the sums in the same pass.
    pub activation: Activation,
}

impl ConvTranspose2dOp {
    /// The sizes of the convolution from the output to the input.
    fn sizes<W: Kernel, X: Image, Y: Image>(self, samples: usize) -> Conv2dSizes {
        let ConvTranspose2dOp { stride, padding, dilation, groups, activation } = self;
        Conv2dSizes::new::<W, Y, X>(Conv2dOp { stride, padding, dilation, groups, activation }, samples)
    }

    /// `output = f(W ⊛ input + b)`.
    pub fn forward<D: Device, W: Kernel, X: Image, Y: Image>(
        self,
        context: &Context<D>,
        weights: View<D, W>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
    ) {
        let sizes = self.sizes::<W, X, Y>(input.len());
        let to = (output.into_data(), Write::Set);
        context.device.conv2d(&sizes, Direction::Transposed, self.activation, W::split(weights), input.data(), to);
    }

    /// The gradients to the weights and the input; `d_output` is the gradient to the sums, before the activation.
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
        let (device, direction) = (context.device, Direction::Transposed);
        backward(device, &sizes, direction, weights, input.data(), d_output.data(), d_weights, d_input);
    }
}
