//! Checks all settings of a trainer, before it reads the data.

use super::trainer::{Every, Trainer};
use crate::optim::Optimizer;
use crate::tensor::Pack;
use crate::{Passes, Result, range};

impl<M: Passes, T: Pack, O: Optimizer, L, D> Trainer<'_, M, T, O, L, D> {
    /// Checks the settings of the trainer, the optimizer, the schedule and clipping. The loss is checked together with the targets.
    pub(super) fn check_settings(&self) -> Result<()> {
        let every = match self.every {
            Every::Epochs(n) => n as u64,
            Every::Steps(n) => n,
        };
        range::at_least_one("Trainer", "batch_size", self.batch_size as u64)?;
        range::at_least_one("Trainer", "checkpoint_every", every)?;
        range::at_least_one("Trainer", "watch", self.watch.unwrap_or(1))?;
        self.optimizer.check()?;
        self.clip.map_or(Ok(()), |clip| clip.check())?;
        self.schedule.as_ref().map_or(Ok(()), |(schedule, _)| schedule.check())
    }
}
