//! Convolutions on the CPU.

use super::{Conv2dKernel, Sizes};
use crate::Cpu;
use crate::ops::{Activation, Write, activation::ActivationKernel};

/// Calls `visit(weight, x, y)` with the positions in the three tensors of every product of one sample.
fn products(s: &Sizes, mut visit: impl FnMut(usize, usize, usize)) {
    let ([h, w], [oh, ow], [kh, kw]) = (s.image, s.output, s.kernel);
    let (inputs, outputs) = (s.inputs / s.groups, s.outputs / s.groups);
    for o in 0..s.outputs {
        for i in 0..inputs {
            let channel = o / outputs * inputs + i;
            for (k, l) in (0..kh).flat_map(|k| (0..kw).map(move |l| (k, l))) {
                let weight = ((o * inputs + i) * kh + k) * kw + l;
                for (r, c) in (0..oh).flat_map(|r| (0..ow).map(move |c| (r, c))) {
                    let row = (r * s.stride[0] + k * s.dilation[0]).wrapping_sub(s.padding[0]);
                    let column = (c * s.stride[1] + l * s.dilation[1]).wrapping_sub(s.padding[1]);
                    if row < h && column < w {
                        visit(weight, (channel * h + row) * w + column, (o * oh + r) * ow + c);
                    }
                }
            }
        }
    }
}

impl Conv2dKernel for Cpu {
    fn conv2d_forward(&self, s: &Sizes, f: Activation, weight: &[f32], bias: &[f32], x: &[f32], y: &mut [f32]) {
        let area = s.output[0] * s.output[1];
        for n in 0..s.samples {
            let x = &x[n * s.inputs * s.image[0] * s.image[1]..];
            let y = &mut y[n * s.outputs * area..][..s.outputs * area];
            for (o, y) in y.chunks_exact_mut(area).enumerate() {
                y.fill(bias.get(o).copied().unwrap_or(0.0));
            }
            products(s, |wi, xi, yi| y[yi] += weight[wi] * x[xi]);
        }
        self.activation_forward_in_place(f, y);
    }
    fn conv2d_backward_input(&self, s: &Sizes, weight: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
        if write == Write::Set {
            dx.fill(0.0);
        }
        for n in 0..s.samples {
            let dx = &mut dx[n * s.inputs * s.image[0] * s.image[1]..];
            let dy = &dy[n * s.outputs * s.output[0] * s.output[1]..];
            products(s, |wi, xi, yi| dx[xi] += weight[wi] * dy[yi]);
        }
    }
    fn conv2d_backward_weights(
        &self,
        s: &Sizes,
        x: &[f32],
        dy: &[f32],
        d_weight: &mut [f32],
        d_bias: &mut [f32],
        write: Write,
    ) {
        if write == Write::Set {
            d_weight.fill(0.0);
            d_bias.fill(0.0);
        }
        let area = s.output[0] * s.output[1];
        for n in 0..s.samples {
            let x = &x[n * s.inputs * s.image[0] * s.image[1]..];
            let dy = &dy[n * s.outputs * area..];
            products(s, |wi, xi, yi| d_weight[wi] += x[xi] * dy[yi]);
            for (db, dy) in d_bias.iter_mut().zip(dy.chunks_exact(area)) {
                *db += dy.iter().sum::<f32>();
            }
        }
    }
}
