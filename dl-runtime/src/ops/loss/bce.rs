//! Binary cross-entropy from probabilities: `-(t·ln p + (1 - t)·ln(1 - p))`, PyTorch's `BCELoss`.
//!
//! As there, the logarithms are at least -100, and the derivative `(p - t) / (p·(1 - p))` divides by at least 10⁻¹².

use super::elementwise::{self, Elementwise, loss_of_numbers};
use crate::device::cpu::simd::{Simd, math};
use crate::metrics::BinaryAccuracy;

/// Binary cross-entropy from probabilities: for networks that end with a sigmoid.
///
/// Outputs and targets are from 0 to 1. Where the network may end with plain numbers,
/// [`BceWithLogits`](super::BceWithLogits) loses fewer digits.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::loss::{Bce, Loss};
/// let error = Loss::<[f32; 1]>::check(&Bce, &[[1.0], [2.0]]).unwrap_err();
/// assert_eq!(error.to_string(), "sample 1: target 2 is out of range; expected 0 to 1");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bce;

loss_of_numbers!(Bce, "bce", BinaryAccuracy::of_probabilities(), Bce => Elementwise::Bce);

/// `ln p` and `ln(1 - p)`, at least -100; NaN unless `p` is from 0 to 1.
#[inline(always)]
fn logarithms<S: Simd>(p: f32) -> (f32, f32) {
    // Written so that NaN stays.
    let bound = |ln: f32| if ln < -100.0 { -100.0 } else { ln };
    (bound(math::ln::<S>(p)), bound(math::ln_1p::<S>(-p)))
}

#[derive(Clone, Copy)]
pub(super) struct Formula;

impl elementwise::Formula for Formula {
    #[inline(always)]
    fn value<S: Simd>(self, p: f32, t: f32) -> f32 {
        let (yes, no) = logarithms::<S>(p);
        -(t * yes + (1.0 - t) * no)
    }
    #[inline(always)]
    fn left<S: Simd>(self, p: f32, t: f32) -> f32 {
        let variance = p * (1.0 - p);
        (p - t) / if variance < 1e-12 { 1e-12 } else { variance }
    }
    #[inline(always)]
    fn right<S: Simd>(self, p: f32, _: f32) -> f32 {
        let (yes, no) = logarithms::<S>(p);
        no - yes
    }
}
