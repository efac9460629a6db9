//! Mean squared error: `mean((y - t)²)`, PyTorch's `MSELoss`.

use super::elementwise::{self, Elementwise};
use super::{Loss, check_targets};
use crate::device::Device;
use crate::device::cpu::simd::Simd;
use crate::train::{MeanAbsoluteError, Metrics};
use crate::{Pass, Plain, Result, View, ViewMut};

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

impl<Y: Plain<Element = f32>> Loss<Y> for Mse {
    type Target = Y;
    const NAME: &'static str = "mse";

    fn check(&self, targets: &[Y]) -> Result<()> {
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
        Elementwise::Mse.loss(pass, output, target, losses, d_output);
    }
}

#[derive(Clone, Copy)]
pub(super) struct Formula;

impl elementwise::Formula for Formula {
    #[inline(always)]
    fn value<S: Simd>(self, y: f32, t: f32) -> f32 {
        (y - t) * (y - t)
    }
    #[inline(always)]
    fn slope<S: Simd>(self, y: f32, t: f32) -> f32 {
        2.0 * (y - t)
    }
}
