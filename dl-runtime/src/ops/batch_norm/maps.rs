//! Batch normalisation of [C, H, W]: the numbers of a channel lie in one row for each sample.

use super::Sizes;
use super::cpu::Moments;
use crate::device::cpu::simd::{Lanes, simd};
use crate::ops::Write;
use crate::ops::activation::Function;
use std::ops::Range;

/// Numbers that are summed in `f32` before the sum goes on in `f64`; two reads of them stay in the fastest cache.
const BLOCK: usize = 4096;

impl Sizes {
    /// The row of channel `c` in sample `n`.
    #[inline(always)]
    fn row(self, n: usize, c: usize) -> Range<usize> {
        let start = (n * self.channels + c) * self.area;
        start..start + self.area
    }
    /// Ranges of samples, a block each.
    #[inline(always)]
    fn blocks(self, len: usize) -> impl Iterator<Item = Range<usize>> {
        let (samples, block) = (len / self.sample(), BLOCK.div_ceil(self.area));
        (0..samples).step_by(block).map(move |start| start..samples.min(start + block))
    }
    /// `Σ f` over the rows of channel `c` in `block`.
    #[inline(always)]
    fn sum<const N: usize>(self, c: usize, block: Range<usize>, data: [&[f32]; N], f: impl Fn([f32; N]) -> f32) -> f64 {
        let mut lanes = Lanes::default();
        for n in block {
            lanes.add(data.map(|data| &data[self.row(n, c)]), &f);
        }
        f64::from(lanes.sum())
    }
}

simd! {
    /// Mean and biased variance of the channels from `first` on, block by block and then together: Chan, Golub, LeVeque,
    /// "Algorithms for computing the sample variance", The American Statistician 37 (1983).
    pub(super) fn moments<S>(s: Sizes, first: usize, x: &[f32], mean: &mut [f32], var: &mut [f32]) {
        for (i, (mean_to, var_to)) in mean.iter_mut().zip(var).enumerate() {
            let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
            for block in s.blocks(x.len()) {
                let n = (block.len() * s.area) as f64;
                let of_block = s.sum(first + i, block.clone(), [x], |[x]| x) / n;
                let near = of_block as f32;
                let around = s.sum(first + i, block, [x], |[x]| (x - near) * (x - near));
                let (delta, total) = (of_block - mean, count + n);
                squares += around + delta * delta * (count * n / total);
                mean += delta * (n / total);
                count = total;
            }
            (*mean_to, *var_to) = (mean as f32, (squares / count) as f32);
        }
    }

    /// `y = f(weight·(y - mean)/√(var + ε) + bias)` for whole samples.
    pub(super) fn normalise<S, F>(f: F, s: Sizes, weight: &[f32], bias: &[f32], by: Moments<'_>, y: &mut [f32])
    where [F: Function] {
        for sample in y.chunks_exact_mut(s.sample()) {
            for (c, row) in sample.chunks_exact_mut(s.area).enumerate() {
                let (mean, scale, bias) = (by.mean[c], weight[c] * by.inverse(c), bias[c]);
                for y in row {
                    *y = f.value::<S>(S::mul_add(*y - mean, scale, bias));
                }
            }
        }
    }

    /// `Σ dy·x̂` and `Σ dy` of the channels from `first` on.
    pub(super) fn sums<S>(
        s: Sizes,
        first: usize,
        by: Moments<'_>,
        x: &[f32],
        dy: &[f32],
        d_weight: &mut [f32],
        d_bias: &mut [f32],
    ) {
        for (i, (d_weight, d_bias)) in d_weight.iter_mut().zip(d_bias).enumerate() {
            let (c, mut sum, mut product) = (first + i, 0.0, 0.0);
            let mean = by.mean[c];
            for block in s.blocks(x.len()) {
                sum += s.sum(c, block.clone(), [dy], |[dy]| dy);
                product += s.sum(c, block, [x, dy], |[x, dy]| (x - mean) * dy);
            }
            (*d_weight, *d_bias) = ((product * f64::from(by.inverse(c))) as f32, sum as f32);
        }
    }

    /// `dx = weight/√(var + ε)·(dy - Σdy/n - x̂·(Σ dy·x̂)/n)` for whole samples; `sums` are `Σ dy·x̂` and `Σ dy`.
    pub(super) fn input_gradient<S>(
        s: Sizes,
        weight: &[f32],
        by: Moments<'_>,
        sums: (&[f32], &[f32]),
        n: f32,
        x: &[f32],
        dy: &[f32],
        dx: &mut [f32],
        write: Write,
    ) {
        let rows = x.chunks_exact(s.area).zip(dy.chunks_exact(s.area)).zip(dx.chunks_exact_mut(s.area));
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
