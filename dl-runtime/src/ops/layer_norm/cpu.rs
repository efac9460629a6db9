//! Layer normalisation on the CPU.

use super::{LayerNormKernel, Norm};
use crate::Cpu;
use crate::device::cpu::simd::{Simd, simd, sum};
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::parts;
use crate::tensor::Write;

/// The smallest task, in numbers.
const TASK: usize = 1 << 13;

/// Returns the mean and 1/√(var + ε) of some numbers.
#[inline(always)]
pub(in crate::ops) fn moments<S: Simd>(x: &[f32], epsilon: f32) -> (f32, f32) {
    let n = x.len() as f32;
    let mean = sum::<S, 1>([x], |[x]| x) / n;
    let var = sum::<S, 1>([x], |[x]| (x - mean) * (x - mean)) / n;
    (mean, 1.0 / (var + epsilon).sqrt())
}

impl Norm {
    /// Returns the shift and scale of a row; without centring, the shift is 0 and the variance is the mean square.
    #[inline(always)]
    fn moments<S: Simd>(self, x: &[f32]) -> (f32, f32) {
        if self.centred {
            return moments::<S>(x, self.epsilon);
        }
        let square = sum::<S, 1>([x], |[x]| x * x) / x.len() as f32;
        (0.0, 1.0 / (square + self.epsilon).sqrt())
    }
}

simd! {
    fn forward<S>(norm: Norm, weight: &[f32], bias: &[f32], x: &[f32], y: &mut [f32]) {
        let n = weight.len();
        for (x, y) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)) {
            let (mean, inverse) = norm.moments::<S>(x);
            if bias.is_empty() {
                for ((x, y), weight) in x.iter().zip(y).zip(weight) {
                    *y = *x * inverse * *weight;
                }
                continue;
            }
            for (((x, y), weight), bias) in x.iter().zip(y).zip(weight).zip(bias) {
                *y = S::mul_add((*x - mean) * inverse, *weight, *bias);
            }
        }
    }

    /// Adds `Σ dy·x̂` and (if there is a bias) `Σ dy` to `total`. Writes `dx = (g - mean(g) - x̂·mean(g·x̂))/√(var +
    /// ε)`, where `g = dy·weight`, unless `dx` is empty.
    fn backward<S>(norm: Norm, weight: &[f32], x: &[f32], dy: &[f32], total: &mut [f32], dx: &mut [f32], write: Write) {
        let n = weight.len();
        let (d_weight, d_bias) = total.split_at_mut(n);
        for (i, (x, dy)) in x.chunks_exact(n).zip(dy.chunks_exact(n)).enumerate() {
            let (mean, inverse) = norm.moments::<S>(x);
            for ((x, dy), d_weight) in x.iter().zip(dy).zip(&mut *d_weight) {
                *d_weight = S::mul_add((*x - mean) * inverse, *dy, *d_weight);
            }
            d_bias.iter_mut().zip(dy).for_each(|(d_bias, dy)| *d_bias += *dy);
            if dx.is_empty() {
                continue;
            }
            let shift = if norm.centred { sum::<S, 2>([dy, weight], |[dy, weight]| dy * weight) / n as f32 } else { 0.0 };
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
    fn layer_norm_forward(&self, norm: Norm, weight: &[f32], bias: &[f32], x: &[f32], y: &mut [f32]) {
        let size = TASK.div_ceil(weight.len()) * weight.len();
        self.threads().split((chunks(x, size), chunks_mut(y, size)), &|_, (x, y)| forward(norm, weight, bias, x, y));
    }
    fn layer_norm_backward(
        &self,
        norm: Norm,
        weight: &[f32],
        x: &[f32],
        dy: &[f32],
        d_weights: (&mut [f32], Write),
        d_input: Option<(&mut [f32], Write)>,
    ) {
        parts::backward(self, weight.len(), x, dy, d_weights, d_input, &|_, x, dy, sums, dx, write| {
            backward(norm, weight, x, dy, sums, dx, write);
        });
    }
}
