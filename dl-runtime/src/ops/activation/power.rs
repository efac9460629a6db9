//! exp, log, sqrt, square, powi and abs.

use super::Function;
use crate::device::cpu::simd::{Simd, math};

#[derive(Clone, Copy)]
pub(crate) struct Exp;

impl Function for Exp {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        math::exp::<S>(x)
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, y: f32) -> f32 {
        y
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Log;

impl Function for Log {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        math::ln::<S>(x)
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, x: f32) -> f32 {
        1.0 / x
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Sqrt;

impl Function for Sqrt {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        x.sqrt()
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, y: f32) -> f32 {
        0.5 / y
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Abs;

impl Function for Abs {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        x.abs()
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, x: f32) -> f32 {
        if x == 0.0 { 0.0 } else { 1f32.copysign(x) }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Square;

impl Function for Square {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        x * x
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, x: f32) -> f32 {
        2.0 * x
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Powi {
    pub exponent: i32,
}

/// `xⁿ` by squaring; not libm's, whose last bits differ between systems.
#[inline(always)]
fn power(x: f32, n: i32) -> f32 {
    let (mut base, mut left, mut y) = (x, n.unsigned_abs(), 1.0);
    while left > 0 {
        if left % 2 == 1 {
            y *= base;
        }
        base *= base;
        left /= 2;
    }
    if n < 0 { 1.0 / y } else { y }
}

impl Function for Powi {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        power(x, self.exponent)
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, x: f32) -> f32 {
        // x⁰ is 1 everywhere; x⁻¹ would make its slope NaN at 0.
        if self.exponent == 0 { 0.0 } else { self.exponent as f32 * power(x, self.exponent.saturating_sub(1)) }
    }
}
