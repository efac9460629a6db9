//! Every optimizer that treats each weight alike. An entry has the factors of one step and the formula; the same formula
//! for CUDA is in `optimizer.cu`, with the factors in the same order.
//!
//! The sources of the formulas and the settings are in [`optim`](crate::optim). NaN has to stay NaN.

#![allow(clippy::needless_range_loop, reason = "the index is that of several slices")]

use super::family::{Formula, OnDevices, formulas};
use super::segments::{flush, not_finite};
use crate::device::cpu::simd::simd;
#[cfg(feature = "cuda")]
use crate::device::cuda::{Argument, Kernel, Packed};

formulas! {
    /// [`Sgd`](crate::optim::Sgd) without momentum.
    Sgd by optim_sgd {
        /// The learning rate.
        rate: f32,
    } keeps []: |g| rate * g;

    /// [`Sgd`](crate::optim::Sgd) with momentum. The step is `of_gradient·g + of_momentum·b`.
    Momentum by optim_momentum {
        /// The learning rate.
        rate: f32,
        /// The momentum.
        momentum: f32,
        /// 1 for Nesterov momentum, else 0.
        of_gradient: f32,
        /// The momentum for Nesterov momentum, else 1.
        of_momentum: f32,
    } keeps [b]: |g| {
        *b = flush(momentum * *b + g);
        rate * (of_gradient * g + of_momentum * *b)
    };

    /// [`Adam`](crate::optim::Adam) and [`AdamW`](crate::optim::AdamW).
    Adam by optim_adam {
        /// `1 - β₁`.
        first: f32,
        /// β₂.
        second: f32,
        /// `1 - β₂`.
        second_rest: f32,
        /// `lr / (1 - β₁ᵗ)`.
        size: f32,
        /// `1 / √(1 - β₂ᵗ)`.
        root: f32,
        /// ε.
        epsilon: f32,
    } keeps [m, v]: |g| {
        *m = flush(*m + first * (g - *m));
        *v = flush(second * *v + second_rest * (g * g));
        size * *m / (v.sqrt() * root + epsilon)
    };

    /// [`Adam`](crate::optim::Adam) that divides by the largest mean square so far; the factors are those of [`Adam`].
    AmsGrad by optim_amsgrad {
        /// `1 - β₁`.
        first: f32,
        /// β₂.
        second: f32,
        /// `1 - β₂`.
        second_rest: f32,
        /// `lr / (1 - β₁ᵗ)`.
        size: f32,
        /// `1 / √(1 - β₂ᵗ)`.
        root: f32,
        /// ε.
        epsilon: f32,
    } keeps [m, v, most]: |g| {
        *m = flush(*m + first * (g - *m));
        *v = flush(second * *v + second_rest * (g * g));
        *most = if *most > *v { *most } else { *v };
        size * *m / (most.sqrt() * root + epsilon)
    };

    /// [`NAdam`](crate::optim::NAdam).
    NAdam by optim_nadam {
        /// `1 - β₁`.
        first: f32,
        /// β₂.
        second: f32,
        /// `1 - β₂`.
        second_rest: f32,
        /// The factor of the gradient, `lr·(1 - μₜ) / (1 - Πμ)`.
        of_gradient: f32,
        /// The factor of the mean, `lr·μₜ₊₁ / (1 - Πμ·μₜ₊₁)`.
        of_mean: f32,
        /// `1 / √(1 - β₂ᵗ)`.
        root: f32,
        /// ε.
        epsilon: f32,
    } keeps [m, v]: |g| {
        *m = flush(*m + first * (g - *m));
        *v = flush(second * *v + second_rest * (g * g));
        (of_gradient * g + of_mean * *m) / (v.sqrt() * root + epsilon)
    };

    /// [`RAdam`](crate::optim::RAdam). The step is `m·(plain + adapted/(√v + ε))`.
    RAdam by optim_radam {
        /// `1 - β₁`.
        first: f32,
        /// β₂.
        second: f32,
        /// `1 - β₂`.
        second_rest: f32,
        /// `lr / (1 - β₁ᵗ)` in the first steps, else 0.
        plain: f32,
        /// 0 in the first steps, else `lr·r·√(1 - β₂ᵗ) / (1 - β₁ᵗ)`.
        adapted: f32,
        /// ε.
        epsilon: f32,
    } keeps [m, v]: |g| {
        *m = flush(*m + first * (g - *m));
        *v = flush(second * *v + second_rest * (g * g));
        *m * (plain + adapted / (v.sqrt() + epsilon))
    };

    /// [`Adamax`](crate::optim::Adamax).
    Adamax by optim_adamax {
        /// `1 - β₁`.
        first: f32,
        /// β₂.
        second: f32,
        /// `lr / (1 - β₁ᵗ)`.
        size: f32,
        /// ε.
        epsilon: f32,
    } keeps [m, u]: |g| {
        *m = flush(*m + first * (g - *m));
        let (old, new) = (second * *u, g.abs() + epsilon);
        *u = flush(if old > new { old } else { new });
        size * *m / *u
    };

    /// [`Adagrad`](crate::optim::Adagrad).
    Adagrad by optim_adagrad {
        /// `lr / (1 + (t - 1)·η)`.
        rate: f32,
        /// The number that the sum starts with.
        initial: f32,
        /// ε.
        epsilon: f32,
    } keeps [sum]: |g| {
        *sum = flush(*sum + g * g);
        rate * g / ((*sum + initial).sqrt() + epsilon)
    };

    /// [`Lion`](crate::optim::Lion).
    Lion by optim_lion {
        /// The learning rate.
        rate: f32,
        /// `1 - β₁`.
        first: f32,
        /// `1 - β₂`.
        second: f32,
    } keeps [m]: |g| {
        let c = *m + first * (g - *m);
        *m = flush(*m + second * (g - *m));
        // A zero and NaN stay as they are.
        rate * if c > 0.0 { 1.0 } else if c < 0.0 { -1.0 } else { c }
    };

    /// [`RmsProp`](crate::optim::RmsProp), neither centred nor with momentum.
    RmsProp by optim_rms_prop {
        /// The learning rate.
        rate: f32,
        /// α.
        alpha: f32,
        /// `1 - α`.
        alpha_rest: f32,
        /// ε.
        epsilon: f32,
    } keeps [v]: |g| {
        *v = flush(alpha * *v + alpha_rest * (g * g));
        rate * (g / (v.sqrt() + epsilon))
    };

    /// [`RmsProp`](crate::optim::RmsProp) with momentum and centring.
    RmsPropFull by optim_rms_prop_full {
        /// The learning rate.
        rate: f32,
        /// α.
        alpha: f32,
        /// `1 - α`.
        alpha_rest: f32,
        /// ε.
        epsilon: f32,
        /// The momentum μ.
        momentum: f32,
        /// 1 if centred, else 0.
        centered: f32,
    } keeps [v, b, a]: |g| {
        *v = flush(alpha * *v + alpha_rest * (g * g));
        *a = flush(*a + alpha_rest * (g - *a));
        // The variance is below zero only by rounding.
        let variance = (*v - centered * (*a * *a)).max(0.0);
        *b = flush(momentum * *b + g / (variance.sqrt() + epsilon));
        rate * *b
    };
}
