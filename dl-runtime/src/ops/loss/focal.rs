//! Focal loss of one class out of many: `-(1 - p_t)^γ·ln p_t` for the class `t`, where `p = softmax(x)`.
//!
//! Source: Lin, Goyal, Girshick, He, Dollár, "Focal loss for dense object detection", ICCV 2017, whose section 3
//! defines it for two classes (which is [`SigmoidFocal`](super::SigmoidFocal)). With `l = ln p_t` and `q = 1 - p_t`,
//! the derivative with respect to `l` is `s = -q^γ·(1 - γ·p_t·l/q)`, and the gradient is `s·(1 - p_t)` at `t` and
//! `-s·p_c` elsewhere.

use super::classes::{self, Classes, log_sum_exp, loss_of_classes, softmax};
use crate::device::cpu::simd::{Simd, math};

/// Focal loss: [`CrossEntropy`](super::CrossEntropy) with less weight on samples that are already classified well.
///
/// It is meant for classes of very unequal frequency. The shapes of outputs and targets are those of cross-entropy,
/// which it equals for `gamma` 0. There is no `alpha`, since the same factor for all classes would only scale the loss.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::loss::Focal;
/// assert_eq!(Focal::default(), Focal { gamma: 2.0 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Focal {
    /// The exponent of `1 - p`: the larger, the less easy samples count; 0 or more.
    pub gamma: f32,
}

/// `gamma` is 2, the best value in the article.
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
    /// Returns `ln p_t` and `1 - p_t`.
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
        // If p_t rounds to 1, the limit of l/q is -1.
        let ratio = if q > 0.0 { log / q } else { -1.0 };
        let slope = scale * q.max(0.0).powf(self.gamma) * (1.0 - self.gamma * (1.0 - q) * ratio);
        softmax::<S>(slope, x, dx);
        dx[t] -= slope;
    }
}
