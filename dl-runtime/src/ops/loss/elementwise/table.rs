//! Every elementwise loss. An entry has its documentation, its formulas, its rules, and its settings for trainers. The
//! formulas for CUDA are in `losses.cuh`, in the same order.
//!
//! `left` and `right` are the derivatives with respect to the two inputs. NaN has to stay NaN, so comparisons are used
//! instead of `max`.

use super::family::{Formula, losses};
use super::{Batch, Samples};
use crate::device::cpu::simd::{Simd, math};
use crate::metrics::{BinaryAccuracy, MeanAbsoluteError, Metrics, RootMeanSquaredError};
use crate::ops::Device;
use crate::ops::loss::{Loss, Reduced, Reduction, Summed, check_signs, check_targets};
use crate::range::{NOT_NEGATIVE, POSITIVE, SHARE};
use crate::{Context, Pod, Result, View, ViewMut};

losses! {
    /// Binary cross-entropy from probabilities, PyTorch's `BCELoss`, for networks that end with a sigmoid.
    ///
    /// `-(t·ln p + (1 - t)·ln(1 - p))` for outputs and targets from 0 to 1. As in PyTorch, the logarithms are at least
    /// -100, and the derivative `(p - t) / (p·(1 - p))` divides by at least 10⁻¹². If the network can output logits
    /// instead, [`BceWithLogits`](crate::loss::BceWithLogits) is more accurate.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::loss::{Bce, Loss};
    /// let error = Loss::<[f32; 1]>::check(&Bce, &[[1.0], [2.0]]).unwrap_err();
    /// assert_eq!(error.to_string(), "sample 1: target 2 is out of range; expected 0 to 1");
    /// ```
    Bce reduction Mean {
        value: |p, t| {
            let (yes, no) = logarithms::<S>(p);
            -(t * yes + (1.0 - t) * no)
        },
        left: |p, t| {
            let variance = p * (1.0 - p);
            (p - t) / if variance < 1e-12 { 1e-12 } else { variance }
        },
        right: |p, _| {
            let (yes, no) = logarithms::<S>(p);
            no - yes
        },
        targets: shares,
        trainer: "bce", BinaryAccuracy::of_probabilities(),
    }

    /// Binary cross-entropy from logits, PyTorch's `BCEWithLogitsLoss`, for independent yes/no labels.
    ///
    /// `-(t·ln σ(x) + (1 - t)·ln(1 - σ(x)))`, computed as `max(x, 0) - x·t + ln(1 + e^(-|x|))`, which does not
    /// overflow. Targets are probabilities from 0 to 1. The network outputs logits; the sigmoid is part of the loss.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::loss::{BceWithLogits, Loss};
    /// let error = Loss::<[f32; 1]>::check(&BceWithLogits, &[[1.0], [-1.0]]).unwrap_err();
    /// assert_eq!(error.to_string(), "sample 1: target -1 is out of range; expected 0 to 1");
    /// ```
    BceWithLogits reduction Mean {
        value: |x, t| bce_with_logits::<S>(x, t),
        left: |x, t| math::sigmoid::<S>(x) - t,
        right: |x, _| -x,
        targets: shares,
        trainer: "bce_with_logits", BinaryAccuracy::default(),
    }

    /// Hinge loss `max(0, 1 - t·y)` for independent labels that are 1 (yes) or -1 (no); outputs beyond 1 on the right
    /// side have no loss.
    ///
    /// It is the loss of support vector machines. Source: Cortes and Vapnik, "Support-vector networks", Machine
    /// Learning 20 (1995). The derivative at the kink is 0.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::loss::{Hinge, Loss};
    /// let error = Loss::<[f32; 1]>::check(&Hinge, &[[1.0], [0.0]]).unwrap_err();
    /// assert_eq!(error.to_string(), "sample 1: target 0 is neither 1 nor -1");
    /// ```
    Hinge reduction Mean {
        value: |y, t| {
            let short = 1.0 - t * y;
            if short < 0.0 { 0.0 } else { short }
        },
        left: |y, t| hinge_derivative(y, t, -t),
        right: |y, t| hinge_derivative(y, t, -y),
        targets: check_signs,
        trainer: "hinge", BinaryAccuracy::default(),
    }

    /// Huber loss, PyTorch's `HuberLoss`, for numbers with outliers: squared error near 0 and absolute error (times
    /// `delta`) beyond.
    ///
    /// `½d²` if `|d| < delta`, else `delta·(|d| - ½delta)`, for `d = y - t`. Source: Huber, "Robust estimation of a
    /// location parameter", Annals of Mathematical Statistics 35 (1964).
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::loss::Huber;
    /// assert_eq!(Huber::default(), Huber { delta: 1.0 });
    /// ```
    Huber {
        /// The size of the error from which on the loss is linear; above 0. The default is 1, as in PyTorch.
        delta: f32 = 1.0
    } reduction Mean {
        value: |y, t| {
            let d = (y - t).abs();
            if d < delta { 0.5 * d * d } else { delta * (d - 0.5 * delta) }
        },
        left: |y, t| huber_derivative(y - t, delta),
        right: |y, t| huber_derivative(t - y, delta),
        settings: POSITIVE.check("Huber", "delta", delta),
        targets: finite,
        trainer: "huber", MeanAbsoluteError::default(),
    }

    /// The Kullback-Leibler divergence of a normal distribution with mean `a` and variance `e^b`, independent in every
    /// element, from the standard normal distribution: `-½ Σ (1 + b - a² - e^b)`, the regulariser of variational
    /// autoencoders. It is summed over the elements, whereas a reconstruction loss over `N` elements is a mean: `N *
    /// mse(…) + kl_normal(…)` weighs both equally.
    ///
    /// Source: Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014, appendix B.
    KlNormal reduction Sum {
        value: |m, v| 0.5 * (m * m + (math::exp_m1::<S>(v) - v)),
        left: |m, _| m,
        right: |_, v| 0.5 * math::exp_m1::<S>(v),
        targets: finite,
    }

    /// Mean absolute error `|y - t|`, PyTorch's `L1Loss`, for numbers; outliers affect it less than
    /// [`Mse`](crate::loss::Mse).
    ///
    /// The derivative is 0 where output and target are equal.
    Mae reduction Mean {
        value: |y, t| (y - t).abs(),
        left: |y, t| sign(y - t),
        right: |y, t| -sign(y - t),
        targets: finite,
        trainer: "mae", RootMeanSquaredError::default(),
    }

    /// Mean squared error `(y - t)²`, PyTorch's `MSELoss`, for numbers.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::loss::{Loss, Mse};
    /// let error = Loss::<[f32; 2]>::check(&Mse, &[[0.0, 1.0], [2.0, f32::NAN]]).unwrap_err();
    /// assert_eq!(error.to_string(), "sample 1: target NaN is not a finite number");
    /// ```
    Mse reduction Mean {
        value: |y, t| (y - t) * (y - t),
        left: |y, t| 2.0 * (y - t),
        right: |y, t| 2.0 * (t - y),
        targets: finite,
        trainer: "mse", MeanAbsoluteError::default(),
    }

    /// Focal loss of yes/no labels, torchvision's `sigmoid_focal_loss`: [`BceWithLogits`](crate::loss::BceWithLogits)
    /// with less weight on outputs that are already right.
    ///
    /// It is meant for detection, where almost every label is an easy no. For one class out of many there is
    /// [`Focal`](crate::loss::Focal). The loss is `-α_t·(1 - p_t)^γ·ln p_t`, where `p_t` is the probability `σ(x)` that
    /// the logits give to the target, and `α_t` is `alpha` for yes and `1 - alpha` for no. For targets between 0 and 1
    /// it computes, as torchvision does, `p_t = p·t + (1 - p)·(1 - t)`, the same for `α_t`, and the cross-entropy for
    /// `-ln p_t`. Source: Lin, Goyal, Girshick, He, Dollár, "Focal loss for dense object detection", ICCV 2017, section
    /// 3, whose best settings are the defaults.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::loss::SigmoidFocal;
    /// assert_eq!(SigmoidFocal::default(), SigmoidFocal { gamma: 2.0, alpha: 0.25 });
    /// ```
    SigmoidFocal {
        /// The exponent of `1 - p`: the larger, the less easy samples count; 0 or more.
        gamma: f32 = 2.0,
        /// The weight of yes; that of no is `1 - alpha`. From 0 to 1.
        alpha: f32 = 0.25
    } reduction Mean {
        value: |x, t| {
            let p = Focal::of::<S>(gamma, alpha, x, t);
            p.alpha * p.power * p.cross_entropy
        },
        left: |x, t| {
            let p = Focal::of::<S>(gamma, alpha, x, t);
            let slope = p.yes * p.no * (1.0 - 2.0 * t);
            p.alpha * (p.power * (p.yes - t) + p.of_power(gamma, slope) * p.cross_entropy)
        },
        right: |x, t| {
            let p = Focal::of::<S>(gamma, alpha, x, t);
            let of_product = p.of_power(gamma, p.no - p.yes) * p.cross_entropy - p.power * x;
            p.alpha * of_product + (2.0 * alpha - 1.0) * p.power * p.cross_entropy
        },
        settings: NOT_NEGATIVE.check("SigmoidFocal", "gamma", gamma)
            .and_then(|()| SHARE.check("SigmoidFocal", "alpha", alpha)),
        targets: shares,
        trainer: "sigmoid_focal", BinaryAccuracy::default(),
    }
}

/// Checks that all targets are finite.
fn finite<S: Pod<Element = f32>>(targets: &[S]) -> Result<()> {
    check_targets(targets, f32::MIN, f32::MAX)
}

/// Checks that all targets are from 0 to 1.
fn shares<S: Pod<Element = f32>>(targets: &[S]) -> Result<()> {
    check_targets(targets, 0.0, 1.0)
}

/// Returns `ln p` and `ln(1 - p)`, at least -100; NaN unless `p` is from 0 to 1.
#[inline(always)]
fn logarithms<S: Simd>(p: f32) -> (f32, f32) {
    let bound = |ln: f32| if ln < -100.0 { -100.0 } else { ln };
    (bound(math::ln::<S>(p)), bound(math::ln_1p::<S>(-p)))
}

/// Returns `ln(1 + e^x)`, which does not overflow.
#[inline(always)]
pub(in crate::ops::loss) fn softplus<S: Simd>(x: f32) -> f32 {
    let positive = if x < 0.0 { 0.0 } else { x };
    positive + math::ln_1p::<S>(math::exp::<S>(-x.abs()))
}

#[inline(always)]
fn bce_with_logits<S: Simd>(x: f32, t: f32) -> f32 {
    let positive = if x < 0.0 { 0.0 } else { x };
    positive - x * t + math::ln_1p::<S>(math::exp::<S>(-x.abs()))
}

/// Returns `factor` if the loss is positive, else 0.
#[inline(always)]
fn hinge_derivative(y: f32, t: f32, factor: f32) -> f32 {
    let side = t * y;
    // The remaining case is NaN, which stays NaN.
    if side >= 1.0 {
        0.0
    } else if side < 1.0 {
        factor
    } else {
        side
    }
}

#[inline(always)]
fn huber_derivative(d: f32, delta: f32) -> f32 {
    if d > delta {
        delta
    } else if d < -delta {
        -delta
    } else {
        d
    }
}

/// Returns 1 or -1 by the sign of the number; 0 and NaN stay as they are.
#[inline(always)]
fn sign(d: f32) -> f32 {
    if d > 0.0 {
        1.0
    } else if d < 0.0 {
        -1.0
    } else {
        d
    }
}

/// The terms of focal loss and of its derivatives.
struct Focal {
    /// The probability of yes.
    yes: f32,
    /// The probability of no.
    no: f32,
    cross_entropy: f32,
    /// `α_t`.
    alpha: f32,
    /// `q = 1 - p_t`, and `q^γ`.
    q: f32,
    power: f32,
}

impl Focal {
    #[inline(always)]
    fn of<S: Simd>(gamma: f32, alpha: f32, x: f32, t: f32) -> Self {
        let (yes, no) = (math::sigmoid::<S>(x), math::sigmoid::<S>(-x));
        let q = yes * (1.0 - t) + no * t;
        let power = math::exp::<S>(gamma * math::ln::<S>(q));
        Focal {
            yes,
            no,
            cross_entropy: bce_with_logits::<S>(x, t),
            alpha: alpha * t + (1.0 - alpha) * (1.0 - t),
            q,
            // 0⁰ is 1.
            power: if gamma == 0.0 { 1.0 } else { power },
        }
    }
    /// Returns the derivative of `q^γ`, where the derivative of `q` is `slope`.
    #[inline(always)]
    fn of_power(&self, gamma: f32, slope: f32) -> f32 {
        // If q is 0, the derivative is defined as 0.
        if self.q == 0.0 { 0.0 } else { gamma * self.power * (slope / self.q) }
    }
}
