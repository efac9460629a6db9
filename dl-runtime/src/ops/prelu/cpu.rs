//! Parametric ReLUs on the CPU.

use super::PreluKernel;
use crate::Cpu;
use crate::device::cpu::simd::{simd, sum};
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::parts::{self, accumulate};
use crate::tensor::Write;

/// The smallest task, in numbers.
const TASK: usize = 1 << 14;

simd! {
    /// Computes the channels from number `first` on, counted over all samples.
    fn forward<S>(spatial_size: usize, first: usize, weight: &[f32], x: &[f32], y: &mut [f32]) {
        for (i, (x, y)) in x.chunks_exact(spatial_size).zip(y.chunks_exact_mut(spatial_size)).enumerate() {
            let weight = weight[(first + i) % weight.len()];
            x.iter().zip(y).for_each(|(x, y)| *y = if *x > 0.0 { *x } else { weight * x });
        }
    }

    /// Adds `Σ dy·min(x, 0)` to `total`, and writes `dx` unless it is empty.
    fn backward<S>(
        spatial_size: usize, first: usize, weight: &[f32], x: &[f32], dy: &[f32], total: &mut [f32], dx: &mut [f32], write: Write,
    ) {
        for (i, (x, dy)) in x.chunks_exact(spatial_size).zip(dy.chunks_exact(spatial_size)).enumerate() {
            let channel = (first + i) % weight.len();
            total[channel] += sum::<S, 2>([x, dy], |[x, dy]| if x > 0.0 { 0.0 } else { dy * x });
            if dx.is_empty() {
                continue;
            }
            let weight = weight[channel];
            for ((x, dy), dx) in x.iter().zip(dy).zip(&mut dx[i * spatial_size..(i + 1) * spatial_size]) {
                accumulate(dx, if *x > 0.0 { *dy } else { weight * dy }, write);
            }
        }
    }
}

impl PreluKernel for Cpu {
    fn prelu_forward(&self, spatial_size: usize, weight: &[f32], x: &[f32], y: &mut [f32]) {
        let channels = TASK.div_ceil(spatial_size);
        let parts = (chunks(x, channels * spatial_size), chunks_mut(y, channels * spatial_size));
        self.threads().split(parts, &|task, (x, y)| forward(spatial_size, task * channels, weight, x, y));
    }
    fn prelu_backward(
        &self,
        spatial_size: usize,
        weight: &[f32],
        x: &[f32],
        dy: &[f32],
        d_weight: (&mut [f32], Write),
        d_input: Option<(&mut [f32], Write)>,
    ) {
        parts::backward(self, spatial_size, x, dy, d_weight, d_input, &|first, x, dy, sums, dx, write| {
            backward(spatial_size, first, weight, x, dy, sums, dx, write);
        });
    }
}
