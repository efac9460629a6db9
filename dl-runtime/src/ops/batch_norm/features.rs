//! Batch normalisation of samples of shape [C], in which neighbours in memory belong to different channels.

use super::BatchNormSizes;
use super::cpu::Moments;
use crate::device::cpu::simd::simd;
use crate::ops::activation::Function;
use crate::tensor::Write;

/// The number of channels that are summed side by side.
pub(super) const LANES: usize = 16;

/// Calls `f` for each element of the channels `first..first + lanes`, with its lane and index.
#[inline(always)]
fn for_lanes(s: BatchNormSizes, first: usize, lanes: usize, len: usize, mut f: impl FnMut(usize, usize)) {
    for start in (first..len).step_by(s.channels) {
        for lane in 0..lanes.min(LANES) {
            f(lane, start + lane);
        }
    }
}

simd! {
    /// Computes the mean and the biased variance of the channels from `first` on.
    pub(super) fn moments<S>(s: BatchNormSizes, first: usize, x: &[f32], mean: &mut [f32], var: &mut [f32]) {
        let n = (x.len() / s.channels) as f64;
        for (i, (mean, var)) in mean.chunks_mut(LANES).zip(var.chunks_mut(LANES)).enumerate() {
            let (first, lanes) = (first + i * LANES, mean.len());
            let mut sums = [0.0; LANES];
            for_lanes(s, first, lanes, x.len(), |lane, at| sums[lane] += f64::from(x[at]));
            let means = sums.map(|sum| sum / n);
            let mut squares = [0.0; LANES];
            for_lanes(s, first, lanes, x.len(), |lane, at| {
                let d = f64::from(x[at]) - means[lane];
                squares[lane] += d * d;
            });
            for lane in 0..lanes {
                (mean[lane], var[lane]) = (means[lane] as f32, (squares[lane] / n) as f32);
            }
        }
    }

    /// `y = f((y - mean)·scale + bias)` for whole samples.
    pub(super) fn normalise<S, F>(f: F, mean: &[f32], scale: &[f32], bias: &[f32], y: &mut [f32]) where [F: Function] {
        for y in y.chunks_exact_mut(mean.len()) {
            for (((y, mean), scale), bias) in y.iter_mut().zip(mean).zip(scale).zip(bias) {
                *y = f.value::<S>(S::mul_add(*y - mean, *scale, *bias));
            }
        }
    }

    /// Computes `Σ dy·x̂` and `Σ dy` for the channels from `first` on.
    pub(super) fn sums<S>(
        s: BatchNormSizes,
        first: usize,
        by: Moments<'_>,
        x: &[f32],
        dy: &[f32],
        d_weight: &mut [f32],
        d_bias: &mut [f32],
    ) {
        for (i, (d_weight, d_bias)) in d_weight.chunks_mut(LANES).zip(d_bias.chunks_mut(LANES)).enumerate() {
            let (first, lanes) = (first + i * LANES, d_weight.len());
            let mut means = [0.0; LANES];
            means[..lanes].copy_from_slice(&by.mean[first..first + lanes]);
            let (mut sums, mut products) = ([0.0; LANES], [0.0; LANES]);
            for_lanes(s, first, lanes, x.len(), |lane, at| {
                sums[lane] += f64::from(dy[at]);
                products[lane] += f64::from((x[at] - means[lane]) * dy[at]);
            });
            for lane in 0..lanes {
                d_weight[lane] = (products[lane] * f64::from(by.inverse(first + lane))) as f32;
                d_bias[lane] = sums[lane] as f32;
            }
        }
    }

    /// `dx = weight/√(var + ε)·(dy - Σdy/n - x̂·(Σ dy·x̂)/n)` for whole samples, or `+=`.
    /// `sums` are `Σ dy·x̂` and `Σ dy`.
    pub(super) fn input_gradient<S>(
        s: BatchNormSizes,
        weight: &[f32],
        by: Moments<'_>,
        sums: (&[f32], &[f32]),
        n: f32,
        x: &[f32],
        dy: &[f32],
        dx: &mut [f32],
        write: Write,
    ) {
        let rows = x.chunks_exact(s.channels).zip(dy.chunks_exact(s.channels)).zip(dx.chunks_exact_mut(s.channels));
        for ((x, dy), dx) in rows {
            for (c, ((x, dy), dx)) in x.iter().zip(dy).zip(dx).enumerate() {
                let inverse = by.inverse(c);
                let normalised = (x - by.mean[c]) * inverse;
                let d = weight[c] * inverse * (dy - sums.1[c] / n - normalised * sums.0[c] / n);
                *dx = if write == Write::Set { d } else { *dx + d };
            }
        }
    }
}
