//! Convolution over two dimensions: PyTorch's `Conv2d` (a cross-correlation), with `W` as [out, in / groups, kh, kw]; over one,
//! `Conv1d` with `W` as [out, in / groups, k], it is that of an image of one row.
//!
//! `y[o, r, c] = f(b[o] + Σ W[o, i, k, l] · x[i, r·stride + k·dilation - padding, …])` over the channels `i` of `o`'s group,
//! with zeros outside of the image. Source: Dumoulin and Visin, A guide to convolution arithmetic (2016).

mod correlate;
mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod image;
mod kernel;
#[cfg(test)]
pub(in crate::ops) mod tests;
#[cfg(feature = "cuda")]
mod tiles;
mod weights;

pub(in crate::ops) use cpu::{correlate, transposed};
pub(in crate::ops) use kernel::weights as conv_weights;
pub use kernel::{Conv1d, Conv2d, Kernel};
pub(in crate::ops) use weights::{bias_gradient, weight_gradient};

use crate::ops::Activation;
use crate::ops::Device;
use crate::ops::image::Image;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, View, ViewMut};

/// The settings of a convolution; pairs are of height and width.
#[derive(Clone, Copy, Debug)]
pub struct Conv2dOp {
    /// Steps of the window.
    pub stride: [usize; 2],
    /// Rows and columns of zeros on each side.
    pub padding: [usize; 2],
    /// Distance between the elements of the kernel.
    pub dilation: [usize; 2],
    /// Number of groups; each connects its share of the input channels with its share of the output channels.
    pub groups: usize,
    /// What is applied to the sums in the same pass.
    pub activation: Activation,
}

/// The length of an output dimension: how many windows fit.
pub const fn output_size(size: usize, kernel: usize, stride: usize, padding: usize, dilation: usize) -> usize {
    let padded = size + 2 * padding;
    let window = dilation * (kernel - 1) + 1;
    if padded < window { 0 } else { (padded - window) / stride + 1 }
}

/// Conv2dSizes and settings at run time; pairs are of height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conv2dSizes {
    /// Batch size.
    pub samples: usize,
    /// Input channels, of all groups.
    pub inputs: usize,
    /// Output channels, of all groups.
    pub outputs: usize,
    /// The input image.
    pub image: [usize; 2],
    /// The output image.
    pub output: [usize; 2],
    /// The kernel.
    pub kernel: [usize; 2],
    /// See [`Conv2dOp::stride`].
    pub stride: [usize; 2],
    /// See [`Conv2dOp::padding`].
    pub padding: [usize; 2],
    /// See [`Conv2dOp::dilation`].
    pub dilation: [usize; 2],
    /// See [`Conv2dOp::groups`].
    pub groups: usize,
}

/// The kernels of convolutions.
pub trait Conv2dKernel: Storage {
    /// `y = f(W * x + b)`; `bias` is empty when the layer has none.
    fn conv2d_forward(
        &self,
        sizes: &Conv2dSizes,
        activation: Activation,
        weight: Self::Ref<'_, f32>,
        bias: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    );
    /// The gradient to the input.
    fn conv2d_backward_input(
        &self,
        sizes: &Conv2dSizes,
        weight: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
    /// The gradients to the weights and, unless `d_bias` is empty, to the bias.
    fn conv2d_backward_weights(
        &self,
        sizes: &Conv2dSizes,
        x: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        d_weight: Self::Mut<'_, f32>,
        d_bias: Self::Mut<'_, f32>,
        write: Write,
    );
}

impl Conv2dSizes {
    /// The sizes of one call, checked.
    pub(crate) fn new<W: Kernel, X: Image, Y: Image>(op: Conv2dOp, samples: usize) -> Self {
        let Conv2dOp { stride, padding, dilation, groups, .. } = op;
        let (image, kernel) = (X::SIZE, W::SIZE);
        assert!(
            X::CHANNELS == W::COLUMNS * groups && Y::CHANNELS == W::ROWS && W::ROWS.is_multiple_of(groups),
            "channels of a convolution do not fit its groups"
        );
        let size = |i: usize| output_size(image[i], kernel[i], stride[i], padding[i], dilation[i]);
        assert_eq!(Y::SIZE, [size(0), size(1)], "output of a convolution");
        let (inputs, outputs, output) = (X::CHANNELS, Y::CHANNELS, Y::SIZE);
        Conv2dSizes { samples, inputs, outputs, image, output, kernel, stride, padding, dilation, groups }
    }
}

impl Conv2dOp {
    /// `output = f(W * input + b)`.
    pub fn forward<D: Device, W: Kernel, X: Image, Y: Image>(
        self,
        context: &Context<D>,
        weights: View<D, W>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
    ) {
        let sizes = Conv2dSizes::new::<W, X, Y>(self, input.len());
        let (weight, bias) = W::split(weights);
        context.device.conv2d_forward(&sizes, self.activation, weight, bias, input.data(), output.into_data());
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
        let sizes = Conv2dSizes::new::<W, X, Y>(self, input.len());
        let (d_weight, d_bias) = D::split_mut(d_weights.to.into_data(), W::WEIGHTS);
        let write = d_weights.write;
        context.device.conv2d_backward_weights(&sizes, input.data(), d_output.data(), d_weight, d_bias, write);
        if let Some(Grad { to, write }) = d_input {
            let (weight, _) = W::split(weights);
            context.device.conv2d_backward_input(&sizes, weight, d_output.data(), to.into_data(), write);
        }
    }
}
