//! relu and leaky_relu.

use super::Function;
use crate::device::cpu::simd::Simd;

#[derive(Clone, Copy)]
pub(crate) struct Relu;

impl Function for Relu {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        // Not `max`, which would turn NaN into 0.
        if x < 0.0 { 0.0 } else { x }
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, y: f32) -> f32 {
        if y > 0.0 { 1.0 } else { 0.0 }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct LeakyRelu {
    pub slope: f32,
}

impl Function for LeakyRelu {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        if x > 0.0 { x } else { self.slope * x }
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, y: f32) -> f32 {
        if y > 0.0 { 1.0 } else { self.slope }
    }
}
