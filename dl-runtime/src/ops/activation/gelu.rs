//! gelu, exact and by tanh.

use super::Function;
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
    fn distribution(x: f32) -> f32 {
        0.5 + 0.5 * erf(x * FRAC_1_SQRT_2)
    }
}

impl Function for Gelu {
    #[inline(always)]
    fn value(self, x: f32) -> f32 {
        x * Self::distribution(x)
    }
    #[inline(always)]
    fn slope(self, x: f32) -> f32 {
        Self::distribution(x) + x * NORMAL * (-0.5 * x * x).exp()
    }
}

#[derive(Clone, Copy)]
pub(crate) struct GeluTanh;

impl Function for GeluTanh {
    #[inline(always)]
    fn value(self, x: f32) -> f32 {
        0.5 * x * (1.0 + (ROOT * (x + CUBIC * x * x * x)).tanh())
    }
    #[inline(always)]
    fn slope(self, x: f32) -> f32 {
        let t = (ROOT * (x + CUBIC * x * x * x)).tanh();
        0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * ROOT * (1.0 + 3.0 * CUBIC * x * x)
    }
}

/// Abramowitz and Stegun 7.1.26, to 1.5e-7.
fn erf(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let p = ((((1.061_405_4 * t - 1.453_152) * t + 1.421_413_7) * t - 0.284_496_74) * t + 0.254_829_6) * t;
    (1.0 - p * (-x * x).exp()).copysign(x)
}
