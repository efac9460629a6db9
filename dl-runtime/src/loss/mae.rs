//! Mean absolute error: `mean(|y - t|)`, PyTorch's `L1Loss`; its derivative is 0 where both are equal.

use super::elementwise::{self, Elementwise};
use super::{Loss, check_targets};
use crate::device::Device;
use crate::device::cpu::simd::Simd;
use crate::train::{Metrics, RootMeanSquaredError};
use crate::{Pass, Plain, Result, View, ViewMut};

/// Mean absolute error: for numbers, less drawn by outliers than [`Mse`](super::Mse).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mae;

impl<Y: Plain<Element = f32>> Loss<Y> for Mae {
    type Target = Y;
    const NAME: &'static str = "mae";

    fn check(&self, targets: &[Y]) -> Result<()> {
        check_targets(targets, f32::MIN, f32::MAX)
    }
    fn metrics(&self) -> Metrics<Y, Y> {
        vec![Box::new(RootMeanSquaredError::default())]
    }
    fn loss<D: Device>(
        &self,
        pass: &Pass<'_, D>,
        output: View<'_, D, Y>,
        target: View<'_, D, Y>,
        losses: ViewMut<'_, D, f32>,
        d_output: Option<ViewMut<'_, D, Y>>,
    ) {
        Elementwise::Mae.loss(pass, output, target, losses, d_output);
    }
}

#[derive(Clone, Copy)]
pub(super) struct Formula;

impl elementwise::Formula for Formula {
    #[inline(always)]
    fn value<S: Simd>(self, y: f32, t: f32) -> f32 {
        (y - t).abs()
    }
    #[inline(always)]
    fn slope<S: Simd>(self, y: f32, t: f32) -> f32 {
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
}
