//! Sums, means and largest numbers over some axes of a sample, and their opposite, the repetition along axes.
//!
//! | operation | `y` | gradient |
//! |---|---|---|
//! | [`Sum`] | `scale·Σ x`; a mean with `scale` 1/n | `dx = scale·dy`, repeated |
//! | [`Max`] | the largest `x` | `dy` to the largest, in equal parts where there are several (PyTorch's `amax`) |
//!
//! An axis is reduced where the output has size 1; shapes are given with these ones, whatever the type of the output.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(test)]
mod tests;

use super::axes::len;
use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// The shapes of a reduction.
#[derive(Clone, Copy, Debug)]
pub struct Shapes {
    /// Of an input sample.
    pub from: &'static [usize],
    /// Of an output sample: of the same rank (leading ones may be left out), with size 1 along the axes that are reduced.
    pub to: &'static [usize],
}

/// `scale·Σ x` over some axes.
#[derive(Clone, Copy, Debug)]
pub struct Sum {
    /// What is reduced.
    pub shapes: Shapes,
    /// 1 for a sum, 1/n for a mean.
    pub scale: f32,
}

/// The largest number over some axes; NaN where there is one.
#[derive(Clone, Copy, Debug)]
pub struct Max {
    /// What is reduced.
    pub shapes: Shapes,
}

/// The kernels of reductions.
pub trait ReduceKernel: Storage {
    /// `y = scale·Σ x` over the axes that `y` lacks, set or added.
    fn reduce_sum(&self, s: Shapes, scale: f32, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>, write: Write);
    /// `x = scale·y`, repeated along the axes that `y` lacks, set or added.
    fn expand(&self, s: Shapes, scale: f32, y: Self::Ref<'_, f32>, x: Self::Mut<'_, f32>, write: Write);
    /// `y` = the largest `x` over the axes that `y` lacks.
    fn reduce_max(&self, s: Shapes, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// `dx = dy/n` where `x` is one of the `n` that are as large as `y`, else 0; set or added.
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

impl Shapes {
    /// Checks that types and settings speak of the same shapes.
    fn assert_sizes<S: Pod, O: Pod>(self) {
        assert!(S::LEN == len(self.from) && O::LEN == len(self.to), "sizes of a reduction");
    }
}

impl Sum {
    /// `output = scale·Σ input`.
    pub fn forward<D: Device, S: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: ViewMut<D, O>,
    ) {
        self.forward_to(context, input, Grad::set(output));
    }
    /// [`Sum::forward`], set or added: the gradient to what was repeated is a sum.
    pub(crate) fn forward_to<D: Device, S: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: Grad<D, O>,
    ) {
        self.shapes.assert_sizes::<S, O>();
        context.device.reduce_sum(self.shapes, self.scale, input.data(), output.to.into_data(), output.write);
    }
    /// The gradient to the input; nothing is kept.
    pub fn backward<D: Device, S: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        d_output: View<D, O>,
        d_input: Grad<D, S>,
    ) {
        self.shapes.assert_sizes::<S, O>();
        context.device.expand(self.shapes, self.scale, d_output.data(), d_input.to.into_data(), d_input.write);
    }
}

impl Max {
    /// `output = max input`.
    pub fn forward<D: Device, S: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: ViewMut<D, O>,
    ) {
        self.shapes.assert_sizes::<S, O>();
        context.device.reduce_max(self.shapes, input.data(), output.into_data());
    }
    /// The gradient to the input, from input and output.
    pub fn backward<D: Device, S: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: View<D, O>,
        d_output: View<D, O>,
        d_input: Grad<D, S>,
    ) {
        self.shapes.assert_sizes::<S, O>();
        let Grad { to, write } = d_input;
        let (x, y, dy) = (input.data(), output.data(), d_output.data());
        context.device.reduce_max_backward(self.shapes, x, y, dy, to.into_data(), write);
    }
}
