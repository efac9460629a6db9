//! Layer normalisation on the CPU.

use super::LayerNormKernel;
use crate::Cpu;
use crate::device::cpu::scratch;
use crate::device::cpu::simd::{Simd, simd, sum};
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::Write;

/// Numbers of one task, at least.
const TASK: usize = 1 << 13;
/// The gradients to the weights are summed in at most so many parts, for any number of threads.
const PARTS: usize = 32;

/// Mean and 1/√(var + ε) of a row.
#[inline(always)]
fn moments<S: Simd>(row: &[f32], epsilon: f32) -> (f32, f32) {
    let n = row.len() as f32;
    let mean = sum::<S, 1>([row], |[x]| x) / n;
    let var = sum::<S, 1>([row], |[x]| (x - mean) * (x - mean)) / n;
    (mean, 1.0 / (var + epsilon).sqrt())
}

simd! {
    fn forward<S>(epsilon: f32, weight: &[f32], bias: &[f32], x: &[f32], y: &mut [f32]) {
        let n = weight.len();
        for (x, y) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)) {
            let (mean, inverse) = moments::<S>(x, epsilon);
            for (((x, y), weight), bias) in x.iter().zip(y).zip(weight).zip(bias) {
                *y = S::mul_add((*x - mean) * inverse, *weight, *bias);
            }
        }
    }

    /// Adds `Σ dy·x̂` and `Σ dy` to `total`, and writes `dx = (g - mean(g) - x̂·mean(g·x̂))/√(var + ε)`, where
    /// `g = dy·weight`, unless it is empty.
    fn backward<S>(epsilon: f32, weight: &[f32], x: &[f32], dy: &[f32], total: &mut [f32], dx: &mut [f32], write: Write) {
        let n = weight.len();
        let (d_weight, d_bias) = total.split_at_mut(n);
        for (i, (x, dy)) in x.chunks_exact(n).zip(dy.chunks_exact(n)).enumerate() {
            let (mean, inverse) = moments::<S>(x, epsilon);
            for (((x, dy), d_weight), d_bias) in x.iter().zip(dy).zip(&mut *d_weight).zip(&mut *d_bias) {
                *d_weight = S::mul_add((*x - mean) * inverse, *dy, *d_weight);
                *d_bias += *dy;
            }
            if dx.is_empty() {
                continue;
            }
            let shift = sum::<S, 2>([dy, weight], |[dy, weight]| dy * weight) / n as f32;
            let product = sum::<S, 3>([dy, weight, x], |[dy, weight, x]| dy * weight * (x - mean)) / n as f32;
            let slope = product * inverse * inverse;
            let rows = x.iter().zip(dy).zip(weight).zip(&mut dx[i * n..(i + 1) * n]);
            let gradient = |x: f32, dy: f32, weight: f32| inverse * (dy * weight - shift - (x - mean) * slope);
            match write {
                Write::Set => rows.for_each(|(((x, dy), weight), dx)| *dx = gradient(*x, *dy, *weight)),
                Write::Add => rows.for_each(|(((x, dy), weight), dx)| *dx += gradient(*x, *dy, *weight)),
            }
        }
    }
}

impl LayerNormKernel for Cpu {
    fn layer_norm_forward(&self, epsilon: f32, weight: &[f32], bias: &[f32], x: &[f32], y: &mut [f32]) {
        let size = TASK.div_ceil(weight.len()) * weight.len();
        self.threads().split((chunks(x, size), chunks_mut(y, size)), &|_, (x, y)| forward(epsilon, weight, bias, x, y));
    }
    fn layer_norm_backward(
        &self,
        epsilon: f32,
        weight: &[f32],
        x: &[f32],
        dy: &[f32],
        (d_weights, write): (&mut [f32], Write),
        d_input: Option<(&mut [f32], Write)>,
    ) {
        let n = weight.len();
        let rows = TASK.div_ceil(n).max((x.len() / n).div_ceil(PARTS));
        let parts = (x.len() / n).div_ceil(rows);
        scratch::with(parts * 2 * n, |sums| {
            sums.fill(0.0);
            let (x, dy, parts) = (chunks(x, rows * n), chunks(dy, rows * n), chunks_mut(sums, 2 * n));
            match d_input {
                Some((dx, write)) => {
                    self.threads().split((x, dy, parts, chunks_mut(dx, rows * n)), &|_, (x, dy, sums, dx)| {
                        backward(epsilon, weight, x, dy, sums, dx, write);
                    });
                }
                None => self.threads().split((x, dy, parts), &|_, (x, dy, sums)| {
                    backward(epsilon, weight, x, dy, sums, &mut [], Write::Set);
                }),
            }
            for (part, sums) in sums.chunks_exact(2 * n).enumerate() {
                for (d, sum) in d_weights.iter_mut().zip(sums) {
                    *d = if part == 0 && write == Write::Set { *sum } else { *d + sum };
                }
            }
        });
    }
}
