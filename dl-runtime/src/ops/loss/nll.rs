//! Negative log-likelihood: `-x_t` for the class `t`, where `x` are log-probabilities, PyTorch's `NLLLoss`.

use super::classes::{self, Classes, loss_of_classes};
use crate::device::cpu::simd::Simd;

/// Negative log-likelihood of a class, for networks whose outputs are log-probabilities.
///
/// If the network can output logits instead, [`CrossEntropy`](super::CrossEntropy) is more accurate. The shapes of
/// outputs and targets are the same as there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Nll;

loss_of_classes!(Nll, "nll", Nll => Classes::Nll);

#[derive(Clone, Copy)]
pub(super) struct Formula;

impl classes::Formula for Formula {
    #[inline(always)]
    fn value<S: Simd>(self, x: &[f32], t: usize) -> f32 {
        -x[t]
    }
    #[inline(always)]
    fn gradient<S: Simd>(self, scale: f32, _: &[f32], t: usize, dx: &mut [f32]) {
        dx.fill(0.0);
        dx[t] = -scale;
    }
}
