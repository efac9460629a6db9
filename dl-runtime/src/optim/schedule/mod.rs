//! Schedules change the learning rate during training. The formulas are PyTorch's.
//!
//! A schedule returns a factor by which the learning rate of the optimizer is multiplied. Its position is counted in steps
//! ([`Trainer::schedule`]) or in epochs ([`Trainer::schedule_by_epoch`]). Positions in epochs have fractions: 2.5 is the middle of the
//! third epoch. Schedules can be joined: one after the other ([`Schedule::until`]), or multiplied ([`Schedule::times`]). A
//! [`Plateau`] is different: it depends on the loss, and belongs to [`Trainer::plateau`].
//!
//! [`Trainer::plateau`]: crate::train::Trainer::plateau
//! [`Trainer::schedule`]: crate::train::Trainer::schedule
//! [`Trainer::schedule_by_epoch`]: crate::train::Trainer::schedule_by_epoch
//!
//! ```
//! # use dl_runtime as dl;
//! use dl::optim::schedule::{Cosine, Schedule, WarmUp};
//! let schedule = WarmUp::over(5.0).from(0.2).then(Cosine::over(15.0));
//! assert_eq!(schedule.factor(0.0), 0.2);
//! assert_eq!(schedule.factor(5.0), 1.0);
//! assert!(schedule.factor(20.0) < 1e-9);
//! ```

mod chain;
mod cosine;
mod plateau;

pub use chain::{Product, Sequence, WarmUp};
pub use cosine::{Cosine, OneCycle, WarmRestarts};
pub use plateau::{Plateau, PlateauState};

use crate::Result;
use crate::range::{self, NOT_NEGATIVE, POSITIVE};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A factor for the learning rate at every position of a training. Closures from `f64` to `f64` are schedules too.
pub trait Schedule: Send + Sync {
    /// Returns the factor after `at` steps or epochs; at the first step, `at` is 0. The factor is finite and at least 0.
    fn factor(&self, at: f64) -> f64;
    /// Checks that every setting is in its range; the trainer calls this before the first step.
    ///
    /// # Errors
    /// Returns [`Error::Setting`](crate::Error::Setting) with the setting, its value and its range.
    fn check(&self) -> Result<()> {
        Ok(())
    }
    /// Returns the name and the settings as JSON, by which a resumed training tells whether its schedule is another one. `null` stands for
    /// settings that are unknown, as those of a closure.
    fn settings(&self) -> Value {
        Value::Null
    }
    /// Follows this schedule up to position `at`, and then `next`, whose position starts at 0: PyTorch's `SequentialLR`.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::optim::schedule::{Constant, Exponential, Schedule, Step};
    /// let schedule = Constant.until(5.0, Step::every(2.0).gamma(0.5).until(4.0, Exponential::new(0.9)));
    /// assert_eq!([0.0, 5.0, 7.0, 9.0, 10.0].map(|at| schedule.factor(at)), [1.0, 1.0, 0.5, 1.0, 0.9]);
    /// ```
    fn until<S: Schedule>(self, at: f64, next: S) -> Sequence<Self, S>
    where
        Self: Sized,
    {
        Sequence::new(self, at, next)
    }
    /// Multiplies the factors of two schedules: PyTorch's `ChainedScheduler`.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::optim::schedule::{Exponential, Schedule, Step};
    /// let schedule = Exponential::new(0.5).times(Step::every(2.0).gamma(0.1));
    /// assert_eq!(schedule.factor(2.0), 0.25 * 0.1);
    /// ```
    fn times<S: Schedule>(self, other: S) -> Product<Self, S>
    where
        Self: Sized,
    {
        Product::new(self, other)
    }
}

impl<F: Fn(f64) -> f64 + Send + Sync> Schedule for F {
    fn factor(&self, at: f64) -> f64 {
        self(at)
    }
}

/// A factor of always 1: PyTorch's `ConstantLR` with factor 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Constant;

impl Schedule for Constant {
    fn factor(&self, _at: f64) -> f64 {
        1.0
    }
    fn settings(&self) -> Value {
        json!({ "Constant": {} })
    }
}

/// A factor that is multiplied by `gamma` after every `every` steps or epochs: `gamma^⌊t / every⌋`, PyTorch's `StepLR`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    every: f64,
    gamma: f64,
}

impl Step {
    /// Multiplies the learning rate by 0.1 after every `every` steps or epochs; `every` is above 0.
    pub const fn every(every: f64) -> Self {
        Step { every, gamma: 0.1 }
    }
    /// Sets another factor than 0.1; at least 0.
    #[must_use]
    pub const fn gamma(self, gamma: f64) -> Self {
        Step { gamma, ..self }
    }
}

impl Schedule for Step {
    fn factor(&self, at: f64) -> f64 {
        self.gamma.powf((at / self.every).floor())
    }
    fn check(&self) -> Result<()> {
        range::check("Step", &[("every", self.every, POSITIVE), ("gamma", self.gamma, NOT_NEGATIVE)])
    }
    fn settings(&self) -> Value {
        json!({ "Step": self })
    }
}

/// A factor of `gamma^t`: PyTorch's `ExponentialLR`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exponential {
    gamma: f64,
}

impl Exponential {
    /// Multiplies the learning rate by `gamma` at every step or epoch; `gamma` is at least 0.
    pub const fn new(gamma: f64) -> Self {
        Exponential { gamma }
    }
}

impl Schedule for Exponential {
    fn factor(&self, at: f64) -> f64 {
        self.gamma.powf(at)
    }
    fn check(&self) -> Result<()> {
        NOT_NEGATIVE.check("Exponential", "gamma", self.gamma)
    }
    fn settings(&self) -> Value {
        json!({ "Exponential": self })
    }
}

/// A factor that falls from 1 to 0, `(1 - t/T)^power`, and stays there: PyTorch's `PolynomialLR`. With a power of 1 it falls linearly.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Polynomial {
    length: f64,
    power: f64,
}

impl Polynomial {
    /// Falls linearly to 0 over `length` steps or epochs; `length` is above 0.
    pub const fn over(length: f64) -> Self {
        Polynomial { length, power: 1.0 }
    }
    /// Sets the power, which is 1 by default; at least 0.
    #[must_use]
    pub const fn power(self, power: f64) -> Self {
        Polynomial { power, ..self }
    }
}

impl Schedule for Polynomial {
    fn factor(&self, at: f64) -> f64 {
        // The end is 0 even with a power of 0.
        if at < self.length { (1.0 - at / self.length).powf(self.power) } else { 0.0 }
    }
    fn check(&self) -> Result<()> {
        range::check("Polynomial", &[("length", self.length, POSITIVE), ("power", self.power, NOT_NEGATIVE)])
    }
    fn settings(&self) -> Value {
        json!({ "Polynomial": self })
    }
}
