//! Computes the loss of a batch in a [`Training`] session, in the same way for a loss given to the session and for the model's own.

use super::batch::{Samples, SmallBatch};
use super::criterion::{Criterion, ExternalLoss, ModelLoss};
use super::inference::allocated;
use super::loss::LossMemory;
use super::training::{Sizes, Stage, Training};
use crate::network::{ComputeLoss, Evaluate, LossPasses, Passes, Row};
use crate::ops::Device;
use crate::ops::loss::Loss;
use crate::tensor::{Pack, Sequences};
use crate::{Context, Error, PartsMut, Result, View, ViewMut};

impl<M: Passes, D: Device> Training<M, D> {
    /// Computes the loss of the batch after [`Training::forward`] or [`Training::evaluate`]: the mean over its samples, or the sum with a
    /// loss such as `Mse.sum()`. After `forward` it also computes the gradient of the loss with respect to the output.
    ///
    /// # Errors
    /// Returns the errors of [`Loss::check`] about the targets; [`Error::NotFinite`] with the step and the first layer whose numbers
    /// overflowed; [`Error::UnequalLengths`] unless there is one target for each input; [`Error::SmallBatch`] when there are too few
    /// samples for a loss that compares them; [`Error::DataSet`] with an input that is not finite.
    ///
    /// # Panics
    /// Panics when no forward pass came before.
    pub fn loss<L: Loss<Row<M::Output>>>(
        &mut self,
        loss: &L,
        targets: &[<M::Output as Pack>::Like<L::Target>],
    ) -> Result<f32> {
        self.check_and_compute_loss(&ExternalLoss(loss), targets)?;
        self.wait_for_loss()
    }
    /// [`Training::loss`] without waiting for the result: the device continues with the step while the host prepares the next one.
    /// [`Training::wait`] returns the mean loss, or the error of the step.
    ///
    /// # Errors
    /// Returns the errors of [`Training::loss`] about targets.
    ///
    /// # Panics
    /// Panics when no forward pass came before.
    pub fn loss_async<L: Loss<Row<M::Output>>>(
        &mut self,
        loss: &L,
        targets: &[<M::Output as Pack>::Like<L::Target>],
    ) -> Result<()> {
        self.check_and_compute_loss(&ExternalLoss(loss), targets)?;
        self.go_on_without_loss();
        Ok(())
    }
    fn check_and_compute_loss<C: Criterion<M>>(&mut self, criterion: &C, targets: &[C::Target]) -> Result<()> {
        criterion.check(targets)?;
        self.compute_loss(criterion, &Samples::All(targets))
    }
    /// Computes the loss of the batch, and its gradients after a forward pass; the targets are already checked.
    pub(crate) fn compute_loss<C: Criterion<M>>(
        &mut self,
        criterion: &C,
        targets: &Samples<'_, C::Target>,
    ) -> Result<()> {
        let again = matches!(self.stage, Stage::Loss { .. } | Stage::Backward);
        assert!(self.stage != Stage::Empty && !(again && C::IN_MODEL), "`forward` or `evaluate` comes before a loss");
        self.upload_targets::<C>(targets)?;
        if self.stage == Stage::Evaluated {
            return self.run_evaluation(criterion);
        }
        if C::IN_MODEL {
            self.loss.set_term_gradients(&self.device, self.capacity_of_terms::<C>())?;
        }
        let seed = self.pass_seed();
        let sequences = self.lengths.sequences();
        let (batch, sizes) = Sizes::of::<M, D>(self.n, &sequences);
        let (targets, terms_len) = (batch.items::<C::Target>(C::TARGET_SEQUENCES), self.loss.n);
        let (target, terms, d_terms) = self.loss.split();
        criterion.loss(ComputeLoss {
            context: &Context::new(&self.device, seed),
            batch,
            net: View::new(D::whole(&self.weights), 1),
            input: View::new(D::whole(&self.input), sizes.input),
            target: LossMemory::<D>::targets(target, targets),
            memory: &mut self.memory,
            output: View::new(D::whole(&self.output), sizes.output),
            terms: PartsMut::new(D::whole_mut(terms), terms_len),
            d_terms: PartsMut::new(D::whole_mut(d_terms), terms_len),
            d_output: ViewMut::new(D::whole_mut(&mut self.d_output), sizes.output),
            d_input: self.d_input.as_mut().map(|d| ViewMut::new(D::whole_mut(d), sizes.input)),
        });
        self.stage = Stage::Loss { own: C::IN_MODEL };
        Ok(())
    }
    /// Computes the loss of a batch in inference mode; inputs and targets are already checked.
    pub(crate) fn evaluate_loss<C: Criterion<M>>(
        &mut self,
        criterion: &C,
        inputs: Samples<'_, M::Input>,
        targets: Samples<'_, C::Target>,
    ) -> Result<()> {
        if C::IN_MODEL {
            self.upload_inputs(inputs)?
        } else {
            self.infer_samples(inputs)?
        }
        self.upload_targets::<C>(&targets)?;
        self.run_evaluation(criterion)
    }
    fn upload_targets<C: Criterion<M>>(&mut self, targets: &Samples<'_, C::Target>) -> Result<()> {
        if targets.len() != self.n {
            return Err(Error::UnequalLengths { inputs: self.n, targets: targets.len() });
        }
        if self.n < C::MIN_BATCH.samples {
            let needs = SmallBatch { samples: C::MIN_BATCH.samples, of: format!("loss `{}`", C::MIN_BATCH.of) };
            needs.check(self.n, || "the batch".into(), "")?;
        }
        let sequences = self.lengths.sequences();
        check_rows::<C::Target, D>(targets, C::TARGET_SEQUENCES.iter().map(|&dimension| &sequences[dimension]))?;
        let n = C::SEQUENCE_OF_TERMS.map_or(self.n, |dimension| sequences[dimension].rows());
        let (terms, elements) = (self.capacity_of_terms::<C>(), self.capacity.elements::<C::Target>());
        self.loss.prepare(&self.device, n, terms, (C::TERMS, C::REDUCTION))?;
        self.loss.upload_targets(&self.device, elements, targets)
    }
    /// Returns the sample of the batch that a number of [`Training::losses`] belongs to.
    pub(crate) fn sample_of_loss<C: Criterion<M>>(&self, at: usize) -> usize {
        C::SEQUENCE_OF_TERMS.map_or(at, |dimension| self.lengths.sequences()[dimension].sample_of(at))
    }
    /// Returns the most samples, or rows, that have a number for each term.
    pub(super) fn capacity_of_terms<C: Criterion<M>>(&self) -> usize {
        if C::SEQUENCE_OF_TERMS.is_some() { self.capacity.rows } else { self.capacity.samples }
    }
    fn run_evaluation<C: Criterion<M>>(&mut self, criterion: &C) -> Result<()> {
        let sequences = self.lengths.sequences();
        let (batch, sizes) = Sizes::of::<M, D>(self.n, &sequences);
        let (targets, terms_len) = (batch.items::<C::Target>(C::TARGET_SEQUENCES), self.loss.n);
        let (target, terms, _) = self.loss.split();
        criterion.evaluate(Evaluate {
            context: &Context::new(&self.device, 0),
            batch,
            net: View::new(D::whole(&self.weights), 1),
            input: View::new(D::whole(&self.input), sizes.input),
            target: LossMemory::<D>::targets(target, targets),
            memory: allocated(&mut self.evaluation, &self.device, self.capacity, M::evaluation_memory)?,
            output: ViewMut::new(D::whole_mut(&mut self.output), sizes.output),
            terms: PartsMut::new(D::whole_mut(terms), terms_len),
        });
        self.stage = Stage::Evaluated;
        Ok(())
    }
    /// The loss of every sample of the batch, after [`Training::loss`] or [`Training::wait`].
    pub fn losses(&self) -> &[f32] {
        &self.loss.losses
    }
    /// The mean of each term of the last loss over the samples, before multiplication by its weight. The model's own loss has its terms in
    /// the order of [`LossPasses::TERMS`]; any other loss has one term.
    pub fn terms(&self) -> &[f32] {
        &self.loss.means
    }
}

/// Requires that the sequences of targets have as many rows as those of the batch that they belong to.
fn check_rows<'s, T: Pack, D: Device>(
    targets: &Samples<'_, T>,
    sequences: impl Iterator<Item = &'s Sequences<'s, D>>,
) -> Result<()> {
    let parts = T::PARTS.iter().enumerate().filter(|(_, part)| part.sequence);
    for ((part, _), sequences) in parts.zip(sequences) {
        for sample in 0..targets.len() {
            let (expected, found) = (sequences.range(sample).len(), targets.get(sample).rows(part));
            if found != expected {
                return Err(Error::TargetRows { sample, expected, found });
            }
        }
    }
    Ok(())
}

impl<M: LossPasses, D: Device> Training<M, D> {
    /// Computes the mean of the model's own loss over the batch (with `reduction: sum` the sum), after [`Training::forward`].
    /// [`Training::terms`] returns its terms.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # fn example<Vae: dl::Objective<Input = [f32; 64], Target = [f32; 0]>>(images: Vec<[f32; 64]>) -> dl::Result<()> {
    /// use dl::data::Dataset;
    /// use dl::prelude::*;
    /// let images = Dataset::unlabelled(images);
    /// let mut net = Vae::init(42);
    /// let mut training = net.training(Cpu::new(), 64)?;
    /// for (images, targets) in images.batches(64) {
    ///     training.forward(images)?;
    ///     let loss = training.objective(targets)?;
    ///     training.backward();
    ///     training.step(&Adam::new(1e-3))?;
    ///     let terms = Vae::TERMS.iter().zip(training.terms());
    ///     let terms: Vec<String> = terms.map(|(term, mean)| format!("{} × {} {mean}", term.weight, term.name)).collect();
    ///     println!("{loss} = {}", terms.join(" + "));
    /// }
    /// training.store(&mut net)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns [`Error::LabelOutOfRange`] with the sample, and the errors of [`Training::loss`].
    ///
    /// # Panics
    /// Panics when no forward pass came before.
    pub fn objective(&mut self, targets: &[M::Target]) -> Result<f32> {
        self.check_and_compute_loss(&ModelLoss, targets)?;
        self.wait_for_loss()
    }
    /// [`Training::objective`] without waiting for the result, as [`Training::loss_async`] does.
    ///
    /// # Errors
    /// Returns the errors of [`Training::objective`] about targets.
    ///
    /// # Panics
    /// Panics when no forward pass came before.
    pub fn objective_async(&mut self, targets: &[M::Target]) -> Result<()> {
        self.check_and_compute_loss(&ModelLoss, targets)?;
        self.go_on_without_loss();
        Ok(())
    }
    /// Computes the mean of the model's own loss over a batch in inference mode: without dropout, with running statistics, and without
    /// keeping values for a backward pass.
    ///
    /// # Errors
    /// Returns the errors of [`Training::objective`], and [`Error::Setting`] when there are no inputs or more than the session has room
    /// for.
    pub fn evaluate_objective(&mut self, inputs: &[M::Input], targets: &[M::Target]) -> Result<f32> {
        M::check_inputs(inputs)?;
        M::check_targets(targets)?;
        self.evaluate_loss(&ModelLoss, Samples::All(inputs), Samples::All(targets))?;
        self.wait_for_loss()
    }
}
