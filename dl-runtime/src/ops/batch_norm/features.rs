//! Batch normalisation of samples of shape [C], in which neighbours in memory belong to different channels.

use super::BatchNormSizes;
use super::cpu::Moments;
use crate::device::cpu::simd::simd;
use crate::ops::activation::Function;
use crate::tensor::Write;

/// The number of channels that are summed side by side: some lines of the cache, since rows are far apart.
pub(super) const LANES: usize = 64;

simd! {
    /// Computes the mean and the biased variance of the channels from `first` on.
    pub(super) fn moments<S>(s: BatchNormSizes, first: usize, x: &[f32], mean: &mut [f32], var: &mut [f32]) {
        let n = (x.len() / s.channels) as f64;
        for (i, (mean, var)) in mean.chunks_mut(LANES).zip(var.chunks_mut(LANES)).enumerate() {
            let channels = first + i * LANES..first + i * LANES + mean.len();
            let rows = || x.chunks_exact(s.channels).map(|row| &row[channels.clone()]);
            let mut sums = [0.0; LANES];
            rows().for_each(|row| sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += f64::from(*x)));
            let means = sums.map(|sum| sum / n);
            let mut squares = [0.0; LANES];
            for row in rows() {
                for ((square, mean), x) in squares.iter_mut().zip(&means).zip(row) {
                    let d = f64::from(*x) - mean;
                    *square += d * d;
                }
            }
            for (lane, (mean, var)) in mean.iter_mut().zip(var).enumerate() {
                (*mean, *var) = (means[lane] as f32, (squares[lane] / n) as f32);
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
            let channels = first + i * LANES..first + i * LANES + d_weight.len();
            let means = &by.mean[channels.clone()];
            let (mut sums, mut products) = ([0.0; LANES], [0.0; LANES]);
            for (x, dy) in x.chunks_exact(s.channels).zip(dy.chunks_exact(s.channels)) {
                let elements = x[channels.clone()].iter().zip(&dy[channels.clone()]).zip(means);
                for ((sum, product), ((x, dy), mean)) in sums.iter_mut().zip(&mut products).zip(elements) {
                    *sum += f64::from(*dy);
                    *product += f64::from((x - mean) * dy);
                }
            }
            for (lane, c) in channels.enumerate() {
                d_weight[lane] = (products[lane] * f64::from(by.inverse(c))) as f32;
                d_bias[lane] = sums[lane] as f32;
            }
        }
    }

    /// `dx = weight/√(var + ε)·(dy - Σdy/n - x̂·(Σ dy·x̂)/n)` for whole samples, or `+=`.
    /// `sums` are `Σ dy·x̂` and `Σ dy`, and `factors` has room for three numbers for each channel.
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
        factors: &mut [f32],
    ) {
        let (scales, rest) = factors.split_at_mut(s.channels);
        let (slopes, shifts) = rest.split_at_mut(s.channels);
        for c in 0..s.channels {
            let inverse = by.inverse(c);
            let scale = weight[c] * inverse;
            (scales[c], slopes[c], shifts[c]) = (scale, -scale * inverse * sums.0[c] / n, -scale * sums.1[c] / n);
        }
        let rows = x.chunks_exact(s.channels).zip(dy.chunks_exact(s.channels)).zip(dx.chunks_exact_mut(s.channels));
        for ((x, dy), dx) in rows {
            let of_channels = by.mean.iter().zip(&*scales).zip(&*slopes).zip(&*shifts);
            for (((x, dy), dx), (((mean, scale), slope), shift)) in x.iter().zip(dy).zip(dx).zip(of_channels) {
                let d = S::mul_add(*scale, *dy, S::mul_add(*slope, *x - mean, *shift));
                *dx = if write == Write::Set { d } else { *dx + d };
            }
        }
    }
}
