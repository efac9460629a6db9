//! Schedules along cosines: one fall, falls with restarts, and one cycle.

use super::Schedule;
use crate::Result;
use crate::range::{self, DIVISOR, FROM_ONE, NOT_NEGATIVE, POSITIVE, SHARE};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::f64::consts::PI;

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
    fn settings(&self) -> Value {
        json!({ "Cosine": self })
    }
}

/// Returns the value at `t`, from 0 to 1, of half a cosine from `from` to `to`.
fn cosine(from: f64, to: f64, t: f64) -> f64 {
    to + (from - to) * (1.0 + (PI * t.clamp(0.0, 1.0)).cos()) / 2.0
}

/// A factor that falls from 1 to a floor along half a cosine, again and again: PyTorch's `CosineAnnealingWarmRestarts`; Loshchilov &
/// Hutter, "SGDR: Stochastic gradient descent with warm restarts", ICLR 2017.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WarmRestarts {
    length: f64,
    multiple: f64,
    floor: f64,
}

impl WarmRestarts {
    /// Falls to 0 and starts again every `length` steps or epochs; `length` is above 0.
    pub const fn every(length: f64) -> Self {
        WarmRestarts { length, multiple: 1.0, floor: 0.0 }
    }
    /// Sets how many times longer each fall is than the one before, which is 1 by default (`T_mult`); at least 1.
    #[must_use]
    pub const fn multiple(self, multiple: f64) -> Self {
        WarmRestarts { multiple, ..self }
    }
    /// Sets the factor at the end of each fall, which is 0 by default; at least 0.
    #[must_use]
    pub const fn floor(self, floor: f64) -> Self {
        WarmRestarts { floor, ..self }
    }
}

impl Schedule for WarmRestarts {
    fn factor(&self, at: f64) -> f64 {
        let (lengths, more) = (at / self.length, self.multiple - 1.0);
        // After n falls, the position is 1 + multiple + … + multipleⁿ⁻¹ lengths.
        let after = |n: f64| if more == 0.0 { n } else { (self.multiple.powf(n) - 1.0) / more };
        let falls = if more == 0.0 { lengths } else { (lengths * more).ln_1p() / self.multiple.ln() };
        // The logarithm is not exact at the end of a fall.
        let falls = (falls + 1e-6).floor();
        let falls = if after(falls) <= lengths { falls } else { falls - 1.0 };
        let part = (lengths - after(falls)) / self.multiple.powf(falls);
        // Beyond the numbers of an `f64`, every position is the start of a fall.
        cosine(1.0, self.floor, if part.is_finite() { part } else { 0.0 })
    }
    fn check(&self) -> Result<()> {
        let settings = [
            ("length", self.length, POSITIVE),
            ("multiple", self.multiple, FROM_ONE),
            ("floor", self.floor, NOT_NEGATIVE),
        ];
        range::check("WarmRestarts", &settings)
    }
    fn settings(&self) -> Value {
        json!({ "WarmRestarts": self })
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
    fn settings(&self) -> Value {
        json!({ "OneCycle": self })
    }
}
