//! Batch normalisation on the CPU: first the statistics, channel by channel, then the output, sample by sample.
//!
//! Each phase is split into tasks by the sizes alone, so that results do not depend on the number of threads.

use super::{BatchNormKernel, BatchNormOp, BatchNormSizes, RunningNorm, blocked, features, maps};
use crate::Cpu;
use crate::device::cpu::scratch;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::Activation;
use crate::ops::activation::{ActivationKernel, Function, with_function};
use crate::ops::arithmetic::ArithmeticKernel;
use crate::tensor::{Statistics, Write};

/// The approximate number of elements of one task.
const TASK: usize = 1 << 14;

impl BatchNormSizes {
    /// Returns the number of elements of one sample.
    pub(super) fn sample(self) -> usize {
        self.channels * self.spatial_size
    }
    /// Returns the number of samples of one task.
    fn samples_per_task(self) -> usize {
        TASK.div_ceil(self.sample())
    }
    /// Returns the number of channels of one task, for a batch of `len` elements.
    fn channels_per_task(self, len: usize) -> usize {
        let enough = (TASK * self.channels / len.max(1)).clamp(1, self.channels);
        if self.spatial_size == 1 { enough.next_multiple_of(features::LANES) } else { enough }
    }
}

/// The mean and the variance of every channel, by which it is normalised.
#[derive(Clone, Copy)]
pub(super) struct Moments<'a> {
    pub mean: &'a [f32],
    pub var: &'a [f32],
    pub epsilon: f32,
}

impl<'a> Moments<'a> {
    /// Returns the moments in `statistics`: the means, then the variances.
    fn of(op: BatchNormOp, s: BatchNormSizes, statistics: &'a [f32]) -> Self {
        let (mean, var) = statistics.split_at(s.channels);
        Moments { mean, var, epsilon: op.epsilon }
    }
    /// Returns 1/√(var + ε) of channel `c`.
    #[inline(always)]
    pub fn inverse(self, c: usize) -> f32 {
        1.0 / (self.var[c] + self.epsilon).sqrt()
    }
}

/// `y = f(weight·(x - mean)/√(var + ε) + bias)`, or in place if `x` is `None`.
fn normalise(
    cpu: &Cpu,
    f: Activation,
    s: BatchNormSizes,
    weights: &[f32],
    by: Moments,
    x: Option<&[f32]>,
    y: &mut [f32],
) {
    let size = s.samples_per_task() * s.sample();
    with_function!(f, f => cpu.threads().split(chunks_mut(y, size), &|task, y| {
        let x = x.map(|x| &x[task * size..task * size + y.len()]);
        normalise_samples(f, s, weights, by, x, y);
    }));
}

impl RunningNorm<'_, Cpu> {
    /// Writes the factors of channels, then what is added to them, after an operation that adds a `bias`, which may be empty.
    pub(in crate::ops) fn fold(self, bias: &[f32], affine: &mut [f32]) {
        let channels = affine.len() / 2;
        let sizes = BatchNormSizes { channels, spatial_size: 1 };
        let (op, [weights, statistics]) = (self.op, self.parts(channels));
        let (by, (scale, shift)) = (Moments::of(op, sizes, statistics), affine.split_at_mut(channels));
        fold(weights, by, bias, scale, shift);
    }
}

simd! {
    /// Writes `scale = weight/√(var + ε)` and `shift = (bias - mean)·scale + shift of weights`.
    fn fold<S>(weights: &[f32], by: Moments, bias: &[f32], scale: &mut [f32], shift: &mut [f32]) {
        let (weight, added) = weights.split_at(scale.len());
        for (((scale, weight), var), shift) in scale.iter_mut().zip(weight).zip(by.var).zip(&mut *shift) {
            *scale = weight * (1.0 / (var + by.epsilon).sqrt());
            *shift = 0.0;
        }
        shift[..bias.len()].copy_from_slice(bias);
        for (((shift, scale), mean), added) in shift.iter_mut().zip(&*scale).zip(by.mean).zip(added) {
            *shift = (*shift - mean) * scale + added;
        }
    }
}

fn normalise_samples(
    f: impl Function,
    s: BatchNormSizes,
    weights: &[f32],
    by: Moments,
    x: Option<&[f32]>,
    y: &mut [f32],
) {
    let (weight, bias) = (&weights[..s.channels], &weights[s.channels..2 * s.channels]);
    if let Some(x) = x {
        y.copy_from_slice(x);
    }
    if s.spatial_size == 1 {
        scratch::with(s.channels, |scale| {
            (0..s.channels).for_each(|c| scale[c] = weight[c] * by.inverse(c));
            features::normalise(f, by.mean, scale, bias, y);
        });
    } else {
        maps::normalise(f, s, weight, bias, by, y);
    }
}

impl BatchNormKernel for Cpu {
    fn batch_norm_forward(
        &self,
        op: BatchNormOp,
        s: BatchNormSizes,
        weights: &mut [f32],
        x: &[f32],
        y: &mut [f32],
        saved: &mut [f32],
    ) {
        let (mean, var) = saved.split_at_mut(s.channels);
        let channels = s.channels_per_task(x.len());
        let parts = (chunks_mut(mean, channels), chunks_mut(var, channels));
        self.threads().split_with_scratch(parts, s.block(), &|task, block, (mean, var)| {
            let first = task * channels;
            if s.spatial_size == 1 {
                features::moments(s, first, x, mean, var);
            } else {
                maps::moments(s, first, x, mean, var, block);
            }
        });
        let running = weights[2 * s.channels..].split_at_mut(s.channels);
        update_running(op.momentum, x.len() / s.channels, mean, var, running);
        normalise(self, op.activation, s, weights, Moments { mean, var, epsilon: op.epsilon }, Some(x), y);
    }
    fn batch_norm_by(
        &self,
        op: BatchNormOp,
        s: BatchNormSizes,
        weights: &[f32],
        statistics: &[f32],
        x: &[f32],
        y: &mut [f32],
    ) {
        normalise(self, op.activation, s, weights, Moments::of(op, s, statistics), Some(x), y);
    }
    fn batch_norm_by_in_place(
        &self,
        op: BatchNormOp,
        s: BatchNormSizes,
        weights: &[f32],
        statistics: &[f32],
        summand: Option<&[f32]>,
        x: &mut [f32],
    ) {
        let by = Moments::of(op, s, statistics);
        let Some(summand) = summand else { return normalise(self, op.activation, s, weights, by, None, x) };
        normalise(self, Activation::Identity, s, weights, by, None, x);
        self.affine(1.0, 0.0, summand, x, Write::Add);
        self.activation_forward_in_place(op.activation, x);
    }
    fn batch_norm_blocked(&self, norm: RunningNorm<'_, Cpu>, s: BatchNormSizes, x: Option<&[f32]>, y: &mut [f32]) {
        let f = norm.op.activation;
        scratch::with(2 * s.channels, |by| {
            norm.fold(&[], by);
            let (scale, shift) = by.split_at(s.channels);
            blocked::normalise(self.threads(), s, [scale, shift], f.limits(), x, y);
        });
        self.activation_forward_in_place(f.beyond_limits(), y);
    }
    fn batch_norm_backward(
        &self,
        op: BatchNormOp,
        s: BatchNormSizes,
        statistics: Statistics,
        weights: &[f32],
        x: &[f32],
        saved: &[f32],
        dy: &[f32],
        d_weights: Option<(&mut [f32], Write)>,
        d_input: Option<(&mut [f32], Write)>,
    ) {
        let by = Moments::of(op, s, saved);
        scratch::with(2 * s.channels, |sums| {
            let (d_weight, d_bias) = sums.split_at_mut(s.channels);
            let channels = s.channels_per_task(x.len());
            if d_weights.is_some() || statistics == Statistics::Batch {
                let parts = (chunks_mut(d_weight, channels), chunks_mut(d_bias, channels));
                self.threads().split_with_scratch(parts, 2 * s.block(), &|task, blocks, (d_weight, d_bias)| {
                    let first = task * channels;
                    if s.spatial_size == 1 {
                        features::sums(s, first, by, x, dy, d_weight, d_bias);
                    } else {
                        maps::sums(s, first, by, x, dy, d_weight, d_bias, blocks);
                    }
                });
            }
            if let Some((d_weights, write)) = d_weights {
                for (to, sums) in d_weights.chunks_exact_mut(s.channels).zip([&*d_weight, &*d_bias]) {
                    match write {
                        Write::Set => to.copy_from_slice(sums),
                        Write::Add => to.iter_mut().zip(sums).for_each(|(to, sum)| *to += sum),
                    }
                }
            }
            if statistics == Statistics::Running {
                // Constants have no part in the gradient to the input.
                d_weight.fill(0.0);
                d_bias.fill(0.0);
            }
            if let Some((dx, write)) = d_input {
                let size = s.samples_per_task() * s.sample();
                let sums = (&*d_weight, &*d_bias);
                let weight = &weights[..s.channels];
                let n = (x.len() / s.channels) as f32;
                let factors = if s.spatial_size == 1 { 3 * s.channels } else { 0 };
                let parts = (chunks(x, size), chunks(dy, size), chunks_mut(dx, size));
                self.threads().split_with_scratch(parts, factors, &|_, factors, (x, dy, dx)| {
                    if s.spatial_size == 1 {
                        features::input_gradient(s, weight, by, sums, n, x, dy, dx, write, factors);
                    } else {
                        maps::input_gradient(s, weight, by, sums, n, x, dy, dx, write);
                    }
                });
            }
        });
    }
}

/// Updates the running statistics with those of a batch that has `n` elements in each channel.
fn update_running(
    momentum: f32,
    n: usize,
    mean: &[f32],
    var: &mut [f32],
    (running_mean, running_var): (&mut [f32], &mut [f32]),
) {
    for (((mean, var), to_mean), to_var) in mean.iter().zip(var).zip(running_mean).zip(running_var) {
        // A single element has no unbiased variance.
        let unbiased = if n > 1 { *var * (n as f32 / (n - 1) as f32) } else { *to_var };
        let next = [*to_mean + momentum * (mean - *to_mean), *to_var + momentum * (unbiased - *to_var)];
        if next.iter().all(|next| next.is_finite()) {
            [*to_mean, *to_var] = next;
        }
        // With an infinite variance, all outputs would be the bias, and the overflow would go unnoticed.
        if !var.is_finite() {
            *var = f32::NAN;
        }
    }
}
