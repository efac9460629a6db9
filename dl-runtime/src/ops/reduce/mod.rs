//! Sums, means and maxima over some axes of a sample, and their opposite, the repetition along axes.
//!
//! | operation | `y` | gradient |
//! |---|---|---|
//! | [`Sum`] | `scale·Σ x`; a mean with `scale` 1/n | `dx = scale·dy`, repeated |
//! | [`Max`] | the largest `x` | `dy` to the largest, in equal parts where there are several (PyTorch's `amax`) |
//!
//! An axis is reduced if the output has size 1 there. Shapes are always given with these axes of size 1, whatever the
//! type of the output.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

pub use dl_core::ops::reduce::Shapes;

use super::axes::len;
use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// `scale·Σ x` over some axes.
#[derive(Clone, Copy, Debug)]
pub struct Sum {
    /// The shapes of the input and the output.
    pub shapes: Shapes,
    /// The factor of the sum: 1 for a sum, 1/n for a mean.
    pub scale: f32,
}

/// The maximum over some axes; NaN if there is one.
#[derive(Clone, Copy, Debug)]
pub struct Max {
    /// The shapes of the input and the output.
    pub shapes: Shapes,
}

/// The kernels of reductions.
pub trait ReduceKernel: Storage {
    /// `y = scale·Σ x` over the reduced axes, or `+=` with [`Write::Add`].
    fn reduce_sum(&self, s: Shapes, scale: f32, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>, write: Write);
    /// `x = scale·y`, repeated along the reduced axes, or `+=` with [`Write::Add`].
    fn expand(&self, s: Shapes, scale: f32, y: Self::Ref<'_, f32>, x: Self::Mut<'_, f32>, write: Write);
    /// `y` = the largest `x` over the reduced axes.
    fn reduce_max(&self, s: Shapes, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// `dx = dy/n` where `x` is one of the `n` elements that equal `y`, else 0; or `+=` with [`Write::Add`].
    fn reduce_max_backward(
        &self,
        s: Shapes,
        x: Self::Ref<'_, f32>,
        y: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
}

/// Checks that the types have the sizes of the settings.
fn assert_sizes<S: Pod, O: Pod>(shapes: Shapes) {
    assert!(S::LEN == len(shapes.from) && O::LEN == len(shapes.to), "sizes of a reduction");
}

impl Sum {
    /// `output = scale·Σ input`, `shapes.from` → `shapes.to`.
    pub fn forward<D: Device, S: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: ViewMut<D, O>,
    ) {
        self.forward_to(context, input, Grad::set(output));
    }
    /// Does the same as [`Sum::forward`], and can add to the output: the gradient to a repeated value is a sum.
    pub(crate) fn forward_to<D: Device, S: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: Grad<D, O>,
    ) {
        assert_sizes::<S, O>(self.shapes);
        context.device.reduce_sum(self.shapes, self.scale, input.data(), output.to.into_data(), output.write);
    }
    /// Computes the gradient to the input, for which no value of the forward pass is needed.
    pub fn backward<D: Device, S: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        d_output: View<D, O>,
        d_input: Grad<D, S>,
    ) {
        assert_sizes::<S, O>(self.shapes);
        context.device.expand(self.shapes, self.scale, d_output.data(), d_input.to.into_data(), d_input.write);
    }
}

impl Max {
    /// `output = max input`, `shapes.from` → `shapes.to`.
    pub fn forward<D: Device, S: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: ViewMut<D, O>,
    ) {
        assert_sizes::<S, O>(self.shapes);
        context.device.reduce_max(self.shapes, input.data(), output.into_data());
    }
    /// Computes the gradient to the input, from input and output.
    pub fn backward<D: Device, S: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: View<D, O>,
        d_output: View<D, O>,
        d_input: Grad<D, S>,
    ) {
        assert_sizes::<S, O>(self.shapes);
        let Grad { to, write } = d_input;
        let (x, y, dy) = (input.data(), output.data(), d_output.data());
        context.device.reduce_max_backward(self.shapes, x, y, dy, to.into_data(), write);
    }
}
