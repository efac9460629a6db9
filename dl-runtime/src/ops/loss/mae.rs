//! Mean absolute error: `mean(|y - t|)`, PyTorch's `L1Loss`; its derivative is 0 where both are equal.

use super::elementwise::{self, Elementwise, loss_of_numbers};
use crate::device::cpu::simd::Simd;
use crate::metrics::RootMeanSquaredError;

/// Mean absolute error: for numbers, less drawn by outliers than [`Mse`](super::Mse).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mae;

loss_of_numbers!(Mae, "mae", RootMeanSquaredError::default(), Mae => Elementwise::Mae);

#[derive(Clone, Copy)]
pub(super) struct Formula;

impl elementwise::Formula for Formula {
    #[inline(always)]
    fn value<S: Simd>(self, y: f32, t: f32) -> f32 {
        (y - t).abs()
    }
    #[inline(always)]
    fn left<S: Simd>(self, y: f32, t: f32) -> f32 {
        let d = y - t;
        // What is neither is 0 or NaN, and stays.
        if d > 0.0 {
            1.0
        } else if d < 0.0 {
            -1.0
        } else {
            d
        }
    }
    #[inline(always)]
    fn right<S: Simd>(self, y: f32, t: f32) -> f32 {
        -self.left::<S>(y, t)
    }
}
