//! Activations on the CPU.

use super::{Activation, ActivationKernel};
use crate::{Cpu, ops::Write};

fn value(f: Activation, x: f32) -> f32 {
    match f {
        Activation::Identity => x,
        Activation::Relu => x.max(0.0),
    }
}

fn slope(f: Activation, y: f32) -> f32 {
    match f {
        Activation::Identity => 1.0,
        Activation::Relu => f32::from(y > 0.0),
    }
}

impl ActivationKernel for Cpu {
    fn activation_forward(&self, f: Activation, x: &[f32], y: &mut [f32]) {
        for (x, y) in x.iter().zip(y) {
            *y = value(f, *x);
        }
    }
    fn activation_forward_in_place(&self, f: Activation, x: &mut [f32]) {
        for x in x {
            *x = value(f, *x);
        }
    }
    fn activation_backward(&self, f: Activation, kept: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
        for ((k, dy), dx) in kept.iter().zip(dy).zip(dx) {
            let d = slope(f, *k) * dy;
            *dx = if write == Write::Set { d } else { *dx + d };
        }
    }
    fn activation_backward_in_place(&self, f: Activation, kept: &[f32], d: &mut [f32]) {
        for (k, d) in kept.iter().zip(d) {
            *d *= slope(f, *k);
        }
    }
}
