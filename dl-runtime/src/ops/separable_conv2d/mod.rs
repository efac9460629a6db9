//! Separable convolution: a kernel for each channel, and then sums over channels, two convolutions without anything between.
//!
//! `y = f(P * (D * x) + b)` with `D` depthwise, [m, 1, kh, kw], and `P` pointwise, [out, m, 1, 1]: Keras' `SeparableConv2D`; Chollet,
//! "Xception: Deep learning with depthwise separable convolutions", CVPR 2017. What is between is computed again in the
//! backward pass rather than kept.

mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
#[cfg(test)]
mod tests;

use crate::init::{Init, Rng};
use crate::ops::Device;
use crate::ops::conv2d::{self, Conv2d, Conv2dSizes};
use crate::ops::{Activation, Image};
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// The weights of a separable convolution to `O` channels by way of `M`, with a kernel of `KH` by `KW`; `B` is `O`, or 0
/// without a bias.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct SeparableConv2d<const M: usize, const O: usize, const KH: usize, const KW: usize, const B: usize = O> {
    /// A kernel for each channel, or several.
    pub depthwise: Conv2d<1, M, KH, KW, 0>,
    /// The sums over channels.
    pub pointwise: Conv2d<M, O, 1, 1, B>,
}

// SAFETY: `repr(C)` and plain layers of `f32` only.
unsafe impl<const M: usize, const O: usize, const KH: usize, const KW: usize, const B: usize> Pod
    for SeparableConv2d<M, O, KH, KW, B>
{
    type Element = f32;
}

impl<const M: usize, const O: usize, const KH: usize, const KW: usize, const B: usize>
    SeparableConv2d<M, O, KH, KW, B>
{
    /// Draws the weights of both, each by its own fan in and out.
    pub fn init(&mut self, weight: Init, bias: Init, rng: &mut Rng) {
        self.depthwise.init(weight, bias, rng);
        self.pointwise.init(weight, bias, rng);
    }
}

/// The settings of a separable convolution; pairs are of height and width, and of the depthwise part.
#[derive(Clone, Copy, Debug)]
pub struct SeparableConv2dOp {
    /// Steps of the window.
    pub stride: [usize; 2],
    /// Rows and columns of zeros on each side.
    pub padding: [usize; 2],
    /// Distance between the elements of the kernel.
    pub dilation: [usize; 2],
    /// What is applied to the sums in the same pass.
    pub activation: Activation,
}

/// The sizes of both convolutions: depthwise, pointwise.
pub type Both = [Conv2dSizes; 2];

/// Numbers of the depthwise weights, of the pointwise ones, and of what is between.
fn lengths([depthwise, pointwise]: &Both) -> [usize; 3] {
    let Conv2dSizes { samples, outputs, output, kernel, .. } = depthwise;
    let middle = samples * outputs * output[0] * output[1];
    [outputs * kernel[0] * kernel[1], pointwise.inputs * pointwise.outputs, middle]
}

/// The kernels of separable convolutions; weights are depthwise, pointwise and bias (or none), one after the other.
pub trait SeparableConv2dKernel: Storage {
    /// `y = f(P * (D * x) + b)`.
    fn separable_conv2d_forward(
        &self,
        sizes: &Both,
        activation: Activation,
        weights: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    );
    /// The gradients to the weights and to the input, if there is one.
    fn separable_conv2d_backward(
        &self,
        sizes: &Both,
        weights: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        d_weights: (Self::Mut<'_, f32>, Write),
        dx: Option<(Self::Mut<'_, f32>, Write)>,
    );
}

impl SeparableConv2dOp {
    /// The sizes of one call, checked.
    fn sizes<X: Image, Y: Image>(self, samples: usize, middle: usize, kernel: [usize; 2]) -> Both {
        let SeparableConv2dOp { stride, padding, dilation, .. } = self;
        let size = |i: usize| conv2d::output_size(X::SIZE[i], kernel[i], stride[i], padding[i], dilation[i]);
        assert_eq!(Y::SIZE, [size(0), size(1)], "output of a separable convolution");
        assert!(middle.is_multiple_of(X::CHANNELS), "channels of a separable convolution");
        let (inputs, image, output) = (X::CHANNELS, X::SIZE, Y::SIZE);
        let depthwise = Conv2dSizes {
            samples,
            inputs,
            outputs: middle,
            image,
            output,
            kernel,
            stride,
            padding,
            dilation,
            groups: inputs,
        };
        let (kernel, stride, padding, dilation) = ([1; 2], [1; 2], [0; 2], [1; 2]);
        let (inputs, outputs, image) = (middle, Y::CHANNELS, Y::SIZE);
        [
            depthwise,
            Conv2dSizes { samples, inputs, outputs, image, output, kernel, stride, padding, dilation, groups: 1 },
        ]
    }

    /// `output = f(P * (D * input) + b)`.
    pub fn forward<
        D: Device,
        X: Image,
        Y: Image,
        const M: usize,
        const O: usize,
        const H: usize,
        const W: usize,
        const B: usize,
    >(
        self,
        context: &Context<D>,
        weights: View<D, SeparableConv2d<M, O, H, W, B>>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
    ) {
        let sizes = self.sizes::<X, Y>(input.len(), M, [H, W]);
        let (weights, x, y) = (weights.data(), input.data(), output.into_data());
        context.device.separable_conv2d_forward(&sizes, self.activation, weights, x, y);
    }

    /// The gradients to the weights and the input; `d_output` is the gradient to the sums, before the activation.
    pub fn backward<
        D: Device,
        X: Image,
        Y: Image,
        const M: usize,
        const O: usize,
        const H: usize,
        const W: usize,
        const B: usize,
    >(
        self,
        context: &Context<D>,
        weights: View<D, SeparableConv2d<M, O, H, W, B>>,
        input: View<D, X>,
        d_output: View<D, Y>,
        d_weights: Grad<D, SeparableConv2d<M, O, H, W, B>>,
        d_input: Option<Grad<D, X>>,
    ) {
        let sizes = self.sizes::<X, Y>(input.len(), M, [H, W]);
        let d_weights = (d_weights.to.into_data(), d_weights.write);
        let d_input = d_input.map(|Grad { to, write }| (to.into_data(), write));
        let (x, dy) = (input.data(), d_output.data());
        context.device.separable_conv2d_backward(&sizes, weights.data(), x, dy, d_weights, d_input);
    }
}
