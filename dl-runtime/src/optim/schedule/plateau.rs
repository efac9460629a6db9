//! The schedule that waits for the loss: PyTorch's `ReduceLROnPlateau`.

use crate::Result;
use crate::range::{self, KEPT, SHARE};
use serde::{Deserialize, Serialize};

/// Reduces the learning rate when the loss has stopped falling: PyTorch's `ReduceLROnPlateau`, with mode `min` and a relative threshold.
///
/// The trainer shows it the validation loss of each epoch ([`Trainer::plateau`](crate::train::Trainer::plateau)). In a loop of your own,
/// its memory is a [`PlateauState`], which can be stored in checkpoints:
///
/// ```
/// # use dl_runtime as dl;
/// use dl::optim::schedule::{Plateau, PlateauState};
/// let plateau = Plateau::default().factor(0.5).patience(1);
/// let mut state = PlateauState::default();
/// let factors = [3.0, 2.0, 2.0, 2.5, 1.0].map(|loss| plateau.observe(loss, &mut state));
/// assert_eq!(factors, [1.0, 1.0, 1.0, 0.5, 0.5]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plateau {
    factor: f64,
    patience: u64,
    threshold: f64,
    cooldown: u64,
    floor: f64,
}

impl Default for Plateau {
    /// PyTorch's settings: multiplies the learning rate by 0.1 after more than 10 epochs without a loss that is smaller by 0.01 %.
    fn default() -> Self {
        Plateau { factor: 0.1, patience: 10, threshold: 1e-4, cooldown: 0, floor: 0.0 }
    }
}

impl Plateau {
    /// Sets the factor by which the learning rate is multiplied, at least 0 and below 1; the default is 0.1.
    #[must_use]
    pub const fn factor(self, factor: f64) -> Self {
        Plateau { factor, ..self }
    }
    /// Sets the number of epochs without an improvement that are accepted; the next one reduces the learning rate. The default is 10.
    #[must_use]
    pub const fn patience(self, epochs: u64) -> Self {
        Plateau { patience: epochs, ..self }
    }
    /// Sets the part of the best loss by which a loss must be smaller to count as an improvement, at least 0 and below 1; the default is
    /// 1e-4.
    #[must_use]
    pub const fn threshold(self, threshold: f64) -> Self {
        Plateau { threshold, ..self }
    }
    /// Sets the number of epochs after a reduction in which no loss counts as bad; the default is 0.
    #[must_use]
    pub const fn cooldown(self, epochs: u64) -> Self {
        Plateau { cooldown: epochs, ..self }
    }
    /// Sets the smallest factor of the optimizer's learning rate, from 0 to 1, which is 0 by default (`min_lr / lr`).
    #[must_use]
    pub const fn floor(self, floor: f64) -> Self {
        Plateau { floor, ..self }
    }
    /// Takes the loss of an epoch, and returns the factor of the learning rate from now on. A loss of NaN is no improvement.
    pub fn observe(&self, loss: f64, state: &mut PlateauState) -> f64 {
        if loss < state.best.map_or(f64::INFINITY, |best| best * (1.0 - self.threshold)) {
            (state.best, state.bad) = (Some(loss), 0);
        } else {
            state.bad = state.bad.saturating_add(1);
        }
        if state.cooldown > 0 {
            (state.cooldown, state.bad) = (state.cooldown - 1, 0);
        }
        if state.bad > self.patience {
            state.factor = (state.factor * self.factor).max(self.floor);
            (state.cooldown, state.bad) = (self.cooldown, 0);
        }
        state.factor
    }
    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// Returns [`Error::Setting`](crate::Error::Setting) with the setting, its value and its range.
    pub fn check(&self) -> Result<()> {
        let settings =
            [("factor", self.factor, KEPT), ("threshold", self.threshold, KEPT), ("floor", self.floor, SHARE)];
        range::check("Plateau", &settings)
    }
}

/// The memory of a [`Plateau`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlateauState {
    /// The smallest loss so far.
    best: Option<f64>,
    /// The number of epochs since the last improvement or reduction.
    bad: u64,
    /// The number of epochs of the cooldown that are left.
    cooldown: u64,
    factor: f64,
}

impl Default for PlateauState {
    fn default() -> Self {
        PlateauState { best: None, bad: 0, cooldown: 0, factor: 1.0 }
    }
}

impl PlateauState {
    /// Returns the factor of the learning rate.
    pub fn factor(&self) -> f64 {
        self.factor
    }
}
