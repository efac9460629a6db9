//! Convolution over two dimensions: PyTorch's `Conv2d` (a cross-correlation), with `W` as [out, in / groups, kh, kw].
//!
//! `y[o, r, c] = f(b[o] + Σ W[o, i, k, l] · x[i, r·stride + k·dilation - padding, …])` over the channels `i` of `o`'s group,
//! with zeros outside of the image. Source: Dumoulin and Visin, A guide to convolution arithmetic (2016).

mod correlate;
mod cpu;
mod image;
#[cfg(test)]
mod tests;
mod weights;

use crate::device::{Device, Storage};
use crate::init::{Init, Rng};
use crate::ops::{Activation, Grad, Write};
use crate::{Pass, Plain, View, ViewMut};
use std::mem::offset_of;

/// The weights of a convolution from `I` channels (of one group) to `O`, with a kernel of `KH` by `KW`; `B` is `O`, or 0
/// without a bias.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct Conv2d<const I: usize, const O: usize, const KH: usize, const KW: usize, const B: usize = O> {
    /// One kernel for every output channel and input channel of its group.
    pub weight: [[[[f32; KW]; KH]; I]; O],
    /// One number for every output channel.
    pub bias: [f32; B],
}

// SAFETY: `repr(C)` and arrays of `f32` only.
unsafe impl<const I: usize, const O: usize, const KH: usize, const KW: usize, const B: usize> Plain
    for Conv2d<I, O, KH, KW, B>
{
    type Element = f32;
}

impl<const I: usize, const O: usize, const KH: usize, const KW: usize, const B: usize> Conv2d<I, O, KH, KW, B> {
    /// Draws the weights; fan in and out are channels times the area of the kernel.
    pub fn init(&mut self, weight: Init, bias: Init, rng: &mut Rng) {
        let (fan_in, fan_out) = (I * KH * KW, O * KH * KW);
        weight.fill(crate::plain::flat_mut(&mut self.weight), fan_in, fan_out, rng);
        bias.fill(&mut self.bias, fan_in, fan_out, rng);
    }
}

/// The settings of a convolution; pairs are of height and width.
#[derive(Clone, Copy, Debug)]
pub struct Op {
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
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
    /// See [`Op::stride`].
    pub stride: [usize; 2],
    /// See [`Op::padding`].
    pub padding: [usize; 2],
    /// See [`Op::dilation`].
    pub dilation: [usize; 2],
    /// See [`Op::groups`].
    pub groups: usize,
}

/// The kernels of convolutions.
pub trait Conv2dKernel: Storage {
    /// `y = f(W * x + b)`; `bias` is empty when the layer has none.
    fn conv2d_forward(
        &self,
        sizes: &Sizes,
        activation: Activation,
        weight: Self::Ref<'_, f32>,
        bias: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    );
    /// The gradient to the input.
    fn conv2d_backward_input(
        &self,
        sizes: &Sizes,
        weight: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
    /// The gradients to the weights and, unless `d_bias` is empty, to the bias.
    fn conv2d_backward_weights(
        &self,
        sizes: &Sizes,
        x: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        d_weight: Self::Mut<'_, f32>,
        d_bias: Self::Mut<'_, f32>,
        write: Write,
    );
}

/// An image of `C` channels.
type Image<const C: usize, const H: usize, const W: usize> = [[[f32; W]; H]; C];

impl Op {
    /// The sizes of one call, checked.
    fn sizes<const C: usize, const H: usize, const W: usize, const O: usize, const OH: usize, const OW: usize>(
        self,
        samples: usize,
        inputs_of_group: usize,
        kernel: [usize; 2],
    ) -> Sizes {
        let Op { stride, padding, dilation, groups, .. } = self;
        assert!(C == inputs_of_group * groups && O.is_multiple_of(groups), "channels of conv2d do not fit its groups");
        let size = |image, i: usize| output_size(image, kernel[i], stride[i], padding[i], dilation[i]);
        assert_eq!([OH, OW], [size(H, 0), size(W, 1)], "output of conv2d");
        Sizes {
            samples,
            inputs: C,
            outputs: O,
            image: [H, W],
            output: [OH, OW],
            kernel,
            stride,
            padding,
            dilation,
            groups,
        }
    }

    /// `output = f(W * input + b)`.
    pub fn forward<
        D: Device,
        const I: usize,
        const O: usize,
        const KH: usize,
        const KW: usize,
        const B: usize,
        const C: usize,
        const H: usize,
        const W: usize,
        const OH: usize,
        const OW: usize,
    >(
        self,
        pass: &Pass<D>,
        weights: View<D, Conv2d<I, O, KH, KW, B>>,
        input: View<D, Image<C, H, W>>,
        output: ViewMut<D, Image<O, OH, OW>>,
    ) {
        let sizes = self.sizes::<C, H, W, O, OH, OW>(input.len(), I, [KH, KW]);
        let weight = weights.field::<[[[[f32; KW]; KH]; I]; O]>(offset_of!(Conv2d<I, O, KH, KW, B>, weight)).data();
        let bias = weights.field::<[f32; B]>(offset_of!(Conv2d<I, O, KH, KW, B>, bias)).data();
        pass.device.conv2d_forward(&sizes, self.activation, weight, bias, input.data(), output.into_data());
    }

    /// The gradients to the weights and the input; `d_output` is the gradient to the sums, before the activation.
    pub fn backward<
        D: Device,
        const I: usize,
        const O: usize,
        const KH: usize,
        const KW: usize,
        const B: usize,
        const C: usize,
        const H: usize,
        const W: usize,
        const OH: usize,
        const OW: usize,
    >(
        self,
        pass: &Pass<D>,
        weights: View<D, Conv2d<I, O, KH, KW, B>>,
        input: View<D, Image<C, H, W>>,
        d_output: View<D, Image<O, OH, OW>>,
        d_weights: Grad<D, Conv2d<I, O, KH, KW, B>>,
        d_input: Option<Grad<D, Image<C, H, W>>>,
    ) {
        let sizes = self.sizes::<C, H, W, O, OH, OW>(input.len(), I, [KH, KW]);
        let (d_weight, d_bias) = D::split_mut(d_weights.to.into_data(), O * I * KH * KW);
        let write = d_weights.write;
        pass.device.conv2d_backward_weights(&sizes, input.data(), d_output.data(), d_weight, d_bias, write);
        if let Some(Grad { to, write }) = d_input {
            let weight = weights.field::<[[[[f32; KW]; KH]; I]; O]>(offset_of!(Conv2d<I, O, KH, KW, B>, weight)).data();
            pass.device.conv2d_backward_input(&sizes, weight, d_output.data(), to.into_data(), write);
        }
    }
}
