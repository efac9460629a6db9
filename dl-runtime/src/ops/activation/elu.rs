//! elu and selu.

use super::Function;
use crate::device::cpu::simd::{Simd, math};

#[derive(Clone, Copy)]
pub(crate) struct Elu {
    pub alpha: f32,
}

impl Function for Elu {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        if x > 0.0 { x } else { self.alpha * math::exp_m1::<S>(x) }
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, y: f32) -> f32 {
        // α·eˣ = α·(eˣ - 1) + α.
        if y > 0.0 { 1.0 } else { y + self.alpha }
    }
}

/// Scale and α of selu.
const SCALE: f32 = 1.050_701;
const SCALED_ALPHA: f32 = 1.758_099_3;

#[derive(Clone, Copy)]
pub(crate) struct Selu;

impl Function for Selu {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        if x > 0.0 { SCALE * x } else { SCALED_ALPHA * math::exp_m1::<S>(x) }
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, y: f32) -> f32 {
        if y > 0.0 { SCALE } else { y + SCALED_ALPHA }
    }
}
