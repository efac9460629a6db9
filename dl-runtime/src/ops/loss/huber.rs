//! Huber loss: `½d²` where `|d| < delta`, else `delta·(|d| - ½delta)`, for `d = y - t`, PyTorch's `HuberLoss`.
//!
//! Source: Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35 (1964).

use super::elementwise::{self, Elementwise, loss_of_numbers};
use crate::device::cpu::simd::Simd;
use crate::metrics::MeanAbsoluteError;

/// Huber loss: squared error near 0, absolute error (times `delta`) beyond.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::loss::Huber;
/// assert_eq!(Huber::default(), Huber { delta: 1.0 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Huber {
    /// Where the parabola becomes a line; above 0.
    pub delta: f32,
}

/// `delta` 1, as in PyTorch.
impl Default for Huber {
    fn default() -> Self {
        Huber { delta: 1.0 }
    }
}

loss_of_numbers!(Huber, "huber", MeanAbsoluteError::default(), Huber { delta } => Elementwise::Huber { delta });

#[derive(Clone, Copy)]
pub(super) struct Formula {
    pub delta: f32,
}

impl elementwise::Formula for Formula {
    #[inline(always)]
    fn value<S: Simd>(self, y: f32, t: f32) -> f32 {
        let d = (y - t).abs();
        if d < self.delta { 0.5 * d * d } else { self.delta * (d - 0.5 * self.delta) }
    }
    #[inline(always)]
    fn left<S: Simd>(self, y: f32, t: f32) -> f32 {
        let d = y - t;
        if d > self.delta {
            self.delta
        } else if d < -self.delta {
            -self.delta
        } else {
            d
        }
    }
    #[inline(always)]
    fn right<S: Simd>(self, y: f32, t: f32) -> f32 {
        self.left::<S>(t, y)
    }
}
