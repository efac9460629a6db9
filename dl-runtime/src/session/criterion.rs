//! The criterion of a training: a loss from outside the model, or the model's own `loss` clause.

use crate::Result;
use crate::metrics::Metrics;
use crate::network::{ComputeLoss, Evaluate, LossPasses, MinBatch, Passes, Row, Term};
use crate::ops::Device;
use crate::ops::loss::{Loss, Reduction};
use crate::tensor::Pack;

/// The loss that the `loss` clause of a model declares.
#[derive(Clone, Copy, Debug)]
pub struct ModelLoss;

/// A loss from outside the model, such as [`CrossEntropy`](crate::loss::CrossEntropy).
#[derive(Clone, Copy, Debug)]
pub struct ExternalLoss<L>(pub L);

/// A loss that the model `M` can be trained with: [`ExternalLoss`] or [`ModelLoss`].
#[diagnostic::on_unimplemented(
    message = "no loss is given for the training of `{M}`",
    note = "give the trainer a loss, `.loss(CrossEntropy)`, or the model a `loss` clause"
)]
pub trait Criterion<M: Passes> {
    /// The type of the target of one output.
    type Target: Pack;
    /// The name in histories and checkpoints.
    const NAME: &'static str;
    /// The terms of the loss, which is their weighted sum.
    const TERMS: &'static [Term];
    /// True for a loss in the model: its evaluation computes the outputs too, and its gradients can start at any value.
    const IN_MODEL: bool;
    /// The smallest batch that the loss accepts, in training and evaluation.
    const MIN_BATCH: MinBatch;
    /// The number that training minimises: the mean of the losses of a batch, or their sum.
    const REDUCTION: Reduction;
    /// For each sequence among the targets, the run-time dimension of the model that it has.
    const TARGET_SEQUENCES: &'static [usize];
    /// The run-time dimension whose rows have terms each; `None` if each sample has one number for each term.
    const SEQUENCE_OF_TERMS: Option<usize>;

    /// Checks that the loss can be used with these targets.
    ///
    /// # Errors
    /// Returns the errors of [`Loss::check`].
    fn check(&self, targets: &[Self::Target]) -> Result<()>;
    /// Returns the metrics that are reported with this loss by default.
    fn metrics(&self) -> Metrics<Row<M::Output>, Row<Self::Target>>;
    /// Computes every term for every sample, and the gradients of the loss: in training, after the forward pass.
    #[doc(hidden)]
    fn loss<D: Device>(&self, pass: ComputeLoss<'_, D, M, Self::Target>);
    /// Computes every term for every sample in evaluation. The outputs are already computed unless the loss is [`Criterion::IN_MODEL`].
    #[doc(hidden)]
    fn evaluate<D: Device>(&self, pass: Evaluate<'_, D, M, Self::Target>);
}

impl<M: Passes, L: Loss<Row<M::Output>>> Criterion<M> for ExternalLoss<L> {
    /// The target of a row, as often as the output has rows.
    type Target = <M::Output as Pack>::Like<L::Target>;
    const NAME: &'static str = L::NAME;
    const TERMS: &'static [Term] = &[Term { name: L::NAME, weight: 1.0 }];
    const IN_MODEL: bool = false;
    const MIN_BATCH: MinBatch = MinBatch { samples: L::MIN_BATCH, of: L::NAME };
    const REDUCTION: Reduction = L::REDUCTION;
    const TARGET_SEQUENCES: &'static [usize] = M::OUTPUT_SEQUENCES;
    const SEQUENCE_OF_TERMS: Option<usize> = match M::OUTPUT_SEQUENCES {
        [dimension] if M::Output::PARTS.len() == 1 => Some(*dimension),
        _ => None,
    };

    fn check(&self, targets: &[Self::Target]) -> Result<()> {
        self.0.check(&[])?;
        targets
            .iter()
            .enumerate()
            .try_for_each(|(sample, target)| self.0.check(target.items()).map_err(|error| error.of_sample(sample)))
    }
    fn metrics(&self) -> Metrics<Row<M::Output>, L::Target> {
        self.0.metrics()
    }
    fn loss<D: Device>(&self, pass: ComputeLoss<'_, D, M, Self::Target>) {
        let ComputeLoss { context, target, output, mut terms, d_output, .. } = pass;
        self.0.loss(context, output, target, terms.take(), Some(d_output));
    }
    fn evaluate<D: Device>(&self, pass: Evaluate<'_, D, M, Self::Target>) {
        let Evaluate { context, target, output, mut terms, .. } = pass;
        self.0.loss(context, output.view(), target, terms.take(), None);
    }
}

impl<M: LossPasses> Criterion<M> for ModelLoss {
    type Target = M::Target;
    const NAME: &'static str = "objective";
    const TERMS: &'static [Term] = M::TERMS;
    const IN_MODEL: bool = true;
    const MIN_BATCH: MinBatch = M::MIN_BATCH_OF_LOSS;
    const REDUCTION: Reduction = M::REDUCTION;
    const TARGET_SEQUENCES: &'static [usize] = M::TARGET_SEQUENCES;
    const SEQUENCE_OF_TERMS: Option<usize> = M::SEQUENCE_OF_TERMS;

    fn check(&self, targets: &[M::Target]) -> Result<()> {
        M::check_targets(targets)
    }
    fn metrics(&self) -> Metrics<Row<M::Output>, Row<M::Target>> {
        Metrics::new()
    }
    fn loss<D: Device>(&self, pass: ComputeLoss<'_, D, M, M::Target>) {
        M::loss(pass);
    }
    fn evaluate<D: Device>(&self, pass: Evaluate<'_, D, M, M::Target>) {
        M::evaluate(pass);
    }
}
