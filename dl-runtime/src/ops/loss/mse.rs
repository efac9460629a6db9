//! Mean squared error: `mean((y - t)²)`, PyTorch's `MSELoss`.

use super::elementwise::{self, Elementwise, loss_of_numbers};
use crate::device::cpu::simd::Simd;
use crate::metrics::MeanAbsoluteError;

/// Mean squared error: for numbers.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::loss::{Loss, Mse};
/// let error = Loss::<[f32; 2]>::check(&Mse, &[[0.0, 1.0], [2.0, f32::NAN]]).unwrap_err();
/// assert_eq!(error.to_string(), "sample 1: target NaN is not a finite number");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mse;

loss_of_numbers!(Mse, "mse", MeanAbsoluteError::default(), Mse => Elementwise::Mse);

#[derive(Clone, Copy)]
pub(super) struct Formula;

impl elementwise::Formula for Formula {
    #[inline(always)]
    fn value<S: Simd>(self, y: f32, t: f32) -> f32 {
        (y - t) * (y - t)
    }
    #[inline(always)]
    fn left<S: Simd>(self, y: f32, t: f32) -> f32 {
        2.0 * (y - t)
    }
    #[inline(always)]
    fn right<S: Simd>(self, y: f32, t: f32) -> f32 {
        2.0 * (t - y)
    }
}
