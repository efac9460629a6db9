//! The trait that `model!` implements for the `loss` clause of a model, with its target, its terms and its passes.

use super::{ComputeLoss, Evaluate, MinBatch, Passes};
use crate::ops::loss::Reduction;
use crate::tensor::Pack;
use crate::{Device, Result};

/// One term of a loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// The name in reports: that of a `let` in the clause, or of the loss.
    pub name: &'static str,
    /// The weight in the sum.
    pub weight: f32,
}

/// The target of the model `M` for one sample, which its `loss` clause declares.
pub type Target<M> = <M as LossPasses>::Target;

/// The passes that `model!` generates for a `loss` clause. Programs use them through [`Objective`](crate::Objective).
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no loss of its own",
    note = "give one to the trainer, `.loss(CrossEntropy)`, or end the model with `loss(target: u32) {{ cross_entropy(output, target) }}`"
)]
pub trait LossPasses: Passes {
    /// The target of the loss for one sample.
    type Target: Pack;

    /// The terms of the sum, in order.
    const TERMS: &'static [Term];
    /// For each sequence among the targets, the run-time dimension that it has.
    const TARGET_SEQUENCES: &'static [usize] = &[];
    /// The run-time dimension whose rows have terms each; `None` if every sample has one number for each term.
    const SEQUENCE_OF_TERMS: Option<usize> = None;

    /// The number that training minimises: the mean of the losses of a batch, or their sum with `reduction: sum`.
    const REDUCTION: Reduction = Reduction::Mean;

    /// The fewest samples of a batch that the loss can compare: 2 for `nt_xent`.
    const MIN_BATCH_OF_LOSS: MinBatch = MinBatch { samples: 1, of: "objective" };

    /// Checks that the classes in `targets` are in their ranges; sessions and the trainer call this where samples enter.
    ///
    /// # Errors
    /// [`Error::LabelOutOfRange`](crate::Error::LabelOutOfRange) with the sample.
    #[doc(hidden)]
    fn check_targets(targets: &[Self::Target]) -> Result<()> {
        let _ = targets;
        Ok(())
    }
    /// Runs the inference pass, and computes every term for every sample.
    #[doc(hidden)]
    fn evaluate<D: Device>(pass: Evaluate<'_, D, Self, Self::Target>);
    /// After [`Passes::forward`], computes every term for every sample, and from the gradients to the terms the gradients to all values
    /// that the loss reads. [`Passes::backward`] continues from there.
    #[doc(hidden)]
    fn loss<D: Device>(pass: ComputeLoss<'_, D, Self, Self::Target>);
}
