//! Positions of a sequence: adds a vector to each row, learned ([`LearnedPositionsOp`]) or constant ([`SinusoidalPositionsOp`]).
//!
//! The constant ones are `PE[t, 2i] = sin(t·ω)` and `PE[t, 2i + 1] = cos(t·ω)` with `ω = 10000^(-2i/n)`. Source: Vaswani et al.,
//! "Attention is all you need", NeurIPS 2017, section 3.5. The gradient to the input is that to the output, and the gradient to
//! learned positions is its sum over the samples.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(test)]
mod tests;

use crate::init::{Init, Rng};
use crate::ops::{Activation, Device};
use crate::tensor::{Grad, Storage, Write};
use crate::{Context, Pod, View, ViewMut};

/// A learned vector of `N` features for each of `T` positions.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct LearnedPositions<const T: usize, const N: usize> {
    /// The vector of every position.
    pub weight: [[f32; N]; T],
}

// SAFETY: `repr(C)` and an array of `f32` only.
unsafe impl<const T: usize, const N: usize> Pod for LearnedPositions<T, N> {
    type Element = f32;
}

impl<const T: usize, const N: usize> LearnedPositions<T, N> {
    /// Draws the vectors.
    pub fn init(&mut self, weight: Init, rng: &mut Rng) {
        weight.fill(crate::tensor::pod::flat_mut(&mut self.weight), N, T, rng);
    }
}

/// Learned positions have no settings.
#[derive(Clone, Copy, Debug)]
pub struct LearnedPositionsOp {}

/// Sinusoidal positions have no settings.
#[derive(Clone, Copy, Debug)]
pub struct SinusoidalPositionsOp {}

/// The kernels of positions.
pub trait PositionsKernel: Storage {
    /// `y = x + positions` for every sample, which is as long as `positions`.
    fn add_positions(&self, positions: Self::Ref<'_, f32>, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// `d = Σ dy` over the samples, set or added.
    fn add_positions_backward(&self, dy: Self::Ref<'_, f32>, d: Self::Mut<'_, f32>, write: Write);
    /// `y = x + PE` for samples of `len` numbers in rows of `features`.
    fn add_sinusoids(&self, features: usize, len: usize, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
}

/// Returns the angle `ω` between neighbouring positions in pair `pair` of `features` features.
fn frequency(pair: usize, features: usize) -> f64 {
    (-(10_000.0_f64.ln()) * (2 * pair) as f64 / features as f64).exp()
}

impl LearnedPositionsOp {
    /// `output = weight + input`, `[T, N]` → `[T, N]`.
    pub fn forward<D: Device, const T: usize, const N: usize>(
        self,
        context: &Context<D>,
        weights: View<D, LearnedPositions<T, N>>,
        input: View<D, [[f32; N]; T]>,
        output: ViewMut<D, [[f32; N]; T]>,
    ) {
        context.device.add_positions(weights.data(), input.data(), output.into_data());
    }
    /// Computes the gradients to the weights and the input, for which no value of the forward pass is needed.
    pub fn backward<D: Device, const T: usize, const N: usize>(
        self,
        context: &Context<D>,
        _: View<D, LearnedPositions<T, N>>,
        d_output: View<D, [[f32; N]; T]>,
        d_weights: Grad<D, LearnedPositions<T, N>>,
        d_input: Option<Grad<D, [[f32; N]; T]>>,
    ) {
        let Grad { to, write } = d_weights;
        context.device.add_positions_backward(d_output.data(), to.into_data(), write);
        if let Some(d_input) = d_input {
            Activation::Identity.backward(context, d_output, d_output, d_input);
        }
    }
}

impl SinusoidalPositionsOp {
    /// `output = input + PE`, `[T, N]` → `[T, N]`.
    pub fn forward<D: Device, const T: usize, const N: usize>(
        self,
        context: &Context<D>,
        input: View<D, [[f32; N]; T]>,
        output: ViewMut<D, [[f32; N]; T]>,
    ) {
        assert!(N.is_multiple_of(2), "sinusoids come in pairs of features, and {N} is odd");
        context.device.add_sinusoids(N, T * N, input.data(), output.into_data());
    }
    /// Computes the gradient to the input, which is the gradient to the output.
    pub fn backward<D: Device, const T: usize, const N: usize>(
        self,
        context: &Context<D>,
        d_output: View<D, [[f32; N]; T]>,
        d_input: Grad<D, [[f32; N]; T]>,
    ) {
        Activation::Identity.backward(context, d_output, d_output, d_input);
    }
}
