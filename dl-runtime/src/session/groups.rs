//! Freezing and groups of tensors in a [`Training`] session.

use super::Training;
use super::optimizer_state::Trained;
use crate::io::select;
use crate::ops::Device;
use crate::optim::Group;
use crate::{Error, Passes, Result, Role};

impl<M: Passes, D: Device> Training<M, D> {
    /// Freezes the tensors that fit a pattern, such as `encoder.`; [`Group`] describes patterns. Steps do not change them, without a word
    /// of weight decay or momentum, and gradient clipping does not count their gradients. Running statistics stay as they are, and
    /// `batch_norm` normalises by them, as at inference.
    ///
    /// A frozen tensor takes no memory of the optimizer unless it was trained before, and then keeps its state there.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # fn example<Net: dl::Model<Input = [f32; 4], Output = [f32; 3]>>(data: dl::data::Dataset<[f32; 4], u32>) -> dl::Result<()> {
    /// use dl::prelude::*;
    /// let net = Net::init(42);
    /// let mut training = net.training(Cpu::new(), 64)?;
    /// training.freeze("encoder.")?;
    /// for epoch in 0..10 {
    ///     if epoch == 3 {
    ///         training.unfreeze("encoder.")?;
    ///     }
    ///     for (inputs, targets) in data.batches(64) {
    ///         training.forward(inputs)?;
    ///         training.loss(&CrossEntropy, targets)?;
    ///         training.backward();
    ///         training.step(&Adam::new(1e-3))?;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns [`Error::NoTensorFits`] with the nearest names, [`Error::Setting`] for a pattern that is not one, and the error of the
    /// device when its memory is full. [`Training::step`] returns [`Error::NothingToTrain`] if everything is frozen.
    pub fn freeze(&mut self, pattern: &str) -> Result<()> {
        let fits = self.select("freeze", pattern)?;
        self.set_frozen(|tensor, frozen| frozen || fits[tensor])
    }
    /// Trains tensors again that were frozen. Those that were never trained start with a fresh state of the optimizer, those that were
    /// trained before go on with theirs.
    ///
    /// # Errors
    /// Returns the errors of [`Training::freeze`].
    pub fn unfreeze(&mut self, pattern: &str) -> Result<()> {
        let fits = self.select("unfreeze", pattern)?;
        self.set_frozen(|tensor, frozen| frozen && !fits[tensor])
    }
    /// Freezes all tensors but those that fit one of the patterns, which are trained.
    ///
    /// # Errors
    /// Returns the errors of [`Training::freeze`].
    pub fn train_only(&mut self, patterns: &[impl AsRef<str>]) -> Result<()> {
        let fits = patterns.iter().map(|pattern| self.select("train_only", pattern.as_ref()));
        let fits: Vec<Vec<bool>> = fits.collect::<Result<_>>()?;
        self.set_frozen(|tensor, _| !fits.iter().any(|fits| fits[tensor]))
    }
    /// Trains a group of tensors with settings of its own. Those that are frozen at this time do not belong to it.
    ///
    /// A factor of the learning rate and a schedule apply to the rate of the optimizer that [`Training::step`] gets. An absolute learning
    /// rate does not depend on that.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # fn example<Net: dl::Model>(net: &Net) -> dl::Result<()> {
    /// use dl::optim::Group;
    /// use dl::prelude::*;
    /// let mut training = net.training(Cpu::new(), 64)?;
    /// // Layers nearer to the input learn more slowly.
    /// for layer in 0..12 {
    ///     training.group(Group::new(format!("layers.{layer}.")).learning_rate_factor(0.8f64.powi(12 - layer)))?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns the errors of [`Training::freeze`], [`Error::GroupsOverlap`] for a tensor of another group, and [`Error::Setting`] for a
    /// setting out of range or one that only a trainer can follow, and for a group without a tensor to train.
    pub fn group(&mut self, group: Group) -> Result<()> {
        group.check_without_epochs()?;
        self.add_group(group)
    }
    /// [`Training::group`] for a group that may depend on epochs.
    pub(crate) fn add_group(&mut self, group: Group) -> Result<()> {
        group.check()?;
        let fits = self.select("Group", group.pattern())?;
        let state = &mut self.optimizing;
        let all = || state.trained().zip(&state.tensors).zip(&fits).filter(|(_, fits)| **fits).map(|(of, _)| of);
        if let Some((other, tensor)) = all().find_map(|(trained, tensor)| Some((trained.group?, tensor))) {
            let (first, second) = (state.groups[other].pattern().into(), group.pattern().into());
            return Err(Error::GroupsOverlap { tensor: tensor.name.clone(), first, second });
        }
        if all().all(|(trained, tensor)| trained.frozen || tensor.role == Role::Statistic) {
            return Err(Error::Setting {
                setting: "pattern",
                of: "Group",
                expected: "that of tensors to train".into(),
                found: format!("`{}`, whose tensors are frozen, or statistics", group.pattern()),
            });
        }
        let index = state.groups.len();
        state.set_trained(&self.device, |tensor, old| match old {
            Trained { frozen: false, .. } if fits[tensor] => Trained { group: Some(index), ..old },
            old => old,
        })?;
        state.groups.push(group);
        Ok(())
    }
    /// Freezes or trains each group as it wants to be after so many epochs.
    pub(crate) fn begin_epoch(&mut self, epochs: usize) -> Result<()> {
        let frozen: Vec<bool> = self.optimizing.groups.iter().map(|group| group.is_frozen_after(epochs)).collect();
        let of = |old: Trained| old.group.map_or(old, |group| Trained { frozen: frozen[group], ..old });
        if self.optimizing.trained().any(|trained| of(trained) != trained) {
            self.optimizing.set_trained(&self.device, |_, old| of(old))?;
        }
        self.check_trained()
    }
    /// Checks that something is left to train.
    pub(crate) fn check_trained(&self) -> Result<()> {
        if self.optimizing.all_frozen() { Err(Error::NothingToTrain { model: M::NAME }) } else { Ok(()) }
    }
    /// Returns for each tensor whether it is frozen.
    pub(crate) fn frozen(&self) -> impl Iterator<Item = bool> {
        self.optimizing.trained().map(|trained| trained.frozen)
    }
    fn select(&self, of: &'static str, pattern: &str) -> Result<Vec<bool>> {
        select(M::NAME, &self.optimizing.tensors, of, pattern)
    }
    fn set_frozen(&mut self, of: impl Fn(usize, bool) -> bool) -> Result<()> {
        // Passes may leave these gradients as they are, and the next one may add to them.
        for range in &self.optimizing.frozen {
            let (_, behind) = D::split_mut(D::whole_mut(&mut self.gradients), range.start);
            self.device.clear(D::split_mut(behind, range.len()).0);
        }
        self.optimizing.set_trained(&self.device, |tensor, old| Trained { frozen: of(tensor, old.frozen), ..old })
    }
}
