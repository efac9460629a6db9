//! Causal convolution of a sequence: each element of the output sees the element of the input at its place and those before it.
//!
//! It is PyTorch's `Conv1d` of a sequence that is padded with `(k - 1)·dilation` zeros on its left side alone, the layer of WaveNet.
//! Source: van den Oord et al., "WaveNet: a generative model for raw audio" (2016), section 2.1.

use super::{Conv2dSizes, Direction, Kernel, backward};
use crate::ops::{Activation, Device, Image};
use crate::tensor::{Grad, Write};
use crate::{Context, View, ViewMut};

/// The settings of a causal convolution.
#[derive(Clone, Copy, Debug)]
pub struct CausalConv1dOp {
    /// The step of the window.
    pub stride: usize,
    /// The distance between neighbouring elements of the kernel.
    pub dilation: usize,
    /// The number of groups, as of [`Conv2dOp`](super::Conv2dOp).
    pub groups: usize,
    /// The activation, which is applied to the sums in the same pass.
    pub activation: Activation,
}

impl CausalConv1dOp {
    /// Returns the sizes of one call: as many zeros as on the left side would fit on the right, but no window reads them.
    pub(super) fn sizes<W: Kernel, X: Image, Y: Image>(self, samples: usize) -> Conv2dSizes {
        let CausalConv1dOp { stride, dilation, groups, .. } = self;
        let ([_, length], kernel) = (X::SIZE, W::SIZE);
        assert!(
            X::CHANNELS == W::COLUMNS * groups && Y::CHANNELS == W::ROWS && W::ROWS.is_multiple_of(groups),
            "channels of a convolution do not fit its groups"
        );
        assert_eq!(Y::SIZE, [1, length.div_ceil(stride)], "output of a causal convolution");
        Conv2dSizes {
            samples,
            inputs: X::CHANNELS,
            outputs: Y::CHANNELS,
            image: X::SIZE,
            output: Y::SIZE,
            kernel,
            stride: [1, stride],
            padding: [0, (kernel[1] - 1) * dilation],
            dilation: [1, dilation],
            groups,
        }
    }

    /// `output = f(W * input + b)`, `[I, L]` → `[O, L']` with `L' = ⌈L / stride⌉`.
    pub fn forward<D: Device, W: Kernel, X: Image, Y: Image>(
        self,
        context: &Context<D>,
        weights: View<D, W>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
    ) {
        let sizes = self.sizes::<W, X, Y>(input.len());
        let to = (output.into_data(), Write::Set);
        context.device.conv2d(&sizes, Direction::Forward, self.activation, super::split(weights), input.data(), to);
    }

    /// Computes the gradients to the weights and, unless `None`, to the input. `d_output` is the gradient to the sums, before the
    /// activation.
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
        let direction = Direction::Forward;
        backward(context, &sizes, direction, weights, input.data(), d_output.data(), d_weights, d_input);
    }
}
