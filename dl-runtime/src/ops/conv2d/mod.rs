//! Convolution in two dimensions, PyTorch's `Conv2d` (a cross-correlation), with weights `W` of shape
//! [out, in / groups, kh, kw]. `Conv1d`, with `W` of shape [out, in / groups, k], treats a sequence as an image of one
//! row.
//!
//! `y[o, r, c] = f(b[o] + Σ W[o, i, k, l] · x[i, r·stride + k·dilation - padding, …])`, summed over the input channels
//! `i` of `o`'s group and the elements `k, l` of the kernel. The image is padded with zeros. Source: Dumoulin and
//! Visin, A guide to convolution arithmetic (2016).
//!
//! The same kernels compute the transposed convolution (`transposed`): its forward pass is the gradient of a
//! convolution to its input, and its gradient to the input is that convolution.

mod blocked;
mod causal;
mod correlate;
mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod depthwise;
mod image;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
mod reversed;
#[cfg(test)]
pub(in crate::ops) mod tests;
#[cfg(feature = "cuda")]
mod tiles;
mod transposed;
mod weights;

pub use causal::CausalConv1dOp;
pub use dl_core::ops::conv2d::{Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, Kernel};
pub use transposed::ConvTranspose2dOp;

use crate::ops::batch_norm::{BatchNormKernel, BatchNormOp, BatchNormSizes, RunningNorm};
use crate::ops::channel_blocks::AnyImage;
use crate::ops::{Activation, Device, Image};
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, View, ViewMut};

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
    /// The activation, which is applied to the sums in the same pass.
    pub activation: Activation,
}

/// Returns the length of an output dimension, which is the number of windows that fit.
pub const fn output_size(size: usize, kernel: usize, stride: usize, padding: usize, dilation: usize) -> usize {
    let padded = size + 2 * padding;
    let window = dilation * (kernel - 1) + 1;
    if padded < window { 0 } else { (padded - window) / stride + 1 }
}

/// The sizes and settings of one call. Each pair is [height, width].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conv2dSizes {
    /// The batch size.
    pub samples: usize,
    /// The number of input channels of all groups.
    pub inputs: usize,
    /// The number of output channels of all groups.
    pub outputs: usize,
    /// The size of the input image.
    pub image: [usize; 2],
    /// The size of the output image.
    pub output: [usize; 2],
    /// The size of the kernel.
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

/// The direction of a convolution: from the input image to the output (one element for each window), or the reverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the input image to the output: the convolution.
    Forward,
    /// From the output to the input image: the gradient of a convolution to its input, and the transposed convolution.
    Transposed,
}

impl Direction {
    /// Returns the direction of the gradient to the input.
    fn reversed(self) -> Self {
        match self {
            Direction::Forward => Direction::Transposed,
            Direction::Transposed => Direction::Forward,
        }
    }
    /// Returns, of an operation's input and output, first the one with the shape of the convolution's input image, then
    /// the one with an element for each window.
    fn images_and_windows<T>(self, [input, output]: [T; 2]) -> [T; 2] {
        match self {
            Direction::Forward => [input, output],
            Direction::Transposed => [output, input],
        }
    }
}

/// The kernels of convolutions in both directions. The sizes are always those of the forward convolution: the
/// transposed convolution reads a tensor of the shape of `output`, and computes one of the shape of `image`.
pub trait Conv2dKernel: Storage + BatchNormKernel {
    /// `to = f(W * from + b)`, or `to = f(W ⊛ from + b)` for a transposed convolution, or `+=` with [`Write::Add`]. The
    /// bias is empty when the layer has none.
    fn conv2d(
        &self,
        sizes: &Conv2dSizes,
        direction: Direction,
        activation: Activation,
        weight_and_bias: [Self::Ref<'_, f32>; 2],
        from: Self::Ref<'_, f32>,
        to: (Self::Mut<'_, f32>, Write),
    );
    /// `to = f(norm(W * from + b) + summand)`, without the summand if there is none: three operations of inference in one pass.
    #[expect(clippy::too_many_arguments, reason = "the arguments of three operations")]
    fn conv2d_normalised(
        &self,
        sizes: &Conv2dSizes,
        norm: RunningNorm<'_, Self>,
        activation: Activation,
        weight_and_bias: [Self::Ref<'_, f32>; 2],
        from: Self::Ref<'_, f32>,
        summand: Option<Self::Ref<'_, f32>>,
        mut to: Self::Mut<'_, f32>,
    ) {
        let write = (Self::reborrow(&mut to), Write::Set);
        self.conv2d(sizes, Direction::Forward, Activation::Identity, weight_and_bias, from, write);
        let [_, pixels] = sizes.computed(Direction::Forward);
        let of_norm = BatchNormSizes { channels: sizes.outputs, spatial_size: pixels };
        let (op, [weights, statistics]) = (BatchNormOp { activation, ..norm.op }, norm.parts(sizes.outputs));
        self.batch_norm_by_in_place(op, of_norm, weights, statistics, summand, to);
    }
    /// `to = f(norm(W * from + b) + summand)`, without what is `None`, where `to` and the summand are in blocks of channels, and so
    /// is `from` if `from_blocks`. There is no summand without a norm. `prepared` is [`Context::prepared`]. A device without blocks calls
    /// its other kernels.
    #[expect(clippy::too_many_arguments, reason = "the arguments of three operations")]
    fn conv2d_blocked(
        &self,
        sizes: &Conv2dSizes,
        _from_blocks: bool,
        _prepared: Option<&Self::Prepared>,
        norm: Option<RunningNorm<'_, Self>>,
        activation: Activation,
        weight_and_bias: [Self::Ref<'_, f32>; 2],
        from: Self::Ref<'_, f32>,
        summand: Option<Self::Ref<'_, f32>>,
        to: Self::Mut<'_, f32>,
    ) {
        match norm {
            Some(norm) => self.conv2d_normalised(sizes, norm, activation, weight_and_bias, from, summand, to),
            None => self.conv2d(sizes, Direction::Forward, activation, weight_and_bias, from, (to, Write::Set)),
        }
    }
    /// Computes the gradients to the weights and, unless it is empty, to the bias, of the operation in `direction`,
    /// from its input `x` and the gradient `dy` to its output.
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

/// Splits the weights of a convolution into kernels and bias.
pub(in crate::ops) fn split<D: Storage, W: Kernel>(weights: View<'_, D, W>) -> [D::Ref<'_, f32>; 2] {
    let data = weights.data();
    [D::slice(data, 0..W::WEIGHTS), D::slice(data, W::WEIGHTS..W::LEN)]
}

/// Returns whether an output of a convolution is in blocks of channels. Panics if the input alone is.
fn blocked<X: AnyImage, Y: AnyImage>() -> bool {
    assert!(Y::BLOCKED || !X::BLOCKED, "a convolution from blocks of channels has an output in blocks");
    Y::BLOCKED
}

impl Conv2dSizes {
    /// Returns the sizes of one call. Panics unless the types have the sizes that follow from the settings.
    pub(crate) fn new<W: Kernel, X: AnyImage, Y: AnyImage>(op: Conv2dOp, samples: usize) -> Self {
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
    /// Returns the number of output channels of the operation in `direction`, and the number of pixels of each.
    fn computed(&self, direction: Direction) -> [usize; 2] {
        match direction {
            Direction::Forward => [self.outputs, self.output[0] * self.output[1]],
            Direction::Transposed => [self.inputs, self.image[0] * self.image[1]],
        }
    }
}

impl Conv2dOp {
    /// `output = f(W * input + b)`, `[I, H, W]` → `[O, H', W']` (sequences `[I, L]` → `[O, L']`), where [`output_size`]
    /// gives `H'` and `W'`. At inference, the output may be in blocks of channels, and then the input, too.
    pub fn forward<D: Device, W: Kernel, X: AnyImage, Y: AnyImage>(
        self,
        context: &Context<D>,
        weights: View<D, W>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
    ) {
        let sizes = Conv2dSizes::new::<W, X, Y>(self, input.len());
        let (f, weights, x, y) = (self.activation, split(weights), input.data(), output.into_data());
        let (device, prepared) = (context.device, context.prepared);
        if blocked::<X, Y>() {
            return device.conv2d_blocked(&sizes, X::BLOCKED, prepared, None, f, weights, x, None, y);
        }
        device.conv2d(&sizes, Direction::Forward, f, weights, x, (y, Write::Set));
    }

    /// `output = f(norm(W * input + b) + summand)` with the shapes of [`Conv2dOp::forward`], without the summand if it is `None`.
    pub fn infer<D: Device, W: Kernel, X: AnyImage, Y: AnyImage>(
        self,
        context: &Context<D>,
        weights: View<D, W>,
        norm: RunningNorm<D>,
        input: View<D, X>,
        summand: Option<View<D, Y>>,
        output: ViewMut<D, Y>,
    ) {
        let sizes = Conv2dSizes::new::<W, X, Y>(self, input.len());
        let (summand, to) = (summand.map(|summand| summand.data()), output.into_data());
        let (f, weights, x) = (self.activation, split(weights), input.data());
        let (device, prepared) = (context.device, context.prepared);
        if blocked::<X, Y>() {
            return device.conv2d_blocked(&sizes, X::BLOCKED, prepared, Some(norm), f, weights, x, summand, to);
        }
        device.conv2d_normalised(&sizes, norm, f, weights, x, summand, to);
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
        let sizes = Conv2dSizes::new::<W, X, Y>(self, input.len());
        backward(context, &sizes, Direction::Forward, weights, input.data(), d_output.data(), d_weights, d_input);
    }
}

/// Computes the gradients to the weights and the input of the operation in `direction`.
#[expect(clippy::too_many_arguments, reason = "the arguments of a backward pass, and the direction")]
fn backward<D: Device, W: Kernel, X: Image>(
    context: &Context<D>,
    sizes: &Conv2dSizes,
    direction: Direction,
    weights: View<D, W>,
    input: D::Ref<'_, f32>,
    d_output: D::Ref<'_, f32>,
    d_weights: Grad<D, W>,
    d_input: Option<Grad<D, X>>,
) {
    let device = context.device;
    if !context.frozen.all::<D>(weights.data()) {
        let (d_weight, d_bias) = D::split_mut(d_weights.to.into_data(), W::WEIGHTS);
        device.conv2d_weight_gradient(sizes, direction, input, d_output, [d_weight, d_bias], d_weights.write);
    }
    if let Some(Grad { to, write }) = d_input {
        let [weight, _] = split(weights);
        let no_bias = D::slice(weight, 0..0);
        let (f, to) = (Activation::Identity, (to.into_data(), write));
        device.conv2d(sizes, direction.reversed(), f, [weight, no_bias], d_output, to);
    }
}
