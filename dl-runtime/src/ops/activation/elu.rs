//! elu.

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
    fn slope<S: Simd>(self, y: f32) -> f32 {
        // α·eˣ = α·(eˣ - 1) + α.
        if y > 0.0 { 1.0 } else { y + self.alpha }
    }
}
