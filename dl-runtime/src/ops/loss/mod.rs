//! Losses: the functions that training minimises. A loss is one number for each sample; training minimises its mean
//! over the batch.
//!
//! - One class out of many: [`CrossEntropy`] from logits (PyTorch's `CrossEntropyLoss`), [`Nll`] from log-probabilities
//!   (`NLLLoss`), [`Focal`] if most samples are easy (`CrossEntropyLoss` times `(1 - p)^gamma`), and [`MultiMargin`]
//!   with a margin (`MultiMarginLoss`). Their targets are `u32`. Over rows, `[…, classes]`, and with a class that is
//!   ignored or a weight for each class there are [`RowCrossEntropy`] and [`WeightedCrossEntropy`].
//! - Numbers, or independent yes/no labels: the losses of [`trained`]. Their target has the shape of the output.
//!   [`BceWithLogits::pos_weight`] weighs rare labels.
//! - Areas of pixels: [`Dice`] and [`Jaccard`] of classes, [`SigmoidDice`] and [`SigmoidJaccard`] of masks.
//!
//! A trainer takes these losses. They are also operations of the language, in the `loss { … }` of a model, together
//! with those that compare several values of a network: [`Elementwise::KlNormal`], [`Pairs`], [`Triplet`] and
//! [`NtXent`], and with [`Ctc`], which aligns a sequence with labels.
//!
//! The loss of a sample is the mean over its elements (or targets), so that the mean over the batch is PyTorch's
//! `reduction="mean"`. Only [`Elementwise::KlNormal`] is a sum over the elements. [`Summed`] is the sum over everything,
//! PyTorch's `reduction="sum"`. As an operation, a loss follows the
//! calling convention of [`ops`](crate::ops): its output is one `f32` per sample, and `d_losses` holds the weight of
//! each sample. If `check` rejects a target and the formula has no value for it, the loss of its sample is NaN.

mod classes;
mod cpu;
mod cross_entropy;
mod ctc;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod elementwise;
mod focal;
mod multi_margin;
mod nll;
pub(crate) mod nt_xent;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
mod overlap;
mod pairs;
mod positive;
mod reduction;
#[cfg(test)]
mod tests;
mod triplet;
mod vectors;
mod weighted;

pub use crate::tensor::{Answers, ClassRows, Labels};
pub use classes::{ClassLossKernel, ClassSizes, Classes};
pub use cross_entropy::{CrossEntropy, RowCrossEntropy, SmoothCrossEntropy, WeightedCrossEntropy};
pub use ctc::{Ctc, CtcKernel, CtcSequences};
pub use elementwise::{Elementwise, ElementwiseLossKernel, trained};
pub use focal::Focal;
pub use multi_margin::MultiMargin;
pub use nll::Nll;
pub use nt_xent::{NtXent, NtXentKernel};
pub use overlap::{
    ClassOverlap, Dice, Jaccard, MaskOverlap, Measure, Overlap, OverlapKernel, OverlapSizes, SigmoidDice,
    SigmoidJaccard,
};
pub use pairs::Pairs;
pub use positive::{PositiveWeights, PositiveWeightsKernel, WeightedBceWithLogits};
pub use reduction::{Reduced, Reduction, Summed};
pub use trained::*;
pub use triplet::Triplet;
pub use vectors::{VectorLossKernel, Vectors};
pub use weighted::{RowClasses, WeightedClassKernel, WeightedClasses};

use crate::metrics::Metrics;
use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Error, Pod, Result, View, ViewMut};

/// A loss of outputs `Y`: a number for each sample, which is averaged over the batch.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no loss for outputs of type `{Y}`",
    note = "`CrossEntropy` and other losses of classes want one number per class, `[f32; CLASSES]`; the other losses take any shape"
)]
pub trait Loss<Y: Pod<Element = f32>>: Sync {
    /// The target that one output is compared with: `u32` for a class, `Y` for numbers.
    type Target: Pod;

    /// The name of the loss in training histories, such as `cross_entropy`.
    const NAME: &'static str;
    /// The fewest samples of a batch that it can compare: 2 for a loss that needs other samples beside each.
    const MIN_BATCH: usize = 1;
    /// The number that training minimises: the mean of the losses of a batch, or their sum.
    const REDUCTION: Reduction = Reduction::Mean;

    /// Checks that this loss can be used with these targets. It is called once, when the targets are given to the
    /// trainer.
    ///
    /// # Errors
    /// [`Error::LabelOutOfRange`], [`Error::TargetOutOfRange`] or [`Error::TargetNotASign`] with the sample,
    /// [`Error::Setting`] for a wrong setting of the loss itself.
    fn check(&self, targets: &[Self::Target]) -> Result<()>;

    /// Returns the metrics that are usually reported with this loss; none by default.
    fn metrics(&self) -> Metrics<Y, Self::Target> {
        Metrics::new()
    }

    /// Writes the loss of every sample to `losses`, `[samples]`, and the gradient of their mean, or of their sum with
    /// [`Loss::REDUCTION`], to `d_output` (`None` in validation). A target that [`Loss::check`] rejects makes the loss NaN.
    fn loss<D: Device>(
        &self,
        context: &Context<'_, D>,
        output: View<'_, D, Y>,
        target: View<'_, D, Self::Target>,
        losses: ViewMut<'_, D, f32>,
        d_output: Option<ViewMut<'_, D, Y>>,
    );
}

impl<Y: Pod<Element = f32>, L: Loss<Y>> Loss<Y> for &L {
    type Target = L::Target;
    const NAME: &'static str = L::NAME;
    const MIN_BATCH: usize = L::MIN_BATCH;
    const REDUCTION: Reduction = L::REDUCTION;

    fn check(&self, targets: &[L::Target]) -> Result<()> {
        L::check(self, targets)
    }
    fn metrics(&self) -> Metrics<Y, L::Target> {
        L::metrics(self)
    }
    fn loss<D: Device>(
        &self,
        context: &Context<'_, D>,
        output: View<'_, D, Y>,
        target: View<'_, D, L::Target>,
        losses: ViewMut<'_, D, f32>,
        d_output: Option<ViewMut<'_, D, Y>>,
    ) {
        L::loss(self, context, output, target, losses, d_output);
    }
}

/// The gradient that a kernel should compute: of the losses of a batch to one input.
pub struct Gradient<'s, 'd, D: Storage> {
    /// The index of the input, from 0.
    pub input: usize,
    /// The weight of the loss of each sample; without it, one over the number of samples.
    pub scale: Option<D::Ref<'s, f32>>,
    /// The memory for the gradient.
    pub to: D::Mut<'d, f32>,
    /// [`Write::Set`] replaces the memory, and [`Write::Add`] adds to it.
    pub write: Write,
}

impl<'s, 'd, D: Storage> Gradient<'s, 'd, D> {
    /// The gradient of the weighted sum of the losses to an input.
    fn of<T: Pod<Element = f32>>(input: usize, d_losses: View<'s, D, f32>, d: Grad<'d, D, T>) -> Self {
        Gradient { input, scale: Some(d_losses.data()), to: d.to.into_data(), write: d.write }
    }
    /// The gradient of the mean over the batch to the first input.
    fn of_mean<T: Pod<Element = f32>>(d: ViewMut<'d, D, T>) -> Self {
        Gradient { input: 0, scale: None, to: d.into_data(), write: Write::Set }
    }
    /// Returns the divisor of the gradient of a sample's `numbers`, in a batch of so many `samples`.
    fn divisor(&self, reduction: Reduction, numbers: f32, samples: usize) -> f32 {
        match (reduction, &self.scale) {
            (Reduction::Mean, _) => numbers,
            (Reduction::Sum, Some(_)) => 1.0,
            // Kernels give each sample the weight 1/samples, which it does not have in a sum.
            (Reduction::Sum, None) => 1.0 / samples as f32,
        }
    }
}

/// Checks that all numbers of `targets` are `good`; otherwise returns `error` of the sample and the number.
fn check_each<T: Pod<Element = f32>>(
    targets: &[T],
    good: impl Fn(f32) -> bool,
    error: impl Fn(usize, f32) -> Error,
) -> Result<()> {
    let targets = crate::tensor::pod::flat(targets);
    let found = targets.iter().position(|&target| !good(target));
    found.map_or(Ok(()), |at| Err(error(at / T::LEN, targets[at])))
}

/// Checks that all numbers of `targets` are in a range; NaN is in none.
fn check_targets<T: Pod<Element = f32>>(targets: &[T], low: f32, high: f32) -> Result<()> {
    let error = |sample, value| Error::TargetOutOfRange { sample, value, low, high };
    check_each(targets, |target| (low..=high).contains(&target), error)
}

/// Checks that all numbers of `targets` are 1 or -1.
fn check_signs<T: Pod<Element = f32>>(targets: &[T]) -> Result<()> {
    check_each(targets, |target| target.abs() == 1.0, |sample, value| Error::TargetNotASign { sample, value })
}
