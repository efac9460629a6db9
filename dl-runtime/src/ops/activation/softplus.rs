//! softplus, and what is made of it: log_sigmoid and mish.

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
    fn derivative<S: Simd>(self, x: f32) -> f32 {
        let z = self.beta * x;
        if z > self.threshold { 1.0 } else { math::sigmoid::<S>(z) }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct LogSigmoid;

impl Function for LogSigmoid {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        let negative = if x < 0.0 { x } else { 0.0 };
        negative - math::ln_1p::<S>(math::exp::<S>(-x.abs()))
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, y: f32) -> f32 {
        // σ(-x) = 1 - σ(x) = 1 - eʸ.
        -math::exp_m1::<S>(y)
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Mish;

impl Mish {
    /// 1 - tanh(softplus x), as 2/((1 + eˣ)² + 1).
    #[inline(always)]
    fn rest<S: Simd>(x: f32) -> f32 {
        // From 20 on the rest is 0 to f32, and later eˣ would be infinite.
        let e = math::exp::<S>(if x > 20.0 { 20.0 } else { x });
        2.0 / (e * (e + 2.0) + 2.0)
    }
    /// tanh(softplus x), exact where it is small.
    #[inline(always)]
    fn gate<S: Simd>(x: f32) -> f32 {
        let e = math::exp::<S>(if x > 20.0 { 20.0 } else { x });
        let n = e * (e + 2.0);
        n / (n + 2.0)
    }
}

impl Function for Mish {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        x * Self::gate::<S>(x)
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, x: f32) -> f32 {
        let gate = Self::gate::<S>(x);
        gate + x * math::sigmoid::<S>(x) * Self::rest::<S>(x) * (1.0 + gate)
    }
}
