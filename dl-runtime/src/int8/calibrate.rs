//! The range of every value over samples, from which the scales of a network on int8 follow.

use super::run::{Real, run};
use super::{Graph, Op, Quantization, softmax};
use crate::{Cpu, Error, Result};

/// The samples that run at a time.
const BATCH: usize = 32;
/// The parts of a range in which the calibration counts values for percentiles.
const BINS: usize = 4096;

/// The settings of a calibration; [`Quantize::quantize`](super::Quantize::quantize) takes the default.
///
/// ```no_run
/// # use dl_runtime as dl;
/// # fn example<LeNet: dl::int8::Quantize>(net: &LeNet, samples: &[LeNet::Input]) -> dl::Result<()> {
/// use dl::int8::Calibration;
/// let small = Calibration::new().percentile(99.99).quantize(net, samples)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Calibration {
    percentile: f64,
}

impl Default for Calibration {
    fn default() -> Self {
        Self::new()
    }
}

impl Calibration {
    /// Takes the smallest and the largest number of each value.
    pub fn new() -> Self {
        Calibration { percentile: 100.0 }
    }
    /// Leaves out numbers at both ends of a range, so that this share of all numbers remains, in percent: a few numbers that are far
    /// away then cost the others no accuracy. Must be above 50 and at most 100, the default.
    pub fn percentile(mut self, percent: f64) -> Self {
        self.percentile = percent;
        self
    }

    /// Runs samples through a network, and returns the scale and zero point of each value.
    pub(super) fn measure(&self, graph: &Graph, weights: &[Real], samples: &[&[f32]]) -> Result<Vec<Quantization>> {
        if !(self.percentile > 50.0 && self.percentile <= 100.0) {
            let (of, expected) = ("Calibration", "above 50 and at most 100".to_owned());
            return Err(Error::Setting { setting: "percentile", of, expected, found: self.percentile.to_string() });
        }
        let groups = Groups::of(graph);
        let mut ranges = vec![[f32::INFINITY, f32::NEG_INFINITY]; graph.values.len()];
        let mut finite = vec![true; graph.values.len()];
        each_batch(graph, weights, samples, |value, numbers| {
            let [min, max] = &mut ranges[groups.of[value]];
            for &x in numbers {
                finite[value] &= x.is_finite();
                *min = min.min(x);
                *max = max.max(x);
            }
        });
        if let Some(value) = finite.iter().position(|finite| !finite) {
            let reason = "it is not finite (NaN or infinity) for some of the samples";
            return Err(Error::Quantize { value: graph.values[value].0, reason });
        }
        if self.percentile < 100.0 {
            self.cut(graph, weights, samples, &groups, &mut ranges);
        }
        (0..graph.values.len()).map(|value| groups.quantization(graph, value, &ranges)).collect()
    }

    /// Cuts the ends off ranges.
    fn cut(&self, graph: &Graph, weights: &[Real], samples: &[&[f32]], groups: &Groups, ranges: &mut [[f32; 2]]) {
        let mut counts = vec![vec![0_u64; BINS]; graph.values.len()];
        each_batch(graph, weights, samples, |value, numbers| {
            let group = groups.of[value];
            let [min, max] = ranges[group];
            let per_number = BINS as f32 / (max - min);
            for &x in numbers {
                counts[group][(((x - min) * per_number) as usize).min(BINS - 1)] += 1;
            }
        });
        for (counts, [min, max]) in counts.iter().zip(ranges) {
            let all: u64 = counts.iter().sum();
            // Some values are part of another operation, and never exist.
            if all == 0 {
                continue;
            }
            let outside = (all as f64 * (1.0 - self.percentile / 100.0) / 2.0) as u64;
            let skipped = |mut counts: Box<dyn Iterator<Item = &u64> + '_>| {
                let mut sum = 0;
                counts.position(|count| {
                    sum += count;
                    sum > outside
                })
            };
            let bin = (*max - *min) / BINS as f32;
            let (below, above) = (skipped(Box::new(counts.iter())), skipped(Box::new(counts.iter().rev())));
            *min += bin * below.unwrap_or(0) as f32;
            *max -= bin * above.unwrap_or(0) as f32;
        }
    }
}

/// Runs all samples, and calls `see` with each value and its numbers.
fn each_batch(graph: &Graph, weights: &[Real], samples: &[&[f32]], mut see: impl FnMut(usize, &[f32])) {
    let cpu = Cpu::new();
    let mut values = vec![Vec::new(); graph.values.len()];
    for samples in samples.chunks(BATCH) {
        values[graph.input.0] = samples.concat();
        run(&cpu, graph, weights, samples.len(), &mut values);
        see(graph.input.0, &values[graph.input.0]);
        graph.nodes.iter().for_each(|node| see(node.output, &values[node.output]));
    }
}

/// The values that must have the same scale: those that an operation only moves or compares.
struct Groups {
    /// The group of each value: the index of its first value.
    of: Vec<usize>,
}

impl Groups {
    fn of(graph: &Graph) -> Self {
        let mut of: Vec<usize> = (0..graph.values.len()).collect();
        for node in graph.nodes.iter().filter(|node| node.op.keeps_scale()) {
            for &input in node.inputs {
                let (from, to) = (of[node.output].max(of[input]), of[node.output].min(of[input]));
                of.iter_mut().filter(|group| **group == from).for_each(|group| *group = to);
            }
        }
        Groups { of }
    }
    /// Returns the scale and zero point of a value.
    fn quantization(&self, graph: &Graph, value: usize, ranges: &[[f32; 2]]) -> Result<Quantization> {
        let (group, name) = (self.of[value], graph.values[value].0);
        let [min, max] = ranges[group];
        // Some values are part of another operation, and never exist.
        if min > max {
            return Ok(Quantization { scale: 1.0, zero_point: 0 });
        }
        let same = |node: &&super::Node| self.of[node.output] == group && !node.op.keeps_scale();
        let mut makers = graph.nodes.iter().filter(same);
        if makers.clone().any(|node| matches!(node.op, Op::Softmax(_))) {
            if makers.any(|node| !matches!(node.op, Op::Softmax(_))) || self.of[graph.input.0] == group {
                let reason = "`concat` joins the probabilities of `softmax`, whose scale is 1/256, with others";
                return Err(Error::Quantize { value: name, reason });
            }
            return Ok(softmax::OUTPUT);
        }
        from_range(min, max).ok_or(Error::Quantize {
            value: name,
            reason: "it is 0 for all samples, and so has no range; are they samples of the application?",
        })
    }
}

/// Returns the scale and zero point for numbers from `min` to `max`, of which 0 is always one; `None` if there are no others.
fn from_range(min: f32, max: f32) -> Option<Quantization> {
    let (min, max) = (f64::from(min).min(0.0), f64::from(max).max(0.0));
    let scale = ((max - min) / 255.0) as f32;
    if scale < f32::MIN_POSITIVE || !scale.is_finite() {
        return None;
    }
    let zero_point = (f64::from(i8::MIN) - min / f64::from(scale)).round();
    Some(Quantization { scale, zero_point: zero_point as i8 })
}
