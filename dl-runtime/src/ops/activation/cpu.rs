//! Activations on the CPU.

use super::{Activation, ActivationKernel, Function, with_function};
use crate::Cpu;
use crate::device::cpu::elementwise::{Formula, each, write};
use crate::device::cpu::simd::Simd;
use crate::tensor::Write;

/// `f(x)`, where `x` is the input or, in place, the element that is replaced.
struct Value<F>(F);

impl<F: Function> Formula<1> for Value<F> {
    #[inline(always)]
    fn of<S: Simd>(&self, [x]: [f32; 1], _: f32) -> f32 {
        self.0.value::<S>(x)
    }
}

impl<F: Function> Formula<0> for Value<F> {
    #[inline(always)]
    fn of<S: Simd>(&self, []: [f32; 0], x: f32) -> f32 {
        self.0.value::<S>(x)
    }
}

/// `f'(kept)·d`, where `d` is the gradient to the output or, in place, the element that is replaced.
struct Derivative<F>(F);

impl<F: Function> Formula<2> for Derivative<F> {
    #[inline(always)]
    fn of<S: Simd>(&self, [kept, dy]: [f32; 2], _: f32) -> f32 {
        self.0.derivative::<S>(kept) * dy
    }
}

impl<F: Function> Formula<1> for Derivative<F> {
    #[inline(always)]
    fn of<S: Simd>(&self, [kept]: [f32; 1], d: f32) -> f32 {
        self.0.derivative::<S>(kept) * d
    }
}

impl ActivationKernel for Cpu {
    fn activation_forward(&self, f: Activation, x: &[f32], y: &mut [f32]) {
        with_function!(f, f => each(self, [x], y, Value(f)));
    }
    fn activation_forward_in_place(&self, f: Activation, x: &mut [f32]) {
        if f != Activation::Identity {
            with_function!(f, f => each(self, [], x, Value(f)));
        }
    }
    fn activation_backward(&self, f: Activation, kept: &[f32], dy: &[f32], dx: &mut [f32], w: Write) {
        with_function!(f, f => write(self, w, [kept, dy], dx, Derivative(f)));
    }
    fn activation_backward_in_place(&self, f: Activation, kept: &[f32], d: &mut [f32]) {
        if f != Activation::Identity {
            with_function!(f, f => each(self, [kept], d, Derivative(f)));
        }
    }
}
