//! sigmoid, and its relatives silu and tanh.

use super::Function;
use crate::device::cpu::simd::{Simd, math};

#[derive(Clone, Copy)]
pub(crate) struct Sigmoid;

impl Function for Sigmoid {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        math::sigmoid::<S>(x)
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, y: f32) -> f32 {
        y * (1.0 - y)
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Silu;

impl Function for Silu {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        x * math::sigmoid::<S>(x)
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, x: f32) -> f32 {
        let s = math::sigmoid::<S>(x);
        s + x * s * (1.0 - s)
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Tanh;

impl Function for Tanh {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        math::tanh::<S>(x)
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, y: f32) -> f32 {
        1.0 - y * y
    }
}
