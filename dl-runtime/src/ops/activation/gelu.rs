//! gelu, exact and by tanh.

use super::Function;
use crate::device::cpu::simd::{Simd, math};
use std::f32::consts::FRAC_1_SQRT_2;

/// 1/√(2π).
const NORMAL: f32 = 0.398_942_3;
/// √(2/π).
const ROOT: f32 = 0.797_884_6;
const CUBIC: f32 = 0.044715;

#[derive(Clone, Copy)]
pub(crate) struct Gelu;

impl Gelu {
    /// Φ(x).
    #[inline(always)]
    fn distribution<S: Simd>(x: f32) -> f32 {
        0.5 + 0.5 * math::erf::<S>(x * FRAC_1_SQRT_2)
    }
}

impl Function for Gelu {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        x * Self::distribution::<S>(x)
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, x: f32) -> f32 {
        Self::distribution::<S>(x) + x * NORMAL * math::exp::<S>(-0.5 * x * x)
    }
}

#[derive(Clone, Copy)]
pub(crate) struct GeluTanh;

impl Function for GeluTanh {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        0.5 * x * (1.0 + math::tanh::<S>(ROOT * (x + CUBIC * x * x * x)))
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, x: f32) -> f32 {
        let t = math::tanh::<S>(ROOT * (x + CUBIC * x * x * x));
        0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * ROOT * (1.0 + 3.0 * CUBIC * x * x)
    }
}
