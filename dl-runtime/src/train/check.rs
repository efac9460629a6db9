//! Checks before the first step of a training: the data, the sizes of its batches, and the folder of the checkpoint.

use super::feed::Feed;
use super::trainer::Trainer;
use crate::data::Dataset;
use crate::metrics::Metrics;
use crate::session::{Criterion, SmallBatch, min_batch_of_model};
use crate::tensor::Pack;
use crate::tensor::pack::rows_of;
use crate::tensor::ranges::check_finite;
use crate::{Error, Passes, Result, io};

/// Checks the data sets of a training and the batches that they are split into.
pub(super) fn check<M, T, O, L, D>(trainer: &Trainer<'_, M, T, O, L, D>, feed: &Feed<'_, M::Input, T>) -> Result<()>
where
    M: Passes,
    T: Pack,
    L: Criterion<M, Target = T>,
{
    const TRAINING: &str = "training set";
    const VALIDATION: &str = "validation set";
    match feed {
        Feed::Set(data) => set::<M, T, L>(data, TRAINING, &trainer.loss)?,
        Feed::Source(..) if feed.len() == 0 => return Err(Error::Empty { what: TRAINING }),
        Feed::Source(..) if trainer.similar_lengths => {
            let expected = "false for a source, whose lengths are unknown".into();
            return Err(Error::Setting { setting: "similar_lengths", of: "Trainer", expected, found: "true".into() });
        }
        Feed::Source(..) => {}
    }
    if let Some(sampler) = trainer.sampler.as_ref().filter(|sampler| sampler.samples() != feed.len()) {
        let expected = format!("for {}, the samples of the training set", feed.len());
        let found = format!("for {} samples", sampler.samples());
        return Err(Error::Setting { setting: "sampler", of: "Trainer", expected, found });
    }
    if let Some(validation) = trainer.validation {
        set::<M, T, L>(validation, VALIDATION, &trainer.loss)?;
    }
    let size = trainer.batch_size;
    if trainer.drops_last() && feed.len() < size {
        let setting = if trainer.drop_last.is_some() { "drop_last" } else { "carry_state" };
        let expected = format!("from 1 to {} with `{setting}`, the samples of the training set", feed.len());
        return Err(Error::Setting { setting: "batch_size", of: "Trainer", expected, found: size.to_string() });
    }
    let loss = SmallBatch { samples: L::MIN_BATCH.samples, of: format!("loss `{}`", L::MIN_BATCH.of) };
    let training = Batches { set: TRAINING, samples: feed.len(), size, drop_last: trainer.drops_last() };
    for least in [&min_batch_of_model::<M>(), &loss] {
        training.check(least)?;
    }
    match trainer.validation {
        Some(set) => Batches { set: VALIDATION, samples: set.len(), size, drop_last: false }.check(&loss),
        None => Ok(()),
    }
}

/// Checks that a checkpoint can be written, before any work can be lost.
pub(super) fn check_checkpoint<M: Passes, T: Pack, O, L, D>(trainer: &Trainer<'_, M, T, O, L, D>) -> Result<()> {
    trainer.checkpoint.as_ref().map_or(Ok(()), io::check_writable)
}

/// Checks the samples of a data set; errors name the set.
fn set<M, T, L>(data: &Dataset<M::Input, T>, set: &'static str, loss: &L) -> Result<()>
where
    M: Passes,
    T: Pack,
    L: Criterion<M, Target = T>,
{
    if data.inputs.is_empty() && data.targets.is_empty() {
        return Err(Error::Empty { what: set });
    }
    let checked = data.check_lengths().and_then(|()| check_samples::<M, T, L>(&data.inputs, &data.targets, loss));
    checked.map_err(|error| error.of_data(set))
}

/// Checks inputs and their targets.
pub(super) fn check_samples<M, T, L>(inputs: &[M::Input], targets: &[T], loss: &L) -> Result<()>
where
    M: Passes,
    T: Pack,
    L: Criterion<M, Target = T>,
{
    check_finite(inputs)?;
    M::check_inputs(inputs)?;
    for (k, &dimension) in L::TARGET_SEQUENCES.iter().enumerate() {
        for (sample, (input, target)) in inputs.iter().zip(targets).enumerate() {
            let (expected, found) = (rows_of(input, dimension), rows_of(target, k));
            if found != expected {
                return Err(Error::TargetRows { sample, expected, found });
            }
        }
    }
    loss.check(targets)
}

/// The batches that a data set is split into.
struct Batches {
    set: &'static str,
    samples: usize,
    size: usize,
    drop_last: bool,
}

impl Batches {
    /// Checks that the smallest batch has as many samples as `least` requires.
    fn check(&self, least: &SmallBatch) -> Result<()> {
        let (batches, rest) = (self.samples.div_ceil(self.size), self.samples % self.size);
        let full = self.size.min(self.samples);
        let (batch, found, help) = match (rest, self.drop_last) {
            _ if full < least.samples && self.size < least.samples => (1, full, "choose a larger batch size"),
            _ if full < least.samples => (1, full, "it needs more samples"),
            (0, _) | (_, true) => return Ok(()),
            _ if self.set == "training set" => {
                (batches, rest, "`drop_last(true)` leaves the last batch out, or choose another batch size")
            }
            _ => (batches, rest, "choose another batch size, or another number of samples"),
        };
        least.check(found, || format!("batch {batch} of {batches} of the {}", self.set), help)
    }
}

/// Checks that the metrics can be used with the items of all targets.
pub(super) fn check_metrics<Y, T: Pack>(metrics: &Metrics<Y, T::Row>, targets: &[T]) -> Result<()> {
    metrics.iter().try_for_each(|metric| {
        metric.check(&[])?;
        targets.iter().try_for_each(|target| metric.check(target.items()))
    })
}
