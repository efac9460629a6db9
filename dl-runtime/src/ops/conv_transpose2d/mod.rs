//! Transposed convolution: PyTorch's `ConvTranspose2d` and `ConvTranspose1d`, with `W` as [in, out / groups, kh, kw].
//!
//! Every number of the input adds its kernel to the output: `y[o, r·stride + k·dilation - padding, …] += W[i, o, k, l] · x[i, r, c]`
//! over the channels `i` of `o`'s group, and then the bias and the activation. It is the gradient to the input of a
//! convolution, and that convolution its own: Dumoulin and Visin, A guide to convolution arithmetic (2016), chapter 4.

mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
#[cfg(test)]
mod tests;

use crate::ops::Device;
use crate::ops::conv2d::{self, Conv2dSizes, Kernel, conv_weights};
use crate::ops::{Activation, Image};
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, View, ViewMut};

conv_weights! {
    /// The weights of a transposed convolution from `I` channels to `O` of one group, with a kernel of `KH` by `KW`; `B` is the
    /// number of output channels of all groups, or 0 without a bias.
    ConvTranspose2d<I, O, KH, KW; B = O>: [[[[f32; KW]; KH]; O]; I], I by O, [KH, KW]
}

conv_weights! {
    /// The weights of a transposed convolution over sequences; as [`ConvTranspose2d`], with a kernel of `K`.
    ConvTranspose1d<I, O, K; B = O>: [[[f32; K]; O]; I], I by O, [1, K]
}

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

/// The kernels of transposed convolutions; `sizes` are those of the convolution whose gradient this is: from `y` to `x`.
pub trait ConvTranspose2dKernel: Storage {
    /// `y = f(W ⊛ x + b)`; `bias` is empty when the layer has none.
    fn conv_transpose2d_forward(
        &self,
        sizes: &Conv2dSizes,
        activation: Activation,
        weight: Self::Ref<'_, f32>,
        bias: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    );
    /// The gradient to the input.
    fn conv_transpose2d_backward_input(
        &self,
        sizes: &Conv2dSizes,
        weight: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
    /// The gradients to the weights and, unless `d_bias` is empty, to the bias.
    fn conv_transpose2d_backward_weights(
        &self,
        sizes: &Conv2dSizes,
        x: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        d_weight: Self::Mut<'_, f32>,
        d_bias: Self::Mut<'_, f32>,
        write: Write,
    );
}

impl ConvTranspose2dOp {
    /// The sizes of the convolution from the output to the input.
    fn sizes<W: Kernel, X: Image, Y: Image>(self, samples: usize) -> Conv2dSizes {
        let ConvTranspose2dOp { stride, padding, dilation, groups, activation } = self;
        Conv2dSizes::new::<W, Y, X>(conv2d::Conv2dOp { stride, padding, dilation, groups, activation }, samples)
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
        let (weight, bias) = W::split(weights);
        context.device.conv_transpose2d_forward(
            &sizes,
            self.activation,
            weight,
            bias,
            input.data(),
            output.into_data(),
        );
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
        let (d_weight, d_bias) = D::split_mut(d_weights.to.into_data(), W::WEIGHTS);
        let write = d_weights.write;
        context.device.conv_transpose2d_backward_weights(
            &sizes,
            input.data(),
            d_output.data(),
            d_weight,
            d_bias,
            write,
        );
        if let Some(Grad { to, write }) = d_input {
            let (weight, _) = W::split(weights);
            context.device.conv_transpose2d_backward_input(&sizes, weight, d_output.data(), to.into_data(), write);
        }
    }
}
