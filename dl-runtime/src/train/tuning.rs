//! Which tensors a trainer trains, and with which settings: freezing and groups, for fine-tuning.

use super::trainer::Trainer;
use crate::ops::Device;
use crate::optim::{Group, Optimizer, Pace};
use crate::tensor::Pack;
use crate::{Passes, Result, Training};
use serde_json::Value;

/// The frozen tensors and the groups of a trainer.
#[derive(Clone, Debug, Default)]
pub(super) struct Tuning {
    /// The patterns of frozen tensors.
    frozen: Vec<String>,
    /// The patterns of the only tensors to train; empty for all.
    only: Vec<String>,
    groups: Vec<Group>,
}

impl Tuning {
    /// Sets up a session: groups contain only what is not frozen for the whole training.
    pub fn set_up<M: Passes, D: Device>(
        &self,
        optimizer: &impl Optimizer,
        training: &mut Training<M, D>,
    ) -> Result<()> {
        if !self.only.is_empty() {
            training.train_only(&self.only)?;
        }
        self.frozen.iter().try_for_each(|pattern| training.freeze(pattern))?;
        training.check_trained()?;
        let start = Pace { steps: 0.0, epochs: 0.0, schedule: 1.0, factor: 1.0 };
        self.groups.iter().try_for_each(|group| {
            training.add_group(group.clone())?;
            group.optimizer(optimizer, start)?.check()
        })
    }
    /// Returns the settings of each group by its pattern.
    pub fn group_settings(&self) -> Value {
        self.groups.iter().map(|group| (group.pattern().to_owned(), group.settings())).collect()
    }
    /// Returns the patterns in words, for a comparison with those of a checkpoint.
    pub fn text(&self) -> String {
        let list = |word: &str, patterns: &[String]| match patterns {
            [] => None,
            patterns => Some(format!("{word} {}", patterns.join(", "))),
        };
        let groups: Vec<String> = self.groups.iter().map(|group| group.pattern().into()).collect();
        let lists = [list("frozen", &self.frozen), list("only", &self.only), list("groups", &groups)];
        let lists: Vec<String> = lists.into_iter().flatten().collect();
        if lists.is_empty() { "none".into() } else { lists.join("; ") }
    }
}

impl<M: Passes, T: Pack, O, L, D> Trainer<'_, M, T, O, L, D> {
    /// Freezes the tensors that fit a pattern, such as `encoder.`, for the whole training; [`Group`] describes patterns. It can be called
    /// several times.
    ///
    /// Steps do not change what is frozen, it takes no memory of the optimizer, and gradient clipping and warnings do not count its
    /// gradients. Running statistics stay as they are, and `batch_norm` normalises by them, as at inference: Keras' `trainable = False`,
    /// and PyTorch's `requires_grad_(False)` with `eval()`. Dropout goes on.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # type Digits = dl::data::Dataset<dl::data::Digit, u32>;
    /// # fn example<Net: dl::Model<Input = dl::data::Digit, Output = [f32; 10]>>(data: &Digits) -> dl::Result<()> {
    /// use dl::io::Load;
    /// use dl::prelude::*;
    /// // Everything but the head comes from a file.
    /// let mut net = Net::init(42);
    /// Load::new().allow_missing(true).load_into(&mut *net, "encoder.safetensors")?;
    /// Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).freeze("encoder.").fit(&mut net, data)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Trainer::fit`] returns [`Error::NoTensorFits`](crate::Error::NoTensorFits) with the nearest names,
    /// [`Error::Setting`](crate::Error::Setting) for a pattern that is not one, and
    /// [`Error::NothingToTrain`](crate::Error::NothingToTrain) if everything is frozen.
    #[must_use]
    pub fn freeze(mut self, pattern: impl Into<String>) -> Self {
        self.tuning.frozen.push(pattern.into());
        self
    }
    /// Freezes everything but the tensors that fit a pattern, such as `head.` or `*.lora_a`. If it is called several times, what fits one
    /// of the patterns is trained, unless it is [frozen](Trainer::freeze).
    ///
    /// # Errors
    /// [`Trainer::fit`] returns the errors of [`Trainer::freeze`].
    #[must_use]
    pub fn train_only(mut self, pattern: impl Into<String>) -> Self {
        self.tuning.only.push(pattern.into());
        self
    }
    /// Trains a group of tensors with settings of its own: its learning rate, weight decay and schedule, and the epochs for which it is
    /// frozen. Tensors in no group have the settings of the optimizer. The learning rates in histories are those of the optimizer.
    ///
    /// # Errors
    /// [`Trainer::fit`] returns the errors of [`Trainer::freeze`] about the pattern of a group,
    /// [`Error::GroupsOverlap`](crate::Error::GroupsOverlap) for two groups with the same tensor, and
    /// [`Error::Setting`](crate::Error::Setting) for a setting out of range and a group of frozen tensors only.
    #[must_use]
    pub fn group(mut self, group: Group) -> Self {
        self.tuning.groups.push(group);
        self
    }
}
