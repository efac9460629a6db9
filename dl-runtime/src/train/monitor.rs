//! Monitors the gradients of each layer, and says in words when they vanish or explode or when units are dead.

use crate::tensor::pod::{flat, zeroed_box};
use crate::tensor::{Role, TensorInfo};
use crate::{Device, Passes, Result, Training};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;

/// Gradients vanish below this share of the largest of all layers, each relative to the weights of its layer, in so many checks in a row.
const VANISHING: f64 = 1e-5;
const VANISHING_CHECKS: u32 = 3;
/// Gradients explode if their norm is so many times the norm of the weights.
const EXPLODING: f64 = 100.0;
/// Units are dead if their biases have no gradient in so many checks at least, over an epoch at least; and this share is worth a warning.
const DEAD_CHECKS: usize = 10;
const DEAD_SHARE: f64 = 0.1;

/// Something about the gradients of a layer that usually keeps a network from learning: see
/// [`Trainer::watch`](super::Trainer::watch). `Display` writes it as a sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warning {
    /// The name of the layer, such as `conv1` or `encoder.dense2`.
    pub layer: String,
    /// The first step at which this was seen.
    pub since: u64,
    /// The cause of the warning.
    pub cause: Cause,
}

/// The subject of a [`Warning`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// The gradients of the layer, relative to its weights, are less than 1/100,000 of those of the layer with the largest ones.
    Vanishing {
        /// Their share of those.
        share: f64,
    },
    /// The gradients of the layer are more than 100 times as large as its weights, by their norms.
    Exploding {
        /// The factor by which they are larger.
        ratio: f64,
    },
    /// A tenth of the units or more have had no gradient in a whole epoch, such as those of a `relu` that is 0 for all samples.
    DeadUnits {
        /// The number of these units.
        units: usize,
        /// The number of all units of the layer.
        of: usize,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Warning { layer, since, cause } = self;
        match cause {
            Cause::Vanishing { share } => write!(
                f,
                "the gradients of `{layer}` vanish since step {since}: relative to its weights they are {share:.1e} of those of the layer \
                 with the largest ones"
            ),
            Cause::Exploding { ratio } => write!(
                f,
                "the gradients of `{layer}` explode since step {since}: their norm is {ratio:.0} times that of its weights"
            ),
            Cause::DeadUnits { units, of } => write!(
                f,
                "{units} of {of} units of `{layer}` are dead since step {since}: their biases have had no gradient for an epoch"
            ),
        }
    }
}

/// The statistics of the gradients of a training.
pub(super) struct Monitor<M> {
    every: u64,
    weights: Box<M>,
    gradients: Box<M>,
    layers: Vec<Layer>,
    /// For each tensor, whether it was frozen in the last check.
    frozen: Vec<bool>,
    /// The step of the first check since units were last counted, and the number of checks.
    first: u64,
    checks: usize,
}

/// The memory of a monitor, for checkpoints.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seen {
    first: u64,
    checks: usize,
    layers: Vec<SeenLayer>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeenLayer {
    vanishing: (u64, u32),
    /// A character for each unit: `1` if its bias had a gradient, otherwise `0`.
    moved: String,
}

/// The tensors of a layer, and what was seen of them.
struct Layer {
    name: String,
    /// The ranges of its tensors, each with the index of the tensor.
    tensors: Vec<(usize, Range<usize>)>,
    /// `true` if all of them were frozen in the last check.
    frozen: bool,
    /// The biases of its units, and which of them had a gradient since units were last counted.
    bias: Option<(Range<usize>, Vec<bool>)>,
    /// The first step of the checks in a row with vanishing gradients, and their number.
    vanishing: (u64, u32),
    /// The norm of the gradients divided by that of the weights, in the last check.
    ratio: f64,
}

impl Layer {
    /// Measures the ratio of the norms. Weights count as 0.001 each at least, since biases begin at 0. What is frozen does not count.
    fn measure(&mut self, weights: &[f32], gradients: &[f32], frozen: &[bool]) {
        let trained = || self.tensors.iter().filter(|(tensor, _)| !frozen[*tensor]).map(|(_, range)| range.clone());
        let norm = |of: &[f32]| {
            let squares = |range: Range<usize>| of[range].iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
            trained().map(squares).sum::<f64>().sqrt()
        };
        let numbers: usize = trained().map(|range| range.len()).sum();
        let ratio = norm(gradients) / norm(weights).max(1e-3 * (numbers as f64).sqrt());
        (self.frozen, self.ratio) = (numbers == 0, ratio);
    }
}

impl<M: Passes> Monitor<M> {
    pub fn new(every: u64) -> Self {
        let (weights, gradients) = (zeroed_box(), zeroed_box());
        let frozen = Vec::with_capacity(M::TENSORS.len());
        Monitor { every, weights, gradients, layers: layers::<M>(), frozen, first: 0, checks: 0 }
    }
    /// Returns the memory of the monitor.
    pub fn seen(&self) -> Seen {
        let layer = |layer: &Layer| {
            let moved = layer.bias.iter().flat_map(|(_, moved)| moved).map(|moved| if *moved { '1' } else { '0' });
            SeenLayer { vanishing: layer.vanishing, moved: moved.collect() }
        };
        Seen { first: self.first, checks: self.checks, layers: self.layers.iter().map(layer).collect() }
    }
    /// Restores the memory of the monitor of another training.
    ///
    /// # Errors
    /// Returns what it should have been if it does not fit the layers of the model.
    pub fn restore(&mut self, seen: Seen) -> Result<(), String> {
        let units = |layer: &Layer| layer.bias.as_ref().map_or(0, |(_, moved)| moved.len());
        let fits = |(layer, seen): (&Layer, &SeenLayer)| units(layer) == seen.moved.len();
        if seen.layers.len() != self.layers.len() || !self.layers.iter().zip(&seen.layers).all(fits) {
            return Err(format!("the units of {} layers", self.layers.len()));
        }
        (self.first, self.checks) = (seen.first, seen.checks);
        for (layer, seen) in self.layers.iter_mut().zip(seen.layers) {
            layer.vanishing = seen.vanishing;
            let moved = layer.bias.iter_mut().flat_map(|(_, moved)| moved);
            moved.zip(seen.moved.bytes()).for_each(|(moved, seen)| *moved = seen == b'1');
        }
        Ok(())
    }
    /// Looks at the gradients of the coming step, if it is one of those to check. Adds what is new to `warnings`.
    pub fn step<D: Device>(&mut self, training: &Training<M, D>, warnings: &mut Vec<Warning>) -> Result<()> {
        let step = training.steps() + 1;
        if !step.is_multiple_of(self.every) {
            return Ok(());
        }
        training.store(&mut self.weights)?;
        training.gradients(&mut self.gradients)?;
        let (weights, gradients) =
            (flat(std::slice::from_ref(&*self.weights)), flat(std::slice::from_ref(&*self.gradients)));
        self.frozen.clear();
        self.frozen.extend(training.frozen());
        self.layers.iter_mut().for_each(|layer| layer.measure(weights, gradients, &self.frozen));
        let ratios = || self.layers.iter().filter(|layer| !layer.frozen).map(|layer| layer.ratio);
        let largest = ratios().fold(0.0, f64::max);
        // Numbers that are not finite end the training with an error of their own.
        if !ratios().all(f64::is_finite) {
            return Ok(());
        }
        if self.checks == 0 {
            self.first = step;
        }
        self.checks = self.checks.saturating_add(1);
        for layer in self.layers.iter_mut().filter(|layer| !layer.frozen) {
            let ratio = layer.ratio;
            if let Some((range, moved)) = &mut layer.bias {
                moved
                    .iter_mut()
                    .zip(&gradients[range.clone()])
                    .for_each(|(moved, gradient)| *moved |= *gradient != 0.0);
            }
            if ratio > EXPLODING {
                warn(warnings, &layer.name, step, Cause::Exploding { ratio });
            }
            if ratio >= VANISHING * largest {
                layer.vanishing = (0, 0);
                continue;
            }
            let (since, checks) = &mut layer.vanishing;
            if *checks == 0 {
                *since = step;
            }
            *checks = checks.saturating_add(1);
            if *checks == VANISHING_CHECKS {
                warn(warnings, &layer.name, *since, Cause::Vanishing { share: ratio / largest });
            }
        }
        Ok(())
    }
    /// Counts dead units at the end of an epoch, if enough steps were checked.
    pub fn epoch(&mut self, warnings: &mut Vec<Warning>) {
        if self.checks < DEAD_CHECKS {
            return;
        }
        self.checks = 0;
        for layer in self.layers.iter_mut().filter(|layer| !layer.frozen) {
            let Some((_, moved)) = &mut layer.bias else { continue };
            let (units, of) = (moved.iter().filter(|moved| !**moved).count(), moved.len());
            if units > 0 && units as f64 >= DEAD_SHARE * of as f64 {
                warn(warnings, &layer.name, self.first, Cause::DeadUnits { units, of });
            }
            moved.fill(false);
        }
    }
}

/// Adds a warning, unless there is one of this kind about the layer.
fn warn(warnings: &mut Vec<Warning>, layer: &str, since: u64, cause: Cause) {
    let same = |old: &Warning| std::mem::discriminant(&old.cause) == std::mem::discriminant(&cause);
    if !warnings.iter().any(|old| old.layer == layer && same(old)) {
        warnings.push(Warning { layer: layer.into(), since, cause });
    }
}

/// Returns the layers of a model: trained tensors whose names agree up to the last dot.
fn layers<M: Passes>() -> Vec<Layer> {
    let mut layers: Vec<Layer> = Vec::new();
    let trained = |tensor: &TensorInfo| tensor.role != Role::Statistic && !tensor.is_empty();
    for (index, tensor) in M::TENSORS.iter().enumerate().filter(|(_, tensor)| trained(tensor)) {
        let (name, own) = tensor.name.rsplit_once('.').unwrap_or((M::NAME, &tensor.name));
        if layers.last().is_none_or(|layer| layer.name != name) {
            let (name, tensors) = (name.into(), Vec::new());
            layers.push(Layer { name, tensors, frozen: false, bias: None, vanishing: (0, 0), ratio: 0.0 });
        }
        if let Some(layer) = layers.last_mut() {
            layer.tensors.push((index, tensor.range()));
            if own == "bias" && tensor.role == Role::Bias {
                layer.bias = Some((tensor.range(), vec![false; tensor.len()]));
            }
        }
    }
    layers
}
