//! The search for a learning rate: short steps first, then longer ones, until the loss explodes.

use super::batch::forward;
use super::check::check;
use super::feed::Feed;
use super::run::epoch_seed;
use super::trainer::Trainer;
use crate::data::Dataset;
use crate::ops::Device;
use crate::optim::{Optimizer, Pace};
use crate::plot::Chart;
use crate::random::Rng;
use crate::range::{self, POSITIVE};
use crate::session::Criterion;
use crate::tensor::Pack;
use crate::{Error, Network, Passes, Result, Training, io};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The settings of [`Trainer::find_learning_rate`]; the defaults are those of fastai: 100 steps from 1e-7 to 10.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateSearch {
    low: f64,
    high: f64,
    steps: usize,
}

impl Default for RateSearch {
    fn default() -> Self {
        RateSearch { low: 1e-7, high: 10.0, steps: 100 }
    }
}

impl RateSearch {
    /// Sets the first and the last learning rate. Both are above 0, and the last is the larger one.
    #[must_use]
    pub const fn between(self, low: f64, high: f64) -> Self {
        RateSearch { low, high, ..self }
    }
    /// Sets the number of steps, at least 2.
    #[must_use]
    pub const fn steps(self, steps: usize) -> Self {
        RateSearch { steps, ..self }
    }
    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// Returns [`Error::Setting`] with the setting, its value and its range.
    pub fn check(&self) -> Result<()> {
        range::check("RateSearch", &[("low", self.low, POSITIVE), ("high", self.high, POSITIVE)])?;
        if self.high <= self.low {
            let (expected, found) = (format!("above `low`, {}", range::text(self.low)), range::text(self.high));
            return Err(Error::Setting { setting: "high", of: "RateSearch", expected, found });
        }
        if self.steps < 2 {
            let (expected, found) = ("a whole number of at least 2".into(), self.steps.to_string());
            return Err(Error::Setting { setting: "steps", of: "RateSearch", expected, found });
        }
        Ok(())
    }
    /// Returns the learning rate of a step, counted from 0: it grows by the same factor from step to step.
    fn rate(&self, step: usize) -> f64 {
        self.low * (self.high / self.low).powf(step as f64 / (self.steps - 1) as f64)
    }
}

/// The losses at rising learning rates, the result of [`Trainer::find_learning_rate`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateCurve {
    /// The learning rate of each step.
    pub rates: Vec<f64>,
    /// The loss of the batch before each step.
    pub losses: Vec<f64>,
    /// The running mean of the losses, of which each step keeps 98 %, corrected for its start.
    pub smoothed: Vec<f64>,
}

impl RateCurve {
    /// The part of the running mean that a step keeps, as in fastai.
    const KEPT: f64 = 0.98;
    /// The search ends when the smoothed loss is as many times the smallest one.
    const EXPLODED: f64 = 4.0;

    /// Adds a step; returns false if the loss has exploded.
    fn add(&mut self, rate: f64, loss: f64) -> bool {
        let powers = |n: usize| 1.0 - Self::KEPT.powf(n as f64);
        let n = self.losses.len();
        let sum = self.smoothed.last().map_or(0.0, |mean| mean * powers(n));
        self.smoothed.push((Self::KEPT * sum + (1.0 - Self::KEPT) * loss) / powers(n + 1));
        self.rates.push(rate);
        self.losses.push(loss);
        let least = self.smoothed.iter().copied().fold(f64::INFINITY, f64::min);
        // A loss below zero cannot be compared by a factor.
        least <= 0.0 || self.smoothed[n] <= Self::EXPLODED * least
    }
    /// Returns the learning rate at which the smoothed loss falls most steeply over the logarithm of the rate, a good choice for a
    /// training; `None` if it falls nowhere. The first tenth of the steps and the last five are left out: there the mean has seen too few
    /// losses, or the loss explodes.
    pub fn suggestion(&self) -> Option<f64> {
        let last = self.rates.len().saturating_sub(5);
        let slope = |i: usize| {
            let span = (self.rates[i + 1] / self.rates[i - 1]).ln();
            (self.smoothed[i + 1] - self.smoothed[i - 1]) / span
        };
        let inner = (self.rates.len() / 10).max(1)..last.min(self.rates.len().saturating_sub(1));
        let steepest = inner.map(|i| (slope(i), self.rates[i])).filter(|(slope, _)| *slope < 0.0);
        steepest.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, rate)| rate)
    }
    /// Draws the losses over the logarithm of the learning rate, with the suggestion.
    pub fn chart(&self) -> Chart {
        let points = |losses: &[f64]| -> Vec<(f64, f64)> {
            self.rates.iter().map(|rate| rate.log10()).zip(losses.iter().copied()).collect()
        };
        let chart = Chart::new("search for the learning rate")
            .axes("learning rate, as a power of 10", "loss")
            .points("loss", points(&self.losses))
            .line("smoothed", points(&self.smoothed));
        match self.suggestion() {
            Some(rate) => chart.mark(format!("{rate:.1e}"), rate.log10()),
            None => chart,
        }
    }
    /// Writes the [chart](RateCurve::chart) as an SVG file, atomically.
    ///
    /// # Errors
    /// Returns [`Error::Io`].
    pub fn plot_svg(&self, path: impl AsRef<Path>) -> Result<()> {
        io::write_atomic(path, |to| to.write_all(self.chart().svg().as_bytes()))
    }
}

impl<M: Passes, T: Pack, O: Optimizer, L: Criterion<M, Target = T>, D: Device> Trainer<'_, M, T, O, L, D> {
    /// Tries learning rates from a very small one to a very large one on a copy of the network, one step for each, and returns the losses:
    /// Smith, "Cyclical learning rates for training neural networks", WACV 2017. The search ends when the loss explodes.
    ///
    /// The optimizer, the loss, the size of the batches, clipping, freezing, groups and the seed are those of the trainer; its learning rate
    /// and its schedule are not used, and neither the network nor the trainer changes. A factor of a group multiplies the rate that is tried.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # fn example<LeNet: dl::Model<Input = dl::data::Digit, Output = [f32; 10]>>() -> dl::Result<()> {
    /// use dl::prelude::*;
    /// use dl::train::RateSearch;
    /// let digits = dl::data::digits();
    /// let mut net = LeNet::init(42);
    /// let trainer = || Trainer::new(Adam::new(1e-3)).loss(CrossEntropy);
    /// let curve = trainer().find_learning_rate(&net, &digits.train, RateSearch::default())?;
    /// curve.plot_svg("rates.svg")?;
    /// if let Some(rate) = curve.suggestion() {
    ///     Trainer::new(Adam::new(rate)).loss(CrossEntropy).fit(&mut net, &digits.train)?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns the errors of [`Trainer::fit`] before its first step, those of [`RateSearch::check`], and the errors of the device. An
    /// explosion of the loss is no error.
    pub fn find_learning_rate<N: Network<Model = M>>(
        &self,
        net: &N,
        data: &Dataset<M::Input, T>,
        search: RateSearch,
    ) -> Result<RateCurve> {
        search.check()?;
        self.check_settings()?;
        self.optimizer.with_learning_rate(search.high).check()?;
        check(self, &Feed::Set(data))?;
        let size = self.batch_size.min(data.len());
        let mut training = Training::on(self.device.clone(), net, size)?.seed(self.seed);
        self.tuning.set_up(&self.optimizer, &mut training)?;
        let mut curve = RateCurve::default();
        let (mut order, mut epoch) = ((0..data.len()).collect::<Vec<_>>(), 0);
        while curve.rates.len() < search.steps {
            order.sort_unstable();
            if self.shuffles() {
                Rng::new(epoch_seed(self.seed, epoch)).shuffle(&mut order);
            }
            training.begin_epoch(epoch as usize)?;
            epoch += 1;
            // As in `fit`, `drop_last` leaves out batches that are not full.
            let full = if self.drops_last() { data.len() / size * size } else { data.len() };
            for picked in order[..full].chunks(size).take(search.steps - curve.rates.len()) {
                let rate = search.rate(curve.rates.len());
                forward(&mut training, &self.loss, data, picked)?;
                let loss = match training.wait() {
                    Ok(loss) => f64::from(loss),
                    Err(Error::NotFinite { .. }) => return Ok(curve),
                    Err(error) => return Err(error),
                };
                if !curve.add(rate, loss) {
                    return Ok(curve);
                }
                training.backward();
                if let Some(clip) = self.clip {
                    training.clip_async(clip)?;
                }
                let optimizer = self.optimizer.with_learning_rate(rate);
                let (steps, epochs) = (training.steps() as f64, (epoch - 1) as f64);
                let pace = Pace { steps, epochs, schedule: 1.0, factor: 1.0 };
                training.step_in_groups(&optimizer, |group| group.optimizer(&optimizer, pace))?;
            }
        }
        Ok(curve)
    }
}
