//! Reductions over the time of sequences, one row for each sample, and the reverse.
//!
//! | operation | `y` | gradient |
//! |---|---|---|
//! | [`OverTime::First`], [`OverTime::Last`] | the first or last row | `dy` to that row |
//! | [`OverTime::Sum`], [`OverTime::Mean`] | the sum or mean of the rows | `dy`, or `dy/T`, to every row |
//! | [`MaxOverTimeOp`] | the largest number of each feature | `dy` to the largest, in equal parts where there are several (PyTorch's `amax`) |
//! | [`EachRow`] | for every row, that of its sample | the sum of the rows of `dy` |
//!
//! A sample without rows gives zeros.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

use crate::ops::Device;
use crate::tensor::{Grad, Rows, Sequences, Storage, Write};
use crate::{Context, View, ViewMut};

/// A linear function of the rows of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverTime {
    /// The first row.
    First,
    /// The last row.
    Last,
    /// The sum of all rows.
    Sum,
    /// The mean of all rows.
    Mean,
}

/// The row of a sample, repeated for each row of a sequence.
#[derive(Clone, Copy, Debug)]
pub struct EachRow {}

/// The maximum over the rows of a sample, for each feature.
#[derive(Clone, Copy, Debug)]
pub struct MaxOverTimeOp {}

/// The kernels of reductions over time; a row has `row` numbers.
pub trait OverTimeKernel: Storage {
    /// `y` has one row for each sample; set or added.
    fn over_time(
        &self,
        function: OverTime,
        sequences: Sequences<'_, Self>,
        row: usize,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
        write: Write,
    );
    /// `dx` is set or added to.
    fn over_time_backward(
        &self,
        function: OverTime,
        sequences: Sequences<'_, Self>,
        row: usize,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
    /// `y` has the largest numbers of each sample; NaN where there is one.
    fn max_over_time(&self, sequences: Sequences<'_, Self>, row: usize, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    #[allow(clippy::too_many_arguments, reason = "what the formula has")]
    /// `dx = dy/n` where `x` is one of the `n` numbers that equal `y`, else 0; set or added.
    fn max_over_time_backward(
        &self,
        sequences: Sequences<'_, Self>,
        row: usize,
        x: Self::Ref<'_, f32>,
        y: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
}

impl OverTime {
    /// Returns the factor of row `t` of a sample with `rows` rows.
    fn factor(self, t: usize, rows: usize) -> f32 {
        match self {
            OverTime::First => f32::from(u8::from(t == 0)),
            OverTime::Last => f32::from(u8::from(t + 1 == rows)),
            OverTime::Sum => 1.0,
            OverTime::Mean => 1.0 / rows as f32,
        }
    }
    /// `output` is the function of the rows of `input`, `[T, N]` → `[N]`.
    pub fn forward<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        input: View<D, S>,
        output: ViewMut<D, [f32; N]>,
    ) {
        context.device.over_time(self, sequences, N, input.data(), output.into_data(), Write::Set);
    }
    /// Computes the gradient to the input, for which no value of the forward pass is needed.
    pub fn backward<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        d_output: View<D, [f32; N]>,
        d_input: Grad<D, S>,
    ) {
        let Grad { to, write } = d_input;
        context.device.over_time_backward(self, sequences, N, d_output.data(), to.into_data(), write);
    }
}

impl EachRow {
    /// Every row of `output` is `input`, `[N]` → `[T, N]`; the sequences are those of the output.
    pub fn forward<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        input: View<D, [f32; N]>,
        output: ViewMut<D, S>,
    ) {
        let (device, to) = (context.device, output.into_data());
        device.over_time_backward(OverTime::Sum, sequences, N, input.data(), to, Write::Set);
    }
    /// Computes the gradient to the input.
    pub fn backward<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        d_output: View<D, S>,
        d_input: Grad<D, [f32; N]>,
    ) {
        let Grad { to, write } = d_input;
        context.device.over_time(OverTime::Sum, sequences, N, d_output.data(), to.into_data(), write);
    }
}

impl MaxOverTimeOp {
    /// `output` is the maximum over the rows of `input`, `[T, N]` → `[N]`.
    pub fn forward<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        input: View<D, S>,
        output: ViewMut<D, [f32; N]>,
    ) {
        context.device.max_over_time(sequences, N, input.data(), output.into_data());
    }
    /// Computes the gradient to the input.
    pub fn backward<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        input: View<D, S>,
        output: View<D, [f32; N]>,
        d_output: View<D, [f32; N]>,
        d_input: Grad<D, S>,
    ) {
        let Grad { to, write } = d_input;
        let (x, y, dy) = (input.data(), output.data(), d_output.data());
        context.device.max_over_time_backward(sequences, N, x, y, dy, to.into_data(), write);
    }
}
