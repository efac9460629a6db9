//! Separable convolution: a depthwise convolution (a kernel for each channel) followed by a pointwise one (1×1, over
//! channels), with no activation in between.
//!
//! `y = f(P * (D * x) + b)` with `D` depthwise, [m, 1, kh, kw], and `P` pointwise, [out, m, 1, 1]. It is Keras'
//! `SeparableConv2D`. Source: Chollet, "Xception: Deep learning with depthwise separable convolutions", CVPR 2017. The
//! intermediate feature map is computed again in the backward pass instead of being kept.

mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

pub use dl_core::ops::separable_conv2d::SeparableConv2d;

use crate::ops::Device;
use crate::ops::conv2d::{self, Conv2dSizes};
use crate::ops::{Activation, Image};
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, View, ViewMut};

/// The settings of a separable convolution. Pairs are (height, width) and belong to the depthwise convolution.
#[derive(Clone, Copy, Debug)]
pub struct SeparableConv2dOp {
    /// The stride of the window.
    pub stride: [usize; 2],
    /// The number of rows and columns of zeros on each side.
    pub padding: [usize; 2],
    /// The distance between the elements of the kernel.
    pub dilation: [usize; 2],
    /// The activation, which is applied to the sums in the same pass.
    pub activation: Activation,
}

/// The sizes of both convolutions: first the depthwise, then the pointwise.
pub type Both = [Conv2dSizes; 2];

/// Returns the number of depthwise weights, of pointwise weights, and the size of the intermediate feature map.
fn lengths([depthwise, pointwise]: &Both) -> [usize; 3] {
    let Conv2dSizes { samples, outputs, output, kernel, .. } = depthwise;
    let middle = samples * outputs * output[0] * output[1];
    [outputs * kernel[0] * kernel[1], pointwise.inputs * pointwise.outputs, middle]
}

/// The kernels of separable convolutions; `weights` holds the depthwise weights, the pointwise weights and the bias (if
/// any).
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
    /// Computes the gradients to the weights and, if wanted, to the input.
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
    /// Returns the sizes of one call, after checking them.
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

    /// `output = f(P * (D * input) + b)`, `[C, H, W]` → `[O, H', W']`.
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

    /// Computes the gradients to the weights and the input. `d_output` is the gradient to the sums, before the
    /// activation.
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
