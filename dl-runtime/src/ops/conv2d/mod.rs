//! Convolution over two dimensions: PyTorch's `Conv2d` (a cross-correlation), with `W` as [out, in / groups, kh, kw]; over one,
//! `Conv1d` with `W` as [out, in / groups, k], it is that of an image of one row.
//!
//! `y[o, r, c] = f(b[o] + Σ W[o, i, k, l] · x[i, r·stride + k·dilation - padding, …])` over the channels `i` of `o`'s group,
//! with zeros outside of the image. Source: Dumoulin and Visin, A guide to convolution arithmetic (2016).
//!
//! The same kernels compute the transposed convolution (`transposed`): its forward pass is the gradient of a convolution to its
//! input, and its gradient to the input is that convolution.

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
mod transposed;
mod weights;

pub use kernel::{Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, Kernel};
pub use transposed::ConvTranspose2dOp;

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

/// Sizes and settings at run time; pairs are of height and width.
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

/// The direction in which numbers go through the windows of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From images to windows: the convolution.
    Forward,
    /// From windows to images: the gradient of a convolution to its input, and the transposed convolution.
    Transposed,
}

impl Direction {
    fn reversed(self) -> Self {
        match self {
            Direction::Forward => Direction::Transposed,
            Direction::Transposed => Direction::Forward,
        }
    }
    /// Input and output as images and windows.
    fn images_and_windows<T>(self, [input, output]: [T; 2]) -> [T; 2] {
        match self {
            Direction::Forward => [input, output],
            Direction::Transposed => [output, input],
        }
    }
}

/// The kernels of convolutions in both directions. The sizes are those of the convolution: a transposed one reads what has the
/// shape of `output`, and computes what has the shape of `image`.
pub trait Conv2dKernel: Storage {
    /// `to = f(W * from + b)`, or `f(W ⊛ from + b)` of a transposed convolution, set or added; `bias` is empty when the layer
    /// has none.
    fn conv2d(
        &self,
        sizes: &Conv2dSizes,
        direction: Direction,
        activation: Activation,
        weight_and_bias: [Self::Ref<'_, f32>; 2],
        from: Self::Ref<'_, f32>,
        to: (Self::Mut<'_, f32>, Write),
    );
    /// The gradients to the weights and, unless it is empty, to the bias of what is computed in `direction`, from its input and
    /// the gradient to its output.
    fn conv2d_weight_gradient(
        &self,
        sizes: &Conv2dSizes,
        direction: Direction,
        x: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        weight_and_bias: [Self::Mut<'_, f32>; 2],
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
    /// Channels and positions of what is computed in `direction`, which are those of its bias.
    fn computed(&self, direction: Direction) -> [usize; 2] {
        match direction {
            Direction::Forward => [self.outputs, self.output[0] * self.output[1]],
            Direction::Transposed => [self.inputs, self.image[0] * self.image[1]],
        }
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
        let to = (output.into_data(), Write::Set);
        context.device.conv2d(&sizes, Direction::Forward, self.activation, W::split(weights), input.data(), to);
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
        backward(
            context.device,
            &sizes,
            Direction::Forward,
            weights,
            input.data(),
            d_output.data(),
            d_weights,
            d_input,
        );
    }
}

/// The gradients to the weights and the input of what is computed in `direction`.
#[expect(clippy::too_many_arguments, reason = "the arguments of a backward pass, and the direction")]
fn backward<D: Device, W: Kernel, X: Image>(
    device: &D,
    sizes: &Conv2dSizes,
    direction: Direction,
    weights: View<D, W>,
    input: D::Ref<'_, f32>,
    d_output: D::Ref<'_, f32>,
    d_weights: Grad<D, W>,
    d_input: Option<Grad<D, X>>,
) {
    let (d_weight, d_bias) = D::split_mut(d_weights.to.into_data(), W::WEIGHTS);
    device.conv2d_weight_gradient(sizes, direction, input, d_output, [d_weight, d_bias], d_weights.write);
    if let Some(Grad { to, write }) = d_input {
        let [weight, _] = W::split(weights);
        let no_bias = D::slice(weight, 0..0);
        let (f, to) = (Activation::Identity, (to.into_data(), write));
        device.conv2d(sizes, direction.reversed(), f, [weight, no_bias], d_output, to);
    }
}
