//! Softmax over the features of `[C]`, or over the channels of `[C, H, W]` at every place (PyTorch's `dim=1`):
//! `y_c = e^(x_c) / Σ e^x`, with gradient `dx = y·(dy - Σ dy·y)`.
//!
//! The largest input is taken away before the exponentials, so that none overflows.

mod cpu;
#[cfg(test)]
mod tests;

use crate::device::{Device, Storage};
use crate::ops::{Grad, Write};
use crate::{Pass, Plain, View, ViewMut};

/// The settings of softmax: none.
#[derive(Clone, Copy, Debug)]
pub struct Op {}

/// Sizes at run time: data lies as [samples, classes, places].
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Numbers that sum to 1.
    pub classes: usize,
    /// Neighbours in memory that belong to different sums.
    pub places: usize,
}

/// The kernels of softmax; the number of samples follows from the lengths.
pub trait SoftmaxKernel: Storage {
    /// `y = softmax(x)`.
    fn softmax_forward(&self, sizes: Sizes, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// `x = softmax(x)`.
    fn softmax_forward_in_place(&self, sizes: Sizes, x: Self::Mut<'_, f32>);
    /// `dx = y·(dy - Σ dy·y)`, set or added.
    fn softmax_backward(
        &self,
        sizes: Sizes,
        y: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
    /// `d = y·(d - Σ d·y)`.
    fn softmax_backward_in_place(&self, sizes: Sizes, y: Self::Ref<'_, f32>, d: Self::Mut<'_, f32>);
}

impl Op {
    /// `output = softmax(input)`.
    pub fn forward<D: Device, T: Plain<Element = f32>, const C: usize>(
        self,
        pass: &Pass<D>,
        input: View<D, [T; C]>,
        output: ViewMut<D, [T; C]>,
    ) {
        pass.device.softmax_forward(Sizes { classes: C, places: T::LEN }, input.data(), output.into_data());
    }
    /// `value = softmax(value)`.
    pub fn forward_in_place<D: Device, T: Plain<Element = f32>, const C: usize>(
        self,
        pass: &Pass<D>,
        value: ViewMut<D, [T; C]>,
    ) {
        pass.device.softmax_forward_in_place(Sizes { classes: C, places: T::LEN }, value.into_data());
    }
    /// The gradient to the input, from the output.
    pub fn backward<D: Device, T: Plain<Element = f32>, const C: usize>(
        self,
        pass: &Pass<D>,
        output: View<D, [T; C]>,
        d_output: View<D, [T; C]>,
        d_input: Grad<D, [T; C]>,
    ) {
        let sizes = Sizes { classes: C, places: T::LEN };
        let Grad { to, write } = d_input;
        pass.device.softmax_backward(sizes, output.data(), d_output.data(), to.into_data(), write);
    }
    /// The gradient to the input, over the gradient to the output.
    pub fn backward_in_place<D: Device, T: Plain<Element = f32>, const C: usize>(
        self,
        pass: &Pass<D>,
        output: View<D, [T; C]>,
        d: ViewMut<D, [T; C]>,
    ) {
        pass.device.softmax_backward_in_place(Sizes { classes: C, places: T::LEN }, output.data(), d.into_data());
    }
}
