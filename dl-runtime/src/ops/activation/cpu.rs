//! Activations on the CPU.

use super::{Activation, ActivationKernel, Function, with_function};
use crate::device::cpu::elementwise::{each, write};
use crate::{Cpu, ops::Write};

impl ActivationKernel for Cpu {
    fn activation_forward(&self, f: Activation, x: &[f32], y: &mut [f32]) {
        with_function!(f, f => each([x], y, |[x], _| f.value(x)));
    }
    fn activation_forward_in_place(&self, f: Activation, x: &mut [f32]) {
        if f != Activation::Identity {
            with_function!(f, f => each([], x, |[], x| f.value(x)));
        }
    }
    fn activation_backward(&self, f: Activation, kept: &[f32], dy: &[f32], dx: &mut [f32], w: Write) {
        with_function!(f, f => write(w, [kept, dy], dx, |[kept, dy]| f.slope(kept) * dy));
    }
    fn activation_backward_in_place(&self, f: Activation, kept: &[f32], d: &mut [f32]) {
        if f != Activation::Identity {
            with_function!(f, f => each([kept], d, |[kept], d| f.slope(kept) * d));
        }
    }
}
