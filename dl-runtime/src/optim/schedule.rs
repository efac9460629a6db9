//! Schedules change the learning rate during training. The formulas are PyTorch's.
//!
//! A schedule returns a factor by which the learning rate of the optimizer is multiplied. Its position is counted in steps
//! ([`Trainer::schedule`]) or in epochs ([`Trainer::schedule_by_epoch`]). Positions in epochs have fractions: 2.5 is the middle of the
//! third epoch.
//!
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

use crate::Result;
use crate::range::{self, DIVISOR, NOT_NEGATIVE, POSITIVE, SHARE};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

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
}

/// A factor that falls from 1 to a floor along half a cosine, `floor + (1 - floor)·(1 + cos(π·t/T))/2`, and stays there: PyTorch's
/// `CosineAnnealingLR`; Loshchilov & Hutter, "SGDR: Stochastic gradient descent with warm restarts", ICLR 2017.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cosine {
    length: f64,
    floor: f64,
}

impl Cosine {
    /// Falls to 0 over `length` steps or epochs; `length` is above 0.
    pub const fn over(length: f64) -> Self {
        Cosine { length, floor: 0.0 }
    }
    /// Sets the factor at the end, which is 0 by default; at least 0.
    #[must_use]
    pub const fn floor(self, floor: f64) -> Self {
        Cosine { floor, ..self }
    }
}

impl Schedule for Cosine {
    fn factor(&self, at: f64) -> f64 {
        cosine(1.0, self.floor, at / self.length)
    }
    fn check(&self) -> Result<()> {
        range::check("Cosine", &[("length", self.length, POSITIVE), ("floor", self.floor, NOT_NEGATIVE)])
    }
}

/// Returns the value at `t`, from 0 to 1, of half a cosine from `from` to `to`.
fn cosine(from: f64, to: f64, t: f64) -> f64 {
    to + (from - to) * (1.0 + (PI * t.clamp(0.0, 1.0)).cos()) / 2.0
}

/// A factor that rises linearly to 1 (PyTorch's `LinearLR`), followed by another schedule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WarmUp<S = Constant> {
    length: f64,
    from: f64,
    then: S,
}

impl WarmUp {
    /// Rises from a third to 1 over `length` steps or epochs; with a length of 0 the next schedule starts at once.
    pub const fn over(length: f64) -> Self {
        WarmUp { length, from: 1.0 / 3.0, then: Constant }
    }
    /// Sets the schedule that follows; its position starts at 0.
    #[must_use]
    pub fn then<S: Schedule>(self, then: S) -> WarmUp<S> {
        WarmUp { length: self.length, from: self.from, then }
    }
}

impl<S> WarmUp<S> {
    /// Sets the factor at the start, from 0 to 1, which is a third by default. (PyTorch does not allow 0, because its recursive form
    /// divides by it.)
    #[must_use]
    pub fn from(mut self, factor: f64) -> Self {
        self.from = factor;
        self
    }
}

impl<S: Schedule> Schedule for WarmUp<S> {
    fn factor(&self, at: f64) -> f64 {
        if at < self.length {
            self.from + (1.0 - self.from) * at / self.length
        } else {
            self.then.factor(at - self.length)
        }
    }
    fn check(&self) -> Result<()> {
        range::check("WarmUp", &[("length", self.length, NOT_NEGATIVE), ("from", self.from, SHARE)])?;
        self.then.check()
    }
}

/// A factor that rises from 1/25 to 1 and falls to almost 0, both along half a cosine: PyTorch's `OneCycleLR`, whose `max_lr` is the
/// optimizer's learning rate; Smith & Topin, "Super-convergence", 2018. The momentum does not change.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneCycle {
    length: f64,
    rise: f64,
    start: f64,
    end: f64,
}

impl OneCycle {
    /// One cycle over `length` steps (above 0), with its peak after 30 % of them. Its positions should be counted in steps: counted in
    /// epochs, the whole last epoch would run at the lowest learning rate.
    pub const fn over(length: f64) -> Self {
        OneCycle { length, rise: 0.3, start: 25.0, end: 1e4 }
    }
    /// Sets the fraction of the length before the peak, from 0 to 1, which is 0.3 by default (`pct_start`).
    #[must_use]
    pub const fn rise(self, rise: f64) -> Self {
        OneCycle { rise, ..self }
    }
    /// Sets the first factor to `1 / start` (`div_factor`, 25 by default), and the last factor to `1 / (start · end)`
    /// (`final_div_factor`, 10,000 by default). Both divisors are at least 1e-6.
    #[must_use]
    pub const fn divisors(self, start: f64, end: f64) -> Self {
        OneCycle { start, end, ..self }
    }
}

impl Schedule for OneCycle {
    fn factor(&self, at: f64) -> f64 {
        // As in PyTorch, the peak and the end are indices of steps: one less than numbers of steps.
        let (peak, end) = ((self.rise * self.length - 1.0).max(0.0), self.length - 1.0);
        if at < peak {
            cosine(1.0 / self.start, 1.0, at / peak)
        } else {
            cosine(1.0, 1.0 / (self.start * self.end), if end > peak { (at - peak) / (end - peak) } else { 1.0 })
        }
    }
    fn check(&self) -> Result<()> {
        let settings = [
            ("length", self.length, POSITIVE),
            ("rise", self.rise, SHARE),
            ("start", self.start, DIVISOR),
            ("end", self.end, DIVISOR),
        ];
        range::check("OneCycle", &settings)
    }
}
