//! What a trainer makes small: a loss that it was given, or the model's own.

use crate::metrics::{Metric, Metrics};
use crate::ops::loss::Loss;
use crate::{Device, Model, Objective, Pod, Result, Training};

/// No loss has been given to the trainer: the model has its own, in a `loss` clause.
#[derive(Clone, Copy, Debug)]
pub struct ModelLoss;

/// A loss given to the trainer.
#[derive(Clone, Copy, Debug)]
pub struct ExternalLoss<L>(pub(super) L);

/// What a trainer of the model `M` makes small.
#[diagnostic::on_unimplemented(
    message = "nothing says what the training of `{M}` makes small",
    note = "give the trainer a loss, `.loss(CrossEntropy)`, or the model a `loss` clause"
)]
pub trait Criterion<M: Model> {
    /// What one output is compared with.
    type Target: Pod;
    /// The name in histories and checkpoints.
    const NAME: &'static str;

    /// Whether it can be used with these targets.
    ///
    /// # Errors
    /// Those of [`Loss::check`].
    fn check(&self, targets: &[Self::Target]) -> Result<()>;
    /// What is natural to report beside it. The first [`Criterion::terms`] of them are the terms of the loss.
    fn metrics(&self) -> Metrics<M::Output, Self::Target>;
    /// How many terms are reported.
    fn terms(&self) -> usize;
    /// The loss of the samples with these numbers, to be fetched later, and all that the backward pass needs.
    ///
    /// # Errors
    /// Those of [`Training::loss_later`].
    fn forward<D: Device>(
        &self,
        training: &mut Training<M, D>,
        inputs: &[M::Input],
        targets: &[Self::Target],
        picked: &[usize],
    ) -> Result<()>;
    /// The loss of a batch as in prediction, to be fetched later.
    ///
    /// # Errors
    /// Those of [`Training::loss_later`].
    fn evaluate<D: Device>(
        &self,
        training: &mut Training<M, D>,
        inputs: &[M::Input],
        targets: &[Self::Target],
    ) -> Result<()>;
}

impl<M: Model, L: Loss<M::Output>> Criterion<M> for ExternalLoss<L> {
    type Target = L::Target;
    const NAME: &'static str = L::NAME;
    fn check(&self, targets: &[L::Target]) -> Result<()> {
        self.0.check(targets)
    }
    fn metrics(&self) -> Metrics<M::Output, L::Target> {
        self.0.metrics()
    }
    fn terms(&self) -> usize {
        0
    }
    fn forward<D: Device>(
        &self,
        training: &mut Training<M, D>,
        inputs: &[M::Input],
        targets: &[L::Target],
        picked: &[usize],
    ) -> Result<()> {
        training.forward_picked(inputs, picked)?;
        training.loss_picked(&self.0, targets, picked)
    }
    fn evaluate<D: Device>(
        &self,
        training: &mut Training<M, D>,
        inputs: &[M::Input],
        targets: &[L::Target],
    ) -> Result<()> {
        training.evaluate(inputs)?;
        training.loss_later(&self.0, targets)
    }
}

impl<M: Objective> Criterion<M> for ModelLoss {
    type Target = M::Target;
    const NAME: &'static str = "objective";
    fn check(&self, targets: &[M::Target]) -> Result<()> {
        M::check_targets(targets)
    }
    fn metrics(&self) -> Metrics<M::Output, M::Target> {
        let names = M::TERMS.iter().take(self.terms_of::<M>());
        names.map(|term| Box::new(MeanOfTerm { name: term.name, sums: [0.0; 2] }) as _).collect()
    }
    fn terms(&self) -> usize {
        self.terms_of::<M>()
    }
    fn forward<D: Device>(
        &self,
        training: &mut Training<M, D>,
        inputs: &[M::Input],
        targets: &[M::Target],
        picked: &[usize],
    ) -> Result<()> {
        training.forward_picked(inputs, picked)?;
        training.objective_picked(targets, picked)
    }
    fn evaluate<D: Device>(
        &self,
        training: &mut Training<M, D>,
        inputs: &[M::Input],
        targets: &[M::Target],
    ) -> Result<()> {
        training.evaluate_objective_later(inputs, targets)
    }
}

impl ModelLoss {
    /// A single term is the loss, and not reported twice.
    fn terms_of<M: Objective>(self) -> usize {
        if M::TERMS.len() > 1 { M::TERMS.len() } else { 0 }
    }
}

/// A term of the loss among the metrics. Its numbers come from the loss, not from outputs.
struct MeanOfTerm {
    name: &'static str,
    /// Sum, and number of samples.
    sums: [f64; 2],
}

impl<Y, T> Metric<Y, T> for MeanOfTerm {
    fn name(&self) -> String {
        self.name.into()
    }
    fn add(&mut self, _: &Y, _: &T) {}
    fn value(&self) -> f64 {
        self.sums[0] / self.sums[1]
    }
    fn sums(&mut self) -> &mut [f64] {
        &mut self.sums
    }
}
