//! Batch normalisation of feature maps, [C, H, W], in which the elements of a channel are contiguous in each sample.

use super::BatchNormSizes;
use super::cpu::Moments;
use crate::device::cpu::simd::{simd, sum};
use crate::ops::activation::Function;
use crate::tensor::Write;

/// The number of elements that are gathered and summed in `f32` before the sum is added in `f64`. They fit into the L1
/// cache.
const BLOCK: usize = 2048;
/// From this number of elements on, a row is summed where it lies.
const LONG: usize = 256;

impl BatchNormSizes {
    /// Returns the number of elements of a block, which holds at least one row, a channel of one sample.
    pub(super) fn block(self) -> usize {
        BLOCK.div_ceil(self.spatial_size) * self.spatial_size
    }
    /// Returns channel `c` of as many samples from `first` on as fit into `memory`, and their number: a copy, or a long row where it lies.
    #[inline(always)]
    fn gather<'a>(self, c: usize, first: usize, from: &'a [f32], memory: &'a mut [f32]) -> (&'a [f32], usize) {
        let channel = c * self.spatial_size..(c + 1) * self.spatial_size;
        let samples = from[first * self.sample()..].chunks_exact(self.sample());
        if self.spatial_size >= LONG {
            return (&from[first * self.sample()..][channel], 1);
        }
        let rows = samples.zip(memory.chunks_exact_mut(self.spatial_size));
        let rows = rows.map(|(sample, row)| row.copy_from_slice(&sample[channel.clone()])).count();
        (&memory[..rows * self.spatial_size], rows)
    }
}

simd! {
    /// Computes the mean and the biased variance of the channels from `first` on. The moments of blocks are merged by
    /// Chan, Golub, LeVeque, "Algorithms for computing the sample variance", The American Statistician 37 (1983).
    pub(super) fn moments<S>(s: BatchNormSizes, first: usize, x: &[f32], mean: &mut [f32], var: &mut [f32], block: &mut [f32]) {
        let samples = x.len() / s.sample();
        for (i, (mean_to, var_to)) in mean.iter_mut().zip(var).enumerate() {
            let (mut at, mut mean, mut squares) = (0, 0.0, 0.0);
            while at < samples {
                let (block, rows) = s.gather(first + i, at, x, block);
                let (n, seen) = (block.len() as f64, (at * s.spatial_size) as f64);
                let of_block = f64::from(sum::<S, 1>([block], |[x]| x)) / n;
                let near = of_block as f32;
                let around = f64::from(sum::<S, 1>([block], |[x]| (x - near) * (x - near)));
                let delta = of_block - mean;
                squares += around + delta * delta * (seen * n / (seen + n));
                mean += delta * (n / (seen + n));
                at += rows;
            }
            (*mean_to, *var_to) = (mean as f32, (squares / (samples * s.spatial_size) as f64) as f32);
        }
    }

    /// `y = f(weight·(y - mean)/√(var + ε) + bias)` for whole samples.
    pub(super) fn normalise<S, F>(f: F, s: BatchNormSizes, weight: &[f32], bias: &[f32], by: Moments<'_>, y: &mut [f32])
    where [F: Function] {
        for sample in y.chunks_exact_mut(s.sample()) {
            for (c, row) in sample.chunks_exact_mut(s.spatial_size).enumerate() {
                let (mean, scale, bias) = (by.mean[c], weight[c] * by.inverse(c), bias[c]);
                for y in row {
                    *y = f.value::<S>(S::mul_add(*y - mean, scale, bias));
                }
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
        blocks: &mut [f32],
    ) {
        let (x_block, dy_block) = blocks.split_at_mut(s.block());
        for (i, (d_weight, d_bias)) in d_weight.iter_mut().zip(d_bias).enumerate() {
            let (c, mut at, mut total, mut product) = (first + i, 0, 0.0, 0.0);
            let mean = by.mean[c];
            while at < x.len() / s.sample() {
                let (x, _) = s.gather(c, at, x, x_block);
                let (dy, rows) = s.gather(c, at, dy, dy_block);
                at += rows;
                total += f64::from(sum::<S, 1>([dy], |[dy]| dy));
                product += f64::from(sum::<S, 2>([x, dy], |[x, dy]| (x - mean) * dy));
            }
            (*d_weight, *d_bias) = ((product * f64::from(by.inverse(c))) as f32, total as f32);
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
        let rows = x.chunks_exact(s.spatial_size).zip(dy.chunks_exact(s.spatial_size)).zip(dx.chunks_exact_mut(s.spatial_size));
        for (row, ((x, dy), dx)) in rows.enumerate() {
            let c = row % s.channels;
            let (mean, inverse) = (by.mean[c], by.inverse(c));
            let scale = weight[c] * inverse;
            let (slope, shift) = (-scale * inverse * sums.0[c] / n, -scale * sums.1[c] / n);
            for ((x, dy), dx) in x.iter().zip(dy).zip(dx) {
                let d = S::mul_add(scale, *dy, S::mul_add(slope, *x - mean, shift));
                *dx = if write == Write::Set { d } else { *dx + d };
            }
        }
    }
}
