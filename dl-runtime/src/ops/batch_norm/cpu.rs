//! Batch normalisation on the CPU.

use super::{BatchNormKernel, Op, Sizes};
use crate::Cpu;
use crate::ops::Write;

impl Sizes {
    /// Positions of channel `c` in `len` numbers.
    fn positions(self, c: usize, len: usize) -> impl Iterator<Item = usize> {
        let step = self.channels * self.area;
        (c * self.area..len).step_by(step).flat_map(move |start| start..start + self.area)
    }
}

impl BatchNormKernel for Cpu {
    fn batch_norm_forward(&self, op: Op, s: Sizes, weights: &[f32], x: &[f32], y: &mut [f32], saved: &mut [f32]) {
        let n = (x.len() / s.channels) as f64;
        for c in 0..s.channels {
            let mean = s.positions(c, x.len()).map(|i| f64::from(x[i])).sum::<f64>() / n;
            let var = s.positions(c, x.len()).map(|i| (f64::from(x[i]) - mean).powi(2)).sum::<f64>() / n;
            (saved[c], saved[s.channels + c]) = (mean as f32, var as f32);
            let scale = weights[c] / (saved[s.channels + c] + op.epsilon).sqrt();
            for i in s.positions(c, x.len()) {
                y[i] = op.activation.value((x[i] - saved[c]) * scale + weights[s.channels + c]);
            }
        }
    }
    fn batch_norm_infer(&self, op: Op, s: Sizes, weights: &[f32], x: &[f32], y: &mut [f32]) {
        y.copy_from_slice(x);
        self.batch_norm_infer_in_place(op, s, weights, y);
    }
    fn batch_norm_infer_in_place(&self, op: Op, s: Sizes, weights: &[f32], x: &mut [f32]) {
        for c in 0..s.channels {
            let scale = weights[c] / (weights[3 * s.channels + c] + op.epsilon).sqrt();
            for i in s.positions(c, x.len()) {
                x[i] = op.activation.value((x[i] - weights[2 * s.channels + c]) * scale + weights[s.channels + c]);
            }
        }
    }
    fn batch_norm_backward(
        &self,
        op: Op,
        s: Sizes,
        weights: &[f32],
        x: &[f32],
        saved: &[f32],
        dy: &[f32],
        (d_weights, write): (&mut [f32], Write),
        mut d_input: Option<(&mut [f32], Write)>,
    ) {
        let count = x.len() / s.channels;
        let n = count as f32;
        for c in 0..s.channels {
            let (mean, var) = (saved[c], saved[s.channels + c]);
            let inverse = 1.0 / (var + op.epsilon).sqrt();
            let normalised = |i: usize| (x[i] - mean) * inverse;
            let d_bias = s.positions(c, x.len()).map(|i| f64::from(dy[i])).sum::<f64>() as f32;
            let d_weight = s.positions(c, x.len()).map(|i| f64::from(dy[i] * normalised(i))).sum::<f64>() as f32;
            let unbiased = if count > 1 { var * (n / (n - 1.0)) } else { weights[3 * s.channels + c] };
            let parts = [
                d_weight,
                d_bias,
                op.momentum * (weights[2 * s.channels + c] - mean),
                op.momentum * (weights[3 * s.channels + c] - unbiased),
            ];
            for (k, part) in parts.into_iter().enumerate() {
                let d = &mut d_weights[k * s.channels + c];
                *d = if write == Write::Set { part } else { *d + part };
            }
            if let Some((dx, write)) = &mut d_input {
                for i in s.positions(c, x.len()) {
                    let d = weights[c] * inverse * (dy[i] - d_bias / n - normalised(i) * (d_weight / n));
                    dx[i] = if *write == Write::Set { d } else { dx[i] + d };
                }
            }
        }
    }
}
