//! Piecewise functions: clamp, hard_tanh (relu6 is one), hard_sigmoid, hard_swish, softsign. NaN fails every comparison,
//! and so stays.

use super::Function;
use crate::device::cpu::simd::Simd;

#[inline(always)]
fn clamp(x: f32, min: f32, max: f32) -> f32 {
    // Not `f32::clamp`, which would panic on limits of NaN.
    let x = if x < min { min } else { x };
    if x > max { max } else { x }
}

#[derive(Clone, Copy)]
pub(crate) struct Clamp {
    pub min: f32,
    pub max: f32,
}

impl Function for Clamp {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        clamp(x, self.min, self.max)
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, x: f32) -> f32 {
        if x >= self.min && x <= self.max { 1.0 } else { 0.0 }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct HardTanh {
    pub min: f32,
    pub max: f32,
}

impl Function for HardTanh {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        clamp(x, self.min, self.max)
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, y: f32) -> f32 {
        if y > self.min && y < self.max { 1.0 } else { 0.0 }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct HardSigmoid;

impl Function for HardSigmoid {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        clamp(x + 3.0, 0.0, 6.0) / 6.0
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, y: f32) -> f32 {
        if y > 0.0 && y < 1.0 { 1.0 / 6.0 } else { 0.0 }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct HardSwish;

impl Function for HardSwish {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        x * clamp(x + 3.0, 0.0, 6.0) / 6.0
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, x: f32) -> f32 {
        let between = if x > 3.0 { 1.0 } else { x / 3.0 + 0.5 };
        if x < -3.0 { 0.0 } else { between }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Softsign;

impl Function for Softsign {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        x / (1.0 + x.abs())
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, y: f32) -> f32 {
        // 1/(1 + |x|) = 1 - |y|.
        (1.0 - y.abs()) * (1.0 - y.abs())
    }
}
