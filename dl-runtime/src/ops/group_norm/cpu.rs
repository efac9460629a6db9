//! Group normalisation on the CPU.

use super::{GroupNormKernel, GroupNormSizes};
use crate::Cpu;
use crate::device::cpu::simd::{simd, sum};
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::layer_norm::cpu::moments;
use crate::ops::parts;
use crate::tensor::Write;

/// The smallest task, in numbers.
const TASK: usize = 1 << 13;

impl GroupNormSizes {
    fn sample(self) -> usize {
        self.channels * self.spatial_size
    }
    /// Returns the size of a group in numbers.
    fn group(self) -> usize {
        self.sample() / self.groups
    }
    /// Returns the number of channels of a group.
    fn channels_per_group(self) -> usize {
        self.channels / self.groups
    }
    /// Returns the scale and shift of channel `c`.
    #[inline(always)]
    fn weights(self, weights: &[f32], c: usize) -> (f32, f32) {
        if weights.is_empty() { (1.0, 0.0) } else { (weights[c], weights[self.channels + c]) }
    }
}

simd! {
    /// Computes the groups from number `first` on, counted over all samples.
    fn forward<S>(s: GroupNormSizes, first: usize, weights: &[f32], x: &[f32], y: &mut [f32]) {
        for (i, (x, y)) in x.chunks_exact(s.group()).zip(y.chunks_exact_mut(s.group())).enumerate() {
            let (mean, inverse) = moments::<S>(x, s.epsilon);
            for (j, (x, y)) in x.chunks_exact(s.spatial_size).zip(y.chunks_exact_mut(s.spatial_size)).enumerate() {
                let (weight, bias) = s.weights(weights, (first + i) % s.groups * s.channels_per_group() + j);
                let scale = weight * inverse;
                x.iter().zip(y).for_each(|(x, y)| *y = S::mul_add(*x - mean, scale, bias));
            }
        }
    }

    /// Adds `Σ dy·x̂` and `Σ dy` to `total` if there are weights, and writes `dx` unless it is empty.
    fn backward<S>(
        s: GroupNormSizes, first: usize, weights: &[f32], x: &[f32], dy: &[f32], total: &mut [f32], dx: &mut [f32], write: Write,
    ) {
        let (n, spatial_size) = (s.group(), s.spatial_size);
        for (i, (x, dy)) in x.chunks_exact(n).zip(dy.chunks_exact(n)).enumerate() {
            let channel = (first + i) % s.groups * s.channels_per_group();
            let (mean, inverse) = moments::<S>(x, s.epsilon);
            // Σ g and Σ g·(x - mean) over the group are summed channel by channel.
            let (mut shift, mut slope) = (0.0, 0.0);
            for (j, (x, dy)) in x.chunks_exact(spatial_size).zip(dy.chunks_exact(spatial_size)).enumerate() {
                let (weight, _) = s.weights(weights, channel + j);
                let dy_sum = sum::<S, 1>([dy], |[dy]| dy);
                let product = sum::<S, 2>([dy, x], |[dy, x]| dy * (x - mean));
                if !weights.is_empty() {
                    total[channel + j] += product * inverse;
                    total[s.channels + channel + j] += dy_sum;
                }
                shift += weight * dy_sum;
                slope += weight * product;
            }
            if dx.is_empty() {
                continue;
            }
            let (shift, slope) = (shift / n as f32, slope / n as f32 * inverse * inverse);
            let outputs = dx[i * n..(i + 1) * n].chunks_exact_mut(spatial_size);
            for (j, ((x, dy), dx)) in x.chunks_exact(spatial_size).zip(dy.chunks_exact(spatial_size)).zip(outputs).enumerate() {
                let (weight, _) = s.weights(weights, channel + j);
                let positions = x.iter().zip(dy).zip(dx);
                let gradient = |x: f32, dy: f32| inverse * (dy * weight - shift - (x - mean) * slope);
                match write {
                    Write::Set => positions.for_each(|((x, dy), dx)| *dx = gradient(*x, *dy)),
                    Write::Add => positions.for_each(|((x, dy), dx)| *dx += gradient(*x, *dy)),
                }
            }
        }
    }
}

impl GroupNormKernel for Cpu {
    fn group_norm_forward(&self, s: GroupNormSizes, weights: &[f32], x: &[f32], y: &mut [f32]) {
        let groups = TASK.div_ceil(s.group());
        let parts = (chunks(x, groups * s.group()), chunks_mut(y, groups * s.group()));
        self.threads().split(parts, &|task, (x, y)| forward(s, task * groups, weights, x, y));
    }
    fn group_norm_backward(
        &self,
        s: GroupNormSizes,
        weights: &[f32],
        x: &[f32],
        dy: &[f32],
        d_weights: Option<(&mut [f32], Write)>,
        d_input: Option<(&mut [f32], Write)>,
    ) {
        let d_weights = d_weights.unwrap_or((&mut [], Write::Set));
        parts::backward(self, s.group(), x, dy, d_weights, d_input, &|first, x, dy, sums, dx, write| {
            backward(s, first, weights, x, dy, sums, dx, write);
        });
    }
}
