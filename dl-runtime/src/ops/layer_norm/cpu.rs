//! Layer normalisation on the CPU.

use super::LayerNormKernel;
use crate::Cpu;
use crate::ops::Write;

/// Mean and 1/√(var + ε) of a row.
fn moments(row: &[f32], epsilon: f32) -> (f32, f32) {
    let n = row.len() as f32;
    let mean = row.iter().sum::<f32>() / n;
    let var = row.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / n;
    (mean, 1.0 / (var + epsilon).sqrt())
}

impl LayerNormKernel for Cpu {
    fn layer_norm_forward(&self, epsilon: f32, weight: &[f32], bias: &[f32], x: &[f32], y: &mut [f32]) {
        let n = weight.len();
        for (x, y) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)) {
            let (mean, inverse) = moments(x, epsilon);
            for (((x, y), w), b) in x.iter().zip(y).zip(weight).zip(bias) {
                *y = (x - mean) * inverse * w + b;
            }
        }
    }
    fn layer_norm_backward(
        &self,
        epsilon: f32,
        weight: &[f32],
        x: &[f32],
        dy: &[f32],
        (d_weights, write): (&mut [f32], Write),
        mut d_input: Option<(&mut [f32], Write)>,
    ) {
        let n = weight.len();
        if write == Write::Set {
            d_weights.fill(0.0);
        }
        let (d_weight, d_bias) = d_weights.split_at_mut(n);
        for (row, (x, dy)) in x.chunks_exact(n).zip(dy.chunks_exact(n)).enumerate() {
            let (mean, inverse) = moments(x, epsilon);
            let normalised = |j: usize| (x[j] - mean) * inverse;
            for j in 0..n {
                d_weight[j] += dy[j] * normalised(j);
                d_bias[j] += dy[j];
            }
            if let Some((dx, write)) = &mut d_input {
                let dx = &mut dx[row * n..(row + 1) * n];
                let mean_g = (0..n).map(|j| dy[j] * weight[j]).sum::<f32>() / n as f32;
                let mean_gx = (0..n).map(|j| dy[j] * weight[j] * normalised(j)).sum::<f32>() / n as f32;
                for j in 0..n {
                    let d = inverse * (dy[j] * weight[j] - mean_g - normalised(j) * mean_gx);
                    dx[j] = if *write == Write::Set { d } else { dx[j] + d };
                }
            }
        }
    }
}
