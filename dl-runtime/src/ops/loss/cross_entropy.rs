//! Cross-entropy from logits: `-ln softmax(x)_t` for the class `t`, PyTorch's `CrossEntropyLoss`.
//!
//! It is computed as `ln Σ e^(x-m) + m - x_t` with the largest logit `m`, so that nothing overflows. With label
//! smoothing ε, the target probability is `1 - ε + ε/C` for the target class and `ε/C` for the others. Source: Szegedy
//! et al., "Rethinking the inception architecture for computer vision", CVPR 2016, section 7. The gradient is
//! `softmax(x)` minus these probabilities.

use super::classes::{self, Classes, log_sum_exp, loss_of_classes, softmax};
use crate::device::cpu::simd::{Simd, sum};

/// Cross-entropy between logits and a class, for classification.
///
/// The network outputs logits, one per class; softmax is part of the loss. For outputs of `[f32; CLASSES]` the target
/// is a `u32`; for `[[[f32; W]; H]; CLASSES]` it is `[[u32; W]; H]`.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::loss::{CrossEntropy, Loss};
/// let labels = [0, 2, 1];
/// assert!(Loss::<[f32; 3]>::check(&CrossEntropy, &labels).is_ok());
/// let error = Loss::<[f32; 2]>::check(&CrossEntropy, &labels).unwrap_err();
/// assert_eq!(error.to_string(), "sample 1: label 2 is out of range; with 2 classes, labels are 0 to 1");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CrossEntropy;

impl CrossEntropy {
    /// Returns the loss with label smoothing, which draws the target probabilities towards equality:
    /// `CrossEntropy.label_smoothing(0.1)`.
    pub const fn label_smoothing(self, epsilon: f32) -> SmoothCrossEntropy {
        SmoothCrossEntropy { epsilon }
    }
}

/// [`CrossEntropy`] with label smoothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SmoothCrossEntropy {
    /// The probability that is spread over all classes, from 0 to 1.
    pub epsilon: f32,
}

loss_of_classes!(CrossEntropy, "cross_entropy", CrossEntropy => Classes::CrossEntropy { label_smoothing: 0.0 });
loss_of_classes!(
    SmoothCrossEntropy, "cross_entropy",
    SmoothCrossEntropy { epsilon: label_smoothing } => Classes::CrossEntropy { label_smoothing }
);

#[derive(Clone, Copy)]
pub(super) struct Formula {
    pub label_smoothing: f32,
}

impl classes::Formula for Formula {
    #[inline(always)]
    fn value<S: Simd>(self, x: &[f32], t: usize) -> f32 {
        let (largest, log_sum) = log_sum_exp::<S>(x);
        let loss = log_sum - (x[t] - largest);
        if self.label_smoothing == 0.0 {
            return loss;
        }
        let mean = sum::<S, 1>([x], |[x]| x - largest) / x.len() as f32;
        (1.0 - self.label_smoothing) * loss + self.label_smoothing * (log_sum - mean)
    }
    #[inline(always)]
    fn gradient<S: Simd>(self, scale: f32, x: &[f32], t: usize, dx: &mut [f32]) {
        softmax::<S>(scale, x, dx);
        let other = scale * self.label_smoothing / x.len() as f32;
        if other != 0.0 {
            dx.iter_mut().for_each(|dx| *dx -= other);
        }
        dx[t] -= scale * (1.0 - self.label_smoothing);
    }
}
