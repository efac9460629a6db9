//! L-BFGS: Liu & Nocedal, "On the limited memory BFGS method for large scale optimization", Mathematical Programming 1989;
//! PyTorch's `LBFGS` with `line_search_fn="strong_wolfe"`.

mod line_search;
#[cfg(test)]
mod tests;

use crate::Result;
use crate::range::{self, NOT_NEGATIVE, POSITIVE};
use line_search::{Line, Point, strong_wolfe};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// L-BFGS finds a minimum of a loss that is always computed from the same samples, for small networks and data sets. It approximates the
/// curvature of the loss from its last gradients, and chooses the length of each step by a line search for the strong Wolfe conditions.
///
/// It is not an [`Optimizer`](super::Optimizer), since it needs the loss at several points for each step: it calls a function that computes
/// the loss and its gradients ([`Lbfgs::minimise`]).
///
/// The defaults are PyTorch's, except that it ends after 100 iterations instead of 20, since it starts anew at each call.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lbfgs {
    learning_rate: f64,
    iterations: usize,
    history: usize,
    tolerance_gradient: f64,
    tolerance_change: f64,
}

impl Default for Lbfgs {
    fn default() -> Self {
        Lbfgs { learning_rate: 1.0, iterations: 100, history: 100, tolerance_gradient: 1e-7, tolerance_change: 1e-9 }
    }
}

/// The reason why [`Lbfgs::minimise`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MinimumKind {
    /// No element of the gradient is larger than [`Lbfgs::tolerance_gradient`].
    Gradient,
    /// A step changed neither the loss nor any weight by more than [`Lbfgs::tolerance_change`], or no step would.
    Change,
    /// All iterations are done, or 5/4 as many evaluations of the loss.
    Iterations,
}

/// The value of a function at a point, and its gradient.
type Value = (f64, Vec<f64>);

/// The result of [`Lbfgs::minimise`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Minimum {
    /// The loss at the start and after each iteration.
    pub losses: Vec<f64>,
    /// The number of times that the loss was computed.
    pub evaluations: usize,
    /// The reason why it ended.
    pub kind: MinimumKind,
}

impl Minimum {
    /// Returns the last loss.
    pub fn loss(&self) -> f64 {
        self.losses.last().copied().unwrap_or(f64::NAN)
    }
}

impl Lbfgs {
    /// Sets the length of the step, in parts of the estimated one, with which each line search starts; above 0. The default is 1.
    #[must_use]
    pub const fn learning_rate(self, learning_rate: f64) -> Self {
        Lbfgs { learning_rate, ..self }
    }
    /// Sets the largest number of iterations, at least 1; the default is 100. There are at most 5/4 as many evaluations of the loss.
    #[must_use]
    pub const fn iterations(self, iterations: usize) -> Self {
        Lbfgs { iterations, ..self }
    }
    /// Sets the number of gradients that are remembered, at least 1; the default is 100. Each takes 16 bytes for each weight.
    #[must_use]
    pub const fn history(self, history: usize) -> Self {
        Lbfgs { history, ..self }
    }
    /// Sets the size of the largest element of the gradient at which the loss counts as minimal; at least 0. The default is 1e-7.
    #[must_use]
    pub const fn tolerance_gradient(self, tolerance: f64) -> Self {
        Lbfgs { tolerance_gradient: tolerance, ..self }
    }
    /// Sets the change of the loss and of the weights at which the loss counts as minimal; at least 0. The default is 1e-9.
    #[must_use]
    pub const fn tolerance_change(self, tolerance: f64) -> Self {
        Lbfgs { tolerance_change: tolerance, ..self }
    }
    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// Returns [`Error::Setting`](crate::Error::Setting) with the setting, its value and its range.
    pub fn check(&self) -> Result<()> {
        range::at_least_one("Lbfgs", "iterations", self.iterations as u64)?;
        range::at_least_one("Lbfgs", "history", self.history as u64)?;
        let settings = [
            ("learning_rate", self.learning_rate, POSITIVE),
            ("tolerance_gradient", self.tolerance_gradient, NOT_NEGATIVE),
            ("tolerance_change", self.tolerance_change, NOT_NEGATIVE),
        ];
        range::check("Lbfgs", &settings)
    }

    /// Moves `x` to a minimum of a function that returns its value and its gradient.
    pub(crate) fn minimum(&self, x: &mut [f64], evaluate: &mut dyn FnMut(&[f64]) -> Result<Value>) -> Result<Minimum> {
        let most = self.iterations.saturating_mul(5) / 4;
        let (mut loss, mut gradient) = evaluate(x)?;
        let mut found = Minimum { losses: vec![loss], evaluations: 1, kind: MinimumKind::Gradient };
        let mut memory = Memory::new(self.history);
        if largest(&gradient) <= self.tolerance_gradient {
            return Ok(found);
        }
        for iteration in 1..=self.iterations {
            let direction = memory.direction(&gradient);
            let slope = dot(&gradient, &direction);
            if slope > -self.tolerance_change {
                found.kind = MinimumKind::Change;
                return Ok(found);
            }
            // Before anything is known of the curvature, the first step has a length of 1 at most.
            let first = (1.0 / gradient.iter().map(|g| g.abs()).sum::<f64>()).min(1.0);
            let length = self.learning_rate * if iteration == 1 { first } else { 1.0 };
            let start = Point { at: 0.0, loss, gradient: gradient.clone(), slope };
            let line = Line {
                first: length,
                size: largest(&direction),
                tolerance: self.tolerance_change,
                most: most.saturating_sub(found.evaluations),
            };
            let (point, evaluations) = strong_wolfe(&start, line, &mut |at| {
                let moved: Vec<f64> = x.iter().zip(&direction).map(|(x, d)| x + at * d).collect();
                let (loss, gradient) = evaluate(&moved)?;
                let slope = dot(&gradient, &direction);
                Ok(Point { at, loss, gradient, slope })
            })?;
            found.evaluations += evaluations;
            let step: Vec<f64> = direction.iter().map(|d| point.at * d).collect();
            x.iter_mut().zip(&step).for_each(|(x, step)| *x += step);
            let change = point.loss - loss;
            let moved = largest(&step);
            memory.add(step, point.gradient.iter().zip(&gradient).map(|(new, old)| new - old).collect());
            (loss, gradient) = (point.loss, point.gradient);
            found.losses.push(loss);
            found.kind = MinimumKind::Iterations;
            if iteration == self.iterations || found.evaluations >= most {
                return Ok(found);
            }
            if largest(&gradient) <= self.tolerance_gradient {
                found.kind = MinimumKind::Gradient;
                return Ok(found);
            }
            if moved <= self.tolerance_change || change.abs() < self.tolerance_change {
                found.kind = MinimumKind::Change;
                return Ok(found);
            }
        }
        Ok(found)
    }
}

/// The last steps, with the changes of the gradient: what is known of the curvature.
struct Memory {
    most: usize,
    /// Steps s, changes y, and 1/(s·y).
    pairs: VecDeque<(Vec<f64>, Vec<f64>, f64)>,
    /// The scale of the inverse of the curvature where nothing else is known.
    scale: f64,
}

impl Memory {
    fn new(most: usize) -> Self {
        Memory { most, pairs: VecDeque::new(), scale: 1.0 }
    }
    fn add(&mut self, step: Vec<f64>, change: Vec<f64>) {
        let product = dot(&change, &step);
        // Otherwise the loss has no positive curvature along the step.
        if product > 1e-10 {
            if self.pairs.len() == self.most {
                self.pairs.pop_front();
            }
            self.scale = product / dot(&change, &change);
            self.pairs.push_back((step, change, 1.0 / product));
        }
    }
    /// Returns minus the product of the inverse of the curvature and the gradient.
    fn direction(&self, gradient: &[f64]) -> Vec<f64> {
        let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
        let back = |(s, y, inverse): &(Vec<f64>, Vec<f64>, f64), q: &mut Vec<f64>| {
            let a = dot(s, q) * inverse;
            q.iter_mut().zip(y).for_each(|(q, y)| *q -= a * y);
            a
        };
        let factors: Vec<f64> = self.pairs.iter().rev().map(|pair| back(pair, &mut q)).collect();
        q.iter_mut().for_each(|q| *q *= self.scale);
        for ((s, y, inverse), a) in self.pairs.iter().zip(factors.into_iter().rev()) {
            let b = dot(y, &q) * inverse;
            q.iter_mut().zip(s).for_each(|(q, s)| *q += (a - b) * s);
        }
        q
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn largest(numbers: &[f64]) -> f64 {
    numbers.iter().fold(0.0, |most, x| x.abs().max(most))
}
