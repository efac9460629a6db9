//! The divergence of a normal distribution from the standard one: see [`Elementwise::KlNormal`](super::Elementwise::KlNormal).
//!
//! Computed as `½·(m² + (e^v - 1) - v)` with mean `m` and logarithm of the variance `v`; the derivatives are `m` and
//! `½·(e^v - 1)`.

use super::elementwise;
use crate::device::cpu::simd::{Simd, math};

#[derive(Clone, Copy)]
pub(super) struct Formula;

impl elementwise::Formula for Formula {
    const SUM: bool = true;
    #[inline(always)]
    fn value<S: Simd>(self, m: f32, v: f32) -> f32 {
        0.5 * (m * m + (math::exp_m1::<S>(v) - v))
    }
    #[inline(always)]
    fn left<S: Simd>(self, m: f32, _: f32) -> f32 {
        m
    }
    #[inline(always)]
    fn right<S: Simd>(self, _: f32, v: f32) -> f32 {
        0.5 * math::exp_m1::<S>(v)
    }
}
