//! Positions of a sequence: adds a vector to each row, learned ([`LearnedPositionsOp`]) or constant ([`SinusoidalPositionsOp`]).
//!
//! The constant ones are `PE[t, 2i] = sin(t·ω)` and `PE[t, 2i + 1] = cos(t·ω)` with `ω = 10000^(-2i/n)`, or the same numbers with all sines
//! first ([`Order`]). Source: Vaswani et al., "Attention is all you need", NeurIPS 2017, section 3.5. The gradient to the input is that to
//! the output, and the gradient to learned positions is its sum over the samples.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

pub use dl_core::ops::positions::{LearnedPositions, Order};

use crate::ops::{Activation, Device};
use crate::tensor::{Grad, Rows, Sequences, Storage, Streams, Write};
use crate::{Context, View, ViewMut};

/// Learned positions have no settings.
#[derive(Clone, Copy, Debug)]
pub struct LearnedPositionsOp {}

/// The settings of sinusoidal positions.
#[derive(Clone, Copy, Debug)]
pub struct SinusoidalPositionsOp {
    /// The order of sines and cosines.
    pub order: Order,
}

/// The kernels of positions. Rows begin to count at 0 in each sample, or at the number of earlier rows of its stream.
pub trait PositionsKernel: Storage {
    /// `y[row] = x[row] + positions[t]`, where `row` is row `t` of its sample; a row has `features` numbers.
    fn add_positions(
        &self,
        sequences: Sequences<'_, Self>,
        streams: Option<Streams<'_, Self>>,
        features: usize,
        positions: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    );
    /// `d[t]` = sum of row `t` of `dy` over the samples that have one; set or added.
    fn add_positions_backward(
        &self,
        sequences: Sequences<'_, Self>,
        features: usize,
        dy: Self::Ref<'_, f32>,
        d: Self::Mut<'_, f32>,
        write: Write,
    );
    /// `y[row] = x[row] + PE[t]`, as [`PositionsKernel::add_positions`].
    fn add_sinusoids(
        &self,
        order: Order,
        sequences: Sequences<'_, Self>,
        streams: Option<Streams<'_, Self>>,
        features: usize,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    );
}

/// Returns the angle `ω` between neighbouring positions in pair `pair` of `features` features.
fn frequency(pair: usize, features: usize) -> f64 {
    (-(10_000.0_f64.ln()) * (2 * pair) as f64 / features as f64).exp()
}

impl LearnedPositionsOp {
    /// `output[t] = input[t] + weight[t]`, `[T, N]` → `[T, N]`; sequences have at most as many rows as there are positions.
    pub fn forward<D: Device, S: Rows<N>, const T: usize, const N: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        weights: View<D, LearnedPositions<T, N>>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        assert!(sequences.longest() <= T, "a sequence of {} rows, but {T} positions", sequences.longest());
        context.device.add_positions(sequences, None, N, weights.data(), input.data(), output.into_data());
    }
    /// Continues streams: the new rows have the positions after the earlier ones.
    pub fn step<D: Device, S: Rows<N>, const T: usize, const N: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        streams: Streams<D>,
        weights: View<D, LearnedPositions<T, N>>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        assert!(streams.capacity <= T, "streams of {} rows, but {T} positions", streams.capacity);
        context.device.add_positions(sequences, Some(streams), N, weights.data(), input.data(), output.into_data());
    }
    /// Computes the gradients to the positions, and to the input if wanted.
    pub fn backward<D: Device, S: Rows<N>, const T: usize, const N: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        _: View<D, LearnedPositions<T, N>>,
        d_output: View<D, S>,
        d_weights: Grad<D, LearnedPositions<T, N>>,
        d_input: Option<Grad<D, S>>,
    ) {
        let Grad { to, write } = d_weights;
        context.device.add_positions_backward(sequences, N, d_output.data(), to.into_data(), write);
        if let Some(d_input) = d_input {
            Activation::Identity.backward(context, d_output, d_output, d_input);
        }
    }
}

impl SinusoidalPositionsOp {
    /// `output[t] = input[t] + PE[t]`, `[T, N]` → `[T, N]`, for an even `N`.
    ///
    /// # Panics
    /// If `N` is odd; `model!` reports that where it is declared.
    pub fn forward<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        assert!(N.is_multiple_of(2), "sinusoids come in pairs of features, and {N} is odd");
        context.device.add_sinusoids(self.order, sequences, None, N, input.data(), output.into_data());
    }
    /// Continues streams: the new rows have the positions after the earlier ones.
    pub fn step<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        streams: Streams<D>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        context.device.add_sinusoids(self.order, sequences, Some(streams), N, input.data(), output.into_data());
    }
    /// Computes the gradient to the input, which is that to the output.
    pub fn backward<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        _: Sequences<D>,
        d_output: View<D, S>,
        d_input: Grad<D, S>,
    ) {
        Activation::Identity.backward(context, d_output, d_output, d_input);
    }
}
