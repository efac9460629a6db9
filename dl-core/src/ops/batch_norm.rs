//! Batch normalisation by the running statistics.

use crate::Pod;
use crate::ops::Activation;
use crate::pod::{flat, flat_mut};
use core::slice;
use libm::sqrtf;

/// The weights and running statistics of batch normalisation over `C` channels.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct BatchNorm<const C: usize> {
    /// The scale of every channel, initially 1.
    pub weight: [f32; C],
    /// The shift of every channel, initially 0.
    pub bias: [f32; C],
    /// The running mean of every channel, initially 0.
    pub running_mean: [f32; C],
    /// The running unbiased variance of every channel, initially 1.
    pub running_var: [f32; C],
}

// SAFETY: `repr(C)` and arrays of `f32` only.
unsafe impl<const C: usize> Pod for BatchNorm<C> {
    type Element = f32;
}

/// The settings of batch normalisation.
#[derive(Clone, Copy, Debug)]
pub struct BatchNormOp {
    /// The weight of a new batch in the running statistics, which only training reads.
    pub momentum: f32,
    /// The number added to the variance; PyTorch's default is 1e-5.
    pub epsilon: f32,
    /// The activation, which is applied to the output.
    pub activation: Activation,
}

impl BatchNormOp {
    /// Normalises `input` by the running statistics, `[C]` → `[C]` or `[C, H, W]` → `[C, H, W]`.
    #[inline(always)]
    pub fn infer<T: Pod<Element = f32>, const C: usize>(
        self,
        weights: &BatchNorm<C>,
        input: &[T; C],
        output: &mut [T; C],
    ) {
        flat_mut(output).copy_from_slice(flat(input));
        self.infer_in_place(weights, output);
    }
    /// Normalises `value`, `[C]` or `[C, H, W]`, in place by the running statistics.
    #[inline(always)]
    pub fn infer_in_place<T: Pod<Element = f32>, const C: usize>(self, weights: &BatchNorm<C>, value: &mut [T; C]) {
        let x = flat_mut(value);
        normalise(flat(slice::from_ref(weights)), self.epsilon, x);
        self.activation.apply(x);
    }
}

/// `x = weight·(x - mean)/√(var + ε) + bias` for the channels of a sample; `weights` are the fields of [`BatchNorm`].
fn normalise(weights: &[f32], epsilon: f32, x: &mut [f32]) {
    let channels = weights.len() / 4;
    let size = x.len() / channels.max(1);
    for (c, x) in x.chunks_exact_mut(size.max(1)).enumerate() {
        let [weight, bias, mean, variance] = [0, 1, 2, 3].map(|k| weights[k * channels + c]);
        let scale = weight / sqrtf(variance + epsilon);
        x.iter_mut().for_each(|x| *x = scale * (*x - mean) + bias);
    }
}
