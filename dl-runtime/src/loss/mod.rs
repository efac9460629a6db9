//! Losses: what training makes small. One file each; all are means over the batch and the elements, as in PyTorch.
//!
//! | loss | for | target |
//! |---|---|---|
//! | [`CrossEntropy`] | one class of many, from logits | `u32` |
//! | [`BceWithLogits`] | independent yes or no, from logits | probabilities 0 to 1 in the shape of the output |
//! | [`Mse`] | numbers | numbers in the shape of the output |
//! | [`Mae`] | numbers with outliers | the same |
//! | [`Huber`] | numbers with outliers, smooth near 0 | the same |

mod bce_with_logits;
mod cross_entropy;
mod elementwise;
mod huber;
mod mae;
mod mse;
#[cfg(test)]
mod tests;

pub use bce_with_logits::BceWithLogits;
pub use cross_entropy::{CrossEntropy, CrossEntropyKernel, Labels, Sizes, SmoothCrossEntropy};
pub use elementwise::{Elementwise, ElementwiseLossKernel};
pub use huber::Huber;
pub use mae::Mae;
pub use mse::Mse;

use crate::device::Device;
use crate::train::Metrics;
use crate::{Error, Pass, Plain, Result, View, ViewMut};

/// A loss over outputs `Y`: a number for each sample, averaged over the batch.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no loss for outputs of type `{Y}`",
    note = "`CrossEntropy` wants one number per class, `[f32; CLASSES]`; the other losses take any shape"
)]
pub trait Loss<Y: Plain<Element = f32>>: Sync {
    /// What one output is compared with: `u32` for a class, `Y` for numbers.
    type Target: Plain;

    /// The name in histories: `cross_entropy`.
    const NAME: &'static str;

    /// Whether this loss can be used with these targets; called once, where they enter.
    ///
    /// # Errors
    /// [`Error::LabelOutOfRange`], [`Error::TargetOutOfRange`] with the sample, [`Error::Setting`] for a wrong setting
    /// of the loss itself.
    fn check(&self, targets: &[Self::Target]) -> Result<()>;

    /// What people naturally want to know beside this loss; nothing, unless said otherwise.
    fn metrics(&self) -> Metrics<Y, Self::Target> {
        Metrics::new()
    }

    /// Writes the loss of every sample to `losses`, and to `d_output` (in validation, none) the gradient of their mean.
    /// A target that [`Loss::check`] refuses makes the loss NaN.
    fn loss<D: Device>(
        &self,
        pass: &Pass<'_, D>,
        output: View<'_, D, Y>,
        target: View<'_, D, Self::Target>,
        losses: ViewMut<'_, D, f32>,
        d_output: Option<ViewMut<'_, D, Y>>,
    );
}

/// That all numbers of `targets` are in `range`; NaN is in none.
fn check_targets<T: Plain<Element = f32>>(targets: &[T], low: f32, high: f32) -> Result<()> {
    let found = crate::plain::flat(targets).iter().position(|t| !(low..=high).contains(t));
    found.map_or(Ok(()), |at| {
        let value = crate::plain::flat(targets)[at];
        Err(Error::TargetOutOfRange { sample: at / T::LEN, value, low, high })
    })
}

/// That a setting is in a range; NaN is in none.
fn check_setting(setting: &'static str, value: f32, expected: &'static str, holds: bool) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::Setting { setting, expected: expected.into(), found: value.to_string() }) }
}
