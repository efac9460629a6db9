//! Groups of tensors with a learning rate, a weight decay and a schedule of their own, for fine-tuning.

use super::{Optimizer, Schedule};
use crate::range::{NOT_NEGATIVE, POSITIVE};
use crate::{Error, Result};
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;

/// A group of tensors, chosen by their names, that is trained with settings of its own; everything else about the optimizer stays as it is.
///
/// The pattern is a prefix of the names of tensors in files, such as `encoder.`, or a pattern as in [`Rules`](crate::io::Rules): `{i}` is a
/// number, and `*` one or more whole parts of a name. It fits a tensor if it fits its name or the name of something that the tensor is in:
/// `layers.{i}.norm` contains `layers.3.norm.bias`, and `*.lora_a` contains all tensors of that name.
///
/// ```
/// # use dl_runtime as dl;
/// # type Digits = dl::data::Dataset<dl::data::Digit, u32>;
/// # fn example<Net: dl::Model<Input = dl::data::Digit, Output = [f32; 10]>>(net: &mut Net, data: &Digits) -> dl::Result<()> {
/// use dl::optim::Group;
/// use dl::prelude::*;
/// // The encoder is frozen for two epochs, and then learns more slowly than the head.
/// Trainer::new(AdamW::new(1e-3))
///     .loss(CrossEntropy)
///     .group(Group::new("encoder.").learning_rate_factor(0.1).weight_decay(0.0).frozen_for(2))
///     .fit(net, data)?;
/// # Ok(())
/// # }
/// ```
///
/// Groups must not overlap. A tensor that is [frozen](crate::train::Trainer::freeze) for the whole training belongs to none.
#[derive(Clone)]
pub struct Group {
    pattern: String,
    rate: Rate,
    weight_decay: Option<f64>,
    schedule: Option<(Arc<dyn Schedule>, Unit)>,
    frozen_epochs: usize,
}

/// The learning rate of a group.
#[derive(Clone, Copy, Debug)]
enum Rate {
    /// A multiple of that of the optimizer.
    Factor(f64),
    /// This one.
    Absolute(f64),
}

/// The unit of the position of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Steps,
    Epochs,
}

/// The numbers of a step on which the optimizers of groups depend.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// The number of steps before it.
    pub steps: f64,
    /// The number of epochs before it, with their fractions.
    pub epochs: f64,
    /// The factor of the schedule that groups without one of their own follow.
    pub schedule: f64,
    /// A factor for all groups.
    pub factor: f64,
}

impl Unit {
    pub fn name(self) -> &'static str {
        match self {
            Unit::Steps => "steps",
            Unit::Epochs => "epochs",
        }
    }
}

impl Group {
    /// Creates a group of the tensors that fit a pattern, so far with the settings of the optimizer.
    pub fn new(pattern: impl Into<String>) -> Self {
        Group { pattern: pattern.into(), rate: Rate::Factor(1.0), weight_decay: None, schedule: None, frozen_epochs: 0 }
    }
    /// Multiplies the learning rate of the optimizer by a factor above 0.
    #[must_use]
    pub fn learning_rate_factor(mut self, factor: f64) -> Self {
        self.rate = Rate::Factor(factor);
        self
    }
    /// Sets a learning rate above 0 in the place of that of the optimizer. The trainer's schedule applies to it too.
    #[must_use]
    pub fn learning_rate(mut self, learning_rate: f64) -> Self {
        self.rate = Rate::Absolute(learning_rate);
        self
    }
    /// Sets a weight decay, at least 0, in the place of that of the optimizer.
    #[must_use]
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = Some(weight_decay);
        self
    }
    /// Follows this schedule in the place of the trainer's; its position is counted in the steps of the training.
    #[must_use]
    pub fn schedule(mut self, schedule: impl Schedule + 'static) -> Self {
        self.schedule = Some((Arc::new(schedule), Unit::Steps));
        self
    }
    /// Follows this schedule in the place of the trainer's; its position is counted in the epochs of the training, with fractions. Only a
    /// trainer counts epochs.
    #[must_use]
    pub fn schedule_by_epoch(mut self, schedule: impl Schedule + 'static) -> Self {
        self.schedule = Some((Arc::new(schedule), Unit::Epochs));
        self
    }
    /// Freezes the group for the first `epochs` epochs of the training, after which it starts with a fresh state of the optimizer: gradual
    /// unfreezing of one group after the other, from the last layers to the first. Only a trainer counts epochs; a loop written by hand
    /// calls [`Training::freeze`](crate::Training::freeze) and [`Training::unfreeze`](crate::Training::unfreeze).
    #[must_use]
    pub fn frozen_for(mut self, epochs: usize) -> Self {
        self.frozen_epochs = epochs;
        self
    }
    /// Returns the pattern.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }
    /// Returns the settings, to compare them with those of another training.
    pub(crate) fn settings(&self) -> Value {
        let (factor, rate) = match self.rate {
            Rate::Factor(factor) => (Some(factor), None),
            Rate::Absolute(rate) => (None, Some(rate)),
        };
        let schedule = self.schedule.as_ref();
        json!({
            "learning_rate_factor": factor,
            "learning_rate": rate,
            "weight_decay": self.weight_decay,
            "schedule": schedule.map(|(schedule, unit)| json!({ "by": unit.name(), "factor": schedule.settings() })),
            "frozen_for": self.frozen_epochs,
        })
    }
    /// Returns whether the group is frozen after so many epochs.
    pub(crate) fn is_frozen_after(&self, epochs: usize) -> bool {
        epochs < self.frozen_epochs
    }
    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// Returns [`Error::Setting`] with the setting, its value and its range.
    pub fn check(&self) -> Result<()> {
        match self.rate {
            Rate::Factor(factor) => POSITIVE.check("Group", "learning_rate_factor", factor)?,
            Rate::Absolute(rate) => POSITIVE.check("Group", "learning_rate", rate)?,
        }
        self.weight_decay.map_or(Ok(()), |decay| NOT_NEGATIVE.check("Group", "weight_decay", decay))?;
        self.schedule.as_ref().map_or(Ok(()), |(schedule, _)| schedule.check())
    }
    /// Checks that no setting needs the trainer, which counts epochs.
    pub(crate) fn check_without_epochs(&self) -> Result<()> {
        let of_epochs = [
            ("frozen_for", self.frozen_epochs > 0),
            ("schedule_by_epoch", matches!(self.schedule, Some((_, Unit::Epochs)))),
        ];
        match of_epochs.into_iter().find(|(_, set)| *set) {
            Some((setting, _)) => Err(Error::Setting {
                setting,
                of: "Group",
                expected: "left to a `Trainer`, since a `Training` session counts no epochs".into(),
                found: "set".into(),
            }),
            None => Ok(()),
        }
    }
    /// Returns the optimizer of the group at a step, with a learning rate that counts as that before any schedule.
    pub(crate) fn optimizer<O: Optimizer>(&self, optimizer: &O, pace: Pace) -> Result<O> {
        let rate = match self.rate {
            Rate::Factor(factor) => optimizer.learning_rate() * factor,
            Rate::Absolute(rate) => rate,
        };
        let schedule = match &self.schedule {
            Some((schedule, Unit::Steps)) => schedule.factor(pace.steps),
            Some((schedule, Unit::Epochs)) => schedule.factor(pace.epochs),
            None => pace.schedule,
        };
        NOT_NEGATIVE.check("schedule", "factor", schedule)?;
        let of_group = optimizer.with_learning_rate(rate * schedule * pace.factor);
        let Some(decay) = self.weight_decay else { return Ok(of_group) };
        of_group.with_weight_decay(decay).ok_or_else(|| Error::Setting {
            setting: "weight_decay",
            of: "Group",
            expected: format!("left out, since the optimizer `{}` has none", O::NAME),
            found: crate::range::text(decay),
        })
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("pattern", &self.pattern)
            .field("rate", &self.rate)
            .field("weight_decay", &self.weight_decay)
            .field("schedule", &self.schedule.as_ref().map(|(_, unit)| unit))
            .field("frozen_epochs", &self.frozen_epochs)
            .finish()
    }
}
