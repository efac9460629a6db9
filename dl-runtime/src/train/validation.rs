//! Validation: the loss and the metrics of the validation set.

use super::history::Scores;
use super::run::Run;
use super::terms;
use crate::data::Dataset;
use crate::ops::Device;
use crate::optim::Optimizer;
use crate::session::{Criterion, Samples};
use crate::tensor::Pack;
use crate::{Error, Passes, Result, Training};

impl<M, T, O, L, D> Run<'_, '_, M, T, O, L, D>
where
    M: Passes,
    T: Pack,
    O: Optimizer,
    L: Criterion<M, Target = T>,
    D: Device,
{
    /// Returns the loss and the metrics of a data set.
    pub(super) fn validate(&mut self, data: &Dataset<M::Input, T>) -> Result<Scores> {
        let wanted = self.trainer.metrics.len() > terms::reported::<M, L>().len();
        let mut pending = None;
        let size = self.training.batch_size();
        for (i, batch) in data.batches(size).enumerate() {
            self.begin_evaluation(batch)?;
            self.training.request_results(wanted)?;
            let batch = (i * size, batch);
            let due = if Training::<M, D>::ASYNCHRONOUS { pending.replace(batch) } else { Some(batch) };
            due.map_or(Ok(()), |due| self.finish_evaluation(due))?;
        }
        pending.map_or(Ok(()), |due| self.finish_evaluation(due))?;
        Ok(self.scores())
    }
    /// Requests the loss of a batch of the validation set.
    fn begin_evaluation(&mut self, (inputs, targets): (&[M::Input], &[T])) -> Result<()> {
        self.training.evaluate_loss(&self.trainer.loss, Samples::All(inputs), Samples::All(targets))?;
        self.training.go_on_without_loss();
        Ok(())
    }
    /// Waits for the results of a batch of the validation set, which starts at sample `first`, and adds them to the sums.
    fn finish_evaluation(&mut self, (first, (inputs, targets)): (usize, (&[M::Input], &[T]))) -> Result<()> {
        let outputs = &mut self.outputs[..targets.len()];
        let (loss, _) = self.training.receive_results(outputs)?;
        if !loss.is_finite() {
            let at = self.training.losses().iter().position(|loss| !loss.is_finite()).unwrap_or(0);
            let at = self.training.sample_of_loss::<L>(at);
            // The batch is evaluated again to find where it failed.
            self.begin_evaluation((inputs, targets))?;
            let layer = match self.training.wait() {
                Err(Error::NotFinite { layer, .. }) => layer,
                Err(error) => return Err(error),
                Ok(_) => "the loss".into(),
            };
            return Err(Error::ValidationNotFinite { step: self.training.steps(), sample: first + at, layer });
        }
        let outputs = &self.outputs[..targets.len()];
        Self::account(self.trainer, &mut self.state, &self.training, outputs, targets.iter());
        Ok(())
    }
}
