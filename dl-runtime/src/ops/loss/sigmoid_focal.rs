//! Focal loss of yes and no: `-α_t·(1 - p_t)^γ·ln p_t`, torchvision's `sigmoid_focal_loss`, as a mean over the elements.
//!
//! `p_t` is the probability `σ(x)` that the logits give to the target, `α_t` is `alpha` for yes and `1 - alpha` for no.
//! Between 0 and 1, as in torchvision: `p_t = p·t + (1 - p)·(1 - t)`, `α_t` alike, and the cross-entropy for `-ln p_t`.
//! Source: Lin, Goyal, Girshick, He, Dollár, "Focal loss for dense object detection", ICCV 2017, section 3.

use super::elementwise::{self, Elementwise, loss_of_numbers};
use crate::device::cpu::simd::{Simd, math};
use crate::metrics::BinaryAccuracy;

/// Focal loss of yes and no: [`BceWithLogits`](super::BceWithLogits) that passes over answers that are right already.
///
/// For detection, where almost every answer is an easy no. For one class of many there is [`Focal`](super::Focal).
///
/// ```
/// # use dl_runtime as dl;
/// use dl::loss::SigmoidFocal;
/// assert_eq!(SigmoidFocal::default(), SigmoidFocal { gamma: 2.0, alpha: 0.25 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SigmoidFocal {
    /// How much easy answers are passed over; 0 or more.
    pub gamma: f32,
    /// Weight of yes, against `1 - alpha` of no; 0 to 1.
    pub alpha: f32,
}

/// `gamma` 2 and `alpha` ¼, the article's best.
impl Default for SigmoidFocal {
    fn default() -> Self {
        SigmoidFocal { gamma: 2.0, alpha: 0.25 }
    }
}

loss_of_numbers!(
    SigmoidFocal, "sigmoid_focal", BinaryAccuracy::default(),
    SigmoidFocal { gamma, alpha } => Elementwise::SigmoidFocal { gamma, alpha }
);

#[derive(Clone, Copy)]
pub(super) struct Formula {
    pub gamma: f32,
    pub alpha: f32,
}

/// What value and derivatives are made of.
struct Parts {
    /// Probability of yes.
    yes: f32,
    /// Probability of no.
    no: f32,
    /// Cross-entropy.
    cross_entropy: f32,
    /// `α_t`.
    alpha: f32,
    /// `q = 1 - p_t`, and `q^γ`.
    q: f32,
    power: f32,
}

impl Formula {
    #[inline(always)]
    fn parts<S: Simd>(self, x: f32, t: f32) -> Parts {
        let (yes, no) = (math::sigmoid::<S>(x), math::sigmoid::<S>(-x));
        let q = yes * (1.0 - t) + no * t;
        let power = math::exp::<S>(self.gamma * math::ln::<S>(q));
        Parts {
            yes,
            no,
            cross_entropy: elementwise::Formula::value::<S>(super::bce_with_logits::Formula, x, t),
            alpha: self.alpha * t + (1.0 - self.alpha) * (1.0 - t),
            q,
            // 0⁰, too, is 1.
            power: if self.gamma == 0.0 { 1.0 } else { power },
        }
    }
    /// The derivative of `q^γ`, where that of `q` is `slope`.
    #[inline(always)]
    fn of_power(self, p: &Parts, slope: f32) -> f32 {
        // Where q is 0, so is q^γ.
        if p.q == 0.0 { 0.0 } else { self.gamma * p.power * (slope / p.q) }
    }
}

impl elementwise::Formula for Formula {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32, t: f32) -> f32 {
        let p = self.parts::<S>(x, t);
        p.alpha * p.power * p.cross_entropy
    }
    #[inline(always)]
    fn left<S: Simd>(self, x: f32, t: f32) -> f32 {
        let p = self.parts::<S>(x, t);
        let slope = p.yes * p.no * (1.0 - 2.0 * t);
        p.alpha * (p.power * (p.yes - t) + self.of_power(&p, slope) * p.cross_entropy)
    }
    #[inline(always)]
    fn right<S: Simd>(self, x: f32, t: f32) -> f32 {
        let p = self.parts::<S>(x, t);
        let of_product = self.of_power(&p, p.no - p.yes) * p.cross_entropy - p.power * x;
        p.alpha * of_product + (2.0 * self.alpha - 1.0) * p.power * p.cross_entropy
    }
}
