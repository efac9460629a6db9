//! Hinge loss of one class out of many: `Σ_{c≠t} max(0, margin - x_t + x_c) / C`, PyTorch's `MultiMarginLoss` with
//! `p=1`.
//!
//! Source: Crammer and Singer, "On the algorithmic implementation of multiclass kernel-based vector machines", JMLR 2
//! (2001), in the form of Weston and Watkins that sums over the wrong classes. The derivative at the kink is 0.

use super::classes::{self, Classes, loss_of_classes};
use crate::device::cpu::simd::{Simd, sum};

/// Hinge loss of one class out of many: the target class must lead every other class by `margin`; a larger lead gains
/// nothing.
///
/// The shapes of outputs and targets are those of [`CrossEntropy`](super::CrossEntropy).
///
/// ```
/// # use dl_runtime as dl;
/// use dl::loss::MultiMargin;
/// assert_eq!(MultiMargin::default(), MultiMargin { margin: 1.0 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MultiMargin {
    /// The margin by which the target class must lead; above 0 and at most 1e18.
    pub margin: f32,
}

/// `margin` is 1, as in PyTorch.
impl Default for MultiMargin {
    fn default() -> Self {
        MultiMargin { margin: 1.0 }
    }
}

loss_of_classes!(MultiMargin, "multi_margin", MultiMargin { margin } => Classes::MultiMargin { margin });

#[derive(Clone, Copy)]
pub(super) struct Formula {
    pub margin: f32,
}

impl classes::Formula for Formula {
    #[inline(always)]
    fn value<S: Simd>(self, x: &[f32], t: usize) -> f32 {
        let bar = self.margin - x[t];
        let missing = |[x]: [f32; 1]| {
            let missing = bar + x;
            if missing < 0.0 { 0.0 } else { missing }
        };
        (sum::<S, 1>([&x[..t]], missing) + sum::<S, 1>([&x[t + 1..]], missing)) / x.len() as f32
    }
    #[inline(always)]
    fn gradient<S: Simd>(self, scale: f32, x: &[f32], t: usize, dx: &mut [f32]) {
        let (bar, share) = (self.margin - x[t], scale / x.len() as f32);
        for (dx, x) in dx.iter_mut().zip(x) {
            // The comparison and the product are written so that NaN stays NaN.
            *dx = if bar + x <= 0.0 { 0.0 } else { share + 0.0 * x };
        }
        dx[t] = 0.0;
        dx[t] = -sum::<S, 1>([dx], |[d]| d);
    }
}
