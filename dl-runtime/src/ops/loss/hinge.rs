//! Hinge loss: `mean(max(0, 1 - t·y))` for targets 1 and -1, the loss of support vector machines.
//!
//! Source: Cortes and Vapnik, "Support-vector networks", Machine Learning 20 (1995). Its derivative is 0 at the bend.

use super::elementwise::{self, Elementwise, loss_of_numbers};
use crate::device::cpu::simd::Simd;
use crate::metrics::BinaryAccuracy;

/// Hinge loss: for answers that are yes (1) or no (-1), each on its own; answers beyond 1 on the right side cost nothing.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::loss::{Hinge, Loss};
/// let error = Loss::<[f32; 1]>::check(&Hinge, &[[1.0], [0.0]]).unwrap_err();
/// assert_eq!(error.to_string(), "sample 1: target 0 is neither 1 nor -1");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hinge;

loss_of_numbers!(Hinge, "hinge", BinaryAccuracy::default(), Hinge => Elementwise::Hinge);

/// `factor` where the answer costs something.
#[inline(always)]
fn derivative(y: f32, t: f32, factor: f32) -> f32 {
    let side = t * y;
    // What is neither is NaN, and stays.
    if side >= 1.0 {
        0.0
    } else if side < 1.0 {
        factor
    } else {
        side
    }
}

#[derive(Clone, Copy)]
pub(super) struct Formula;

impl elementwise::Formula for Formula {
    #[inline(always)]
    fn value<S: Simd>(self, y: f32, t: f32) -> f32 {
        let short = 1.0 - t * y;
        if short < 0.0 { 0.0 } else { short }
    }
    #[inline(always)]
    fn left<S: Simd>(self, y: f32, t: f32) -> f32 {
        derivative(y, t, -t)
    }
    #[inline(always)]
    fn right<S: Simd>(self, y: f32, t: f32) -> f32 {
        derivative(y, t, -y)
    }
}
