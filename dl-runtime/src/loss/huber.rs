//! Huber loss: `½d²` where `|d| < delta`, else `delta·(|d| - ½delta)`, for `d = y - t`, PyTorch's `HuberLoss`.
//!
//! Source: Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35 (1964).

use super::elementwise::{self, Elementwise};
use super::{Loss, check_setting, check_targets};
use crate::device::Device;
use crate::device::cpu::simd::Simd;
use crate::train::{MeanAbsoluteError, Metrics};
use crate::{Pass, Plain, Result, View, ViewMut};

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

impl<Y: Plain<Element = f32>> Loss<Y> for Huber {
    type Target = Y;
    const NAME: &'static str = "huber";

    fn check(&self, targets: &[Y]) -> Result<()> {
        check_setting("delta", self.delta, "a positive number", self.delta > 0.0 && self.delta.is_finite())?;
        check_targets(targets, f32::MIN, f32::MAX)
    }
    fn metrics(&self) -> Metrics<Y, Y> {
        vec![Box::new(MeanAbsoluteError::default())]
    }
    fn loss<D: Device>(
        &self,
        pass: &Pass<'_, D>,
        output: View<'_, D, Y>,
        target: View<'_, D, Y>,
        losses: ViewMut<'_, D, f32>,
        d_output: Option<ViewMut<'_, D, Y>>,
    ) {
        Elementwise::Huber { delta: self.delta }.loss(pass, output, target, losses, d_output);
    }
}

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
    fn slope<S: Simd>(self, y: f32, t: f32) -> f32 {
        let d = y - t;
        if d > self.delta {
            self.delta
        } else if d < -self.delta {
            -self.delta
        } else {
            d
        }
    }
}
