//! Schedules made of others: a warm-up, one after the other, and products.

use super::{Constant, Schedule};
use crate::Result;
use crate::range::{self, NOT_NEGATIVE, SHARE};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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
    fn settings(&self) -> Value {
        json!({ "WarmUp": { "length": self.length, "from": self.from, "then": self.then.settings() } })
    }
}

/// One schedule up to a position, and then another: see [`Schedule::until`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequence<A, B> {
    first: A,
    until: f64,
    then: B,
}

impl<A, B> Sequence<A, B> {
    pub(super) fn new(first: A, until: f64, then: B) -> Self {
        Sequence { first, until, then }
    }
}

impl<A: Schedule, B: Schedule> Schedule for Sequence<A, B> {
    fn factor(&self, at: f64) -> f64 {
        if at < self.until { self.first.factor(at) } else { self.then.factor(at - self.until) }
    }
    fn check(&self) -> Result<()> {
        NOT_NEGATIVE.check("Sequence", "until", self.until)?;
        self.first.check()?;
        self.then.check()
    }
    fn settings(&self) -> Value {
        json!({ "Sequence": { "first": self.first.settings(), "until": self.until, "then": self.then.settings() } })
    }
}

/// The product of two schedules: see [`Schedule::times`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product<A, B> {
    first: A,
    second: B,
}

impl<A, B> Product<A, B> {
    pub(super) fn new(first: A, second: B) -> Self {
        Product { first, second }
    }
}

impl<A: Schedule, B: Schedule> Schedule for Product<A, B> {
    fn factor(&self, at: f64) -> f64 {
        self.first.factor(at) * self.second.factor(at)
    }
    fn check(&self) -> Result<()> {
        self.first.check()?;
        self.second.check()
    }
    fn settings(&self) -> Value {
        json!({ "Product": { "first": self.first.settings(), "second": self.second.settings() } })
    }
}
