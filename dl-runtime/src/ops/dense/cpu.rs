//! Dense layers on the CPU.

use super::{DenseKernel, Sizes};
use crate::Cpu;
use crate::ops::{Activation, Write, activation::ActivationKernel};

impl DenseKernel for Cpu {
    fn dense_forward(&self, s: Sizes, activation: Activation, weight: &[f32], bias: &[f32], x: &[f32], y: &mut [f32]) {
        for (x, y) in x.chunks_exact(s.inputs).zip(y.chunks_exact_mut(s.outputs)) {
            for (o, (w, y)) in weight.chunks_exact(s.inputs).zip(y).enumerate() {
                *y = bias.get(o).copied().unwrap_or(0.0) + w.iter().zip(x).map(|(w, x)| w * x).sum::<f32>();
            }
        }
        self.activation_forward_in_place(activation, y);
    }
    fn dense_backward_input(&self, s: Sizes, weight: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
        if write == Write::Set {
            dx.fill(0.0);
        }
        for (dx, dy) in dx.chunks_exact_mut(s.inputs).zip(dy.chunks_exact(s.outputs)) {
            for (w, dy) in weight.chunks_exact(s.inputs).zip(dy) {
                dx.iter_mut().zip(w).for_each(|(dx, w)| *dx += dy * w);
            }
        }
    }
    fn dense_backward_weights(
        &self,
        s: Sizes,
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
        for (x, dy) in x.chunks_exact(s.inputs).zip(dy.chunks_exact(s.outputs)) {
            for (dw, dy) in d_weight.chunks_exact_mut(s.inputs).zip(dy) {
                dw.iter_mut().zip(x).for_each(|(dw, x)| *dw += dy * x);
            }
            d_bias.iter_mut().zip(dy).for_each(|(db, dy)| *db += dy);
        }
    }
}
