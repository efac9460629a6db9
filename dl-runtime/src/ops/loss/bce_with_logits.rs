//! Binary cross-entropy from logits: `-(t·ln σ(x) + (1 - t)·ln(1 - σ(x)))`, PyTorch's `BCEWithLogitsLoss`.
//!
//! Computed as `max(x, 0) - x·t + ln(1 + e^(-|x|))`, which does not overflow; the derivatives are `σ(x) - t` and `-x`.

use super::elementwise::{self, Elementwise, loss_of_numbers};
use crate::device::cpu::simd::{Simd, math};
use crate::metrics::BinaryAccuracy;

/// Binary cross-entropy from logits: for answers that are yes or no, each on its own.
///
/// Targets are probabilities, from 0 to 1. The network ends with plain numbers; the sigmoid is part of the loss.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::loss::{BceWithLogits, Loss};
/// let error = Loss::<[f32; 1]>::check(&BceWithLogits, &[[1.0], [-1.0]]).unwrap_err();
/// assert_eq!(error.to_string(), "sample 1: target -1 is out of range; expected 0 to 1");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BceWithLogits;

loss_of_numbers!(
    BceWithLogits, "bce_with_logits", BinaryAccuracy::default(), BceWithLogits => Elementwise::BceWithLogits
);

#[derive(Clone, Copy)]
pub(super) struct Formula;

impl elementwise::Formula for Formula {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32, t: f32) -> f32 {
        let positive = if x < 0.0 { 0.0 } else { x };
        positive - x * t + math::ln_1p::<S>(math::exp::<S>(-x.abs()))
    }
    #[inline(always)]
    fn left<S: Simd>(self, x: f32, t: f32) -> f32 {
        math::sigmoid::<S>(x) - t
    }
    #[inline(always)]
    fn right<S: Simd>(self, x: f32, _: f32) -> f32 {
        -x
    }
}
