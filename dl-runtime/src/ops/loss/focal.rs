//! Focal loss of one class of many: `-(1 - p_t)^γ·ln p_t` for the class `t`, where `p = softmax(x)`.
//!
//! Source: Lin, Goyal, Girshick, He, Dollár, "Focal loss for dense object detection", ICCV 2017, whose section 3 has it for
//! yes and no (that is [`SigmoidFocal`](super::SigmoidFocal)). With `l = ln p_t` and `q = 1 - p_t`, the derivative to `l` is
//! `s = -q^γ·(1 - γ·p_t·l/q)`, and the gradient `s·(1 - p_t)` at `t`, `-s·p_c` elsewhere.

use super::classes::{self, Classes, log_sum_exp, loss_of_classes, softmax};
use crate::device::cpu::simd::{Simd, math};

/// Focal loss: [`CrossEntropy`](super::CrossEntropy) that passes over samples that are right already.
///
/// For classes of very unequal size. Shapes of outputs and targets are those of cross-entropy, which it is for `gamma` 0.
/// There is no `alpha`: one for all classes is a factor of the loss.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::loss::Focal;
/// assert_eq!(Focal::default(), Focal { gamma: 2.0 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Focal {
    /// How much easy samples are passed over; 0 or more.
    pub gamma: f32,
}

/// `gamma` 2, the article's best.
impl Default for Focal {
    fn default() -> Self {
        Focal { gamma: 2.0 }
    }
}

loss_of_classes!(Focal, "focal", Focal { gamma } => Classes::Focal { gamma });

#[derive(Clone, Copy)]
pub(super) struct Formula {
    pub gamma: f32,
}

impl Formula {
    /// `ln p_t`, and `1 - p_t`.
    #[inline(always)]
    fn parts<S: Simd>(self, x: &[f32], t: usize) -> (f32, f32) {
        let (largest, log_sum) = log_sum_exp::<S>(x);
        let log = (x[t] - largest) - log_sum;
        (log, -math::exp_m1::<S>(log))
    }
}

impl classes::Formula for Formula {
    #[inline(always)]
    fn value<S: Simd>(self, x: &[f32], t: usize) -> f32 {
        let (log, q) = self.parts::<S>(x, t);
        -q.max(0.0).powf(self.gamma) * log
    }
    #[inline(always)]
    fn gradient<S: Simd>(self, scale: f32, x: &[f32], t: usize, dx: &mut [f32]) {
        let (log, q) = self.parts::<S>(x, t);
        // Where `t` is certain, l/q is -1.
        let ratio = if q > 0.0 { log / q } else { -1.0 };
        let slope = scale * q.max(0.0).powf(self.gamma) * (1.0 - self.gamma * (1.0 - q) * ratio);
        softmax::<S>(slope, x, dx);
        dx[t] -= slope;
    }
}
