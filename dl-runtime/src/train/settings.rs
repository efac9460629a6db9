//! Checks all settings of a trainer, before it reads the data.

use super::trainer::{Every, Trainer};
use crate::optim::Optimizer;
use crate::tensor::Pack;
use crate::{Error, Passes, Result, range};

impl<M: Passes, T: Pack, O: Optimizer, L, D> Trainer<'_, M, T, O, L, D> {
    /// Checks the settings of the trainer, the optimizer, the schedule and clipping. The loss is checked together with the targets.
    pub(super) fn check_settings(&self) -> Result<()> {
        let every = match self.every {
            Every::Epochs(n) => n as u64,
            Every::Steps(n) => n,
        };
        range::at_least_one("Trainer", "batch_size", self.batch_size as u64)?;
        range::at_least_one("Trainer", "accumulate", self.accumulate as u64)?;
        range::at_least_one("Trainer", "checkpoint_every", every)?;
        range::at_least_one("Trainer", "loaders", self.loaders as u64)?;
        self.check_carrying()?;
        range::at_least_one("Trainer", "watch", self.watch.unwrap_or(1))?;
        self.check_sampler()?;
        self.optimizer.check()?;
        self.clip.map_or(Ok(()), |clip| clip.check())?;
        self.plateau.map_or(Ok(()), |plateau| plateau.check())?;
        self.average.map_or(Ok(()), |average| average.check())?;
        self.schedule.as_ref().map_or(Ok(()), |(schedule, _)| schedule.check())
    }
    /// Checks that a sample can continue that of the batch before.
    fn check_carrying(&self) -> Result<()> {
        for (setting, found, wanted) in [("shuffle", self.shuffle, false), ("drop_last", self.drop_last, true)] {
            if self.carry_state && found.is_some_and(|found| found != wanted) {
                let expected = format!("{wanted} with `carry_state`, since samples continue those of the batch before");
                return Err(Error::Setting { setting, of: "Trainer", expected, found: (!wanted).to_string() });
            }
        }
        Ok(())
    }
    /// Checks that nothing else sets the order of samples.
    fn check_sampler(&self) -> Result<()> {
        let orders = [
            ("shuffle(false)", self.shuffle == Some(false)),
            ("similar_lengths(true)", self.similar_lengths),
            ("carry_state(true)", self.carry_state),
        ];
        match orders.into_iter().find(|(_, set)| self.sampler.is_some() && *set) {
            Some((order, _)) => Err(Error::Setting {
                setting: "sampler",
                of: "Trainer",
                expected: "the only order of the samples".into(),
                found: format!("combined with `{order}`"),
            }),
            None => Ok(()),
        }
    }
}
