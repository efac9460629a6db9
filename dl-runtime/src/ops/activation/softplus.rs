//! softplus.

use super::Function;
use crate::device::cpu::simd::{Simd, math};

#[derive(Clone, Copy)]
pub(crate) struct Softplus {
    pub beta: f32,
    pub threshold: f32,
}

impl Function for Softplus {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        let z = self.beta * x;
        if z > self.threshold { x } else { math::ln_1p::<S>(math::exp::<S>(z)) / self.beta }
    }
    #[inline(always)]
    fn slope<S: Simd>(self, x: f32) -> f32 {
        let z = self.beta * x;
        if z > self.threshold { 1.0 } else { math::sigmoid::<S>(z) }
    }
}
