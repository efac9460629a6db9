//! Cross-entropy from logits: `-ln softmax(x)_t` for the class `t`, PyTorch's `CrossEntropyLoss`.
//!
//! It is computed as `ln Σ e^(x-m) + m - x_t` with the largest logit `m`, so that nothing overflows. With label
//! smoothing ε, the target probability is `1 - ε + ε/C` for the target class and `ε/C` for the others. Source: Szegedy
//! et al., "Rethinking the inception architecture for computer vision", CVPR 2016, section 7. The gradient is
//! `softmax(x)` minus these probabilities.

use super::Loss;
use super::classes::{self, Classes, log_sum_exp, loss_of_classes, softmax};
use super::weighted::WeightedClasses;
use super::{Reduced, Reduction, Summed};
use crate::device::cpu::simd::{Simd, sum};
use crate::metrics::{Accuracy, Metrics, RowAccuracy};
use crate::ops::Device;
use crate::tensor::{ClassRows, Labels};
use crate::{Context, Result, View, ViewMut};

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
    /// Returns the loss without the targets of class `ignore`, which may be any number: `CrossEntropy.ignore(255)`.
    pub const fn ignore(self, ignore: u32) -> WeightedCrossEntropy<'static> {
        self.label_smoothing(0.0).ignore(ignore)
    }
    /// Returns the loss with a weight for each class.
    pub const fn weights(self, weights: &[f32]) -> WeightedCrossEntropy<'_> {
        self.label_smoothing(0.0).weights(weights)
    }
    /// Returns the loss of outputs with the classes in the last dimension, one target for each row: `CrossEntropy.rows()`.
    pub const fn rows(self) -> RowCrossEntropy<'static> {
        self.label_smoothing(0.0).rows()
    }
}

/// [`CrossEntropy`] with label smoothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SmoothCrossEntropy {
    /// The probability that is spread over all classes, from 0 to 1.
    pub epsilon: f32,
}

impl SmoothCrossEntropy {
    const fn weighted(self) -> WeightedCrossEntropy<'static> {
        WeightedCrossEntropy { label_smoothing: self.epsilon, ignore: None, weights: &[] }
    }
    /// As [`CrossEntropy::ignore`].
    pub const fn ignore(self, ignore: u32) -> WeightedCrossEntropy<'static> {
        WeightedCrossEntropy { ignore: Some(ignore), ..self.weighted() }
    }
    /// As [`CrossEntropy::weights`].
    pub const fn weights(self, weights: &[f32]) -> WeightedCrossEntropy<'_> {
        WeightedCrossEntropy { label_smoothing: self.epsilon, ignore: None, weights }
    }
    /// As [`CrossEntropy::rows`].
    pub const fn rows(self) -> RowCrossEntropy<'static> {
        RowCrossEntropy(self.weighted())
    }
}

/// [`CrossEntropy`] with a class that is ignored, or a weight for each class: `Σ w·l / Σ w` over all targets of a batch, PyTorch's
/// `CrossEntropyLoss(weight, ignore_index)`. If no target of a batch counts, the loss and its gradient are 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeightedCrossEntropy<'w> {
    /// The probability that is spread over all classes, from 0 to 1.
    pub label_smoothing: f32,
    /// Targets of this class do not count.
    pub ignore: Option<u32>,
    /// The weight of each class, or nothing.
    pub weights: &'w [f32],
}

impl<'w> WeightedCrossEntropy<'w> {
    /// Returns the loss without the targets of class `ignore`.
    pub const fn ignore(self, ignore: u32) -> Self {
        WeightedCrossEntropy { ignore: Some(ignore), ..self }
    }
    /// Returns the loss with a weight for each class.
    pub const fn weights<'a>(self, weights: &'a [f32]) -> WeightedCrossEntropy<'a> {
        WeightedCrossEntropy { label_smoothing: self.label_smoothing, ignore: self.ignore, weights }
    }
    /// As [`CrossEntropy::rows`].
    pub const fn rows(self) -> RowCrossEntropy<'w> {
        RowCrossEntropy(self)
    }
    /// Returns the sum `Σ w·l` instead of the weighted mean: see [`Summed`].
    pub const fn sum(self) -> Summed<Self> {
        Summed(self)
    }
    fn operation(self, reduction: Reduction, classes: usize, last: bool) -> WeightedClasses<'w> {
        let WeightedCrossEntropy { label_smoothing, ignore, weights } = self;
        WeightedClasses { loss: Classes::CrossEntropy { label_smoothing }, classes, last, ignore, weights, reduction }
    }
}

/// Cross-entropy of rows: outputs `[[f32; CLASSES]; T]` with targets `[u32; T]`, and deeper arrays of rows.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::loss::{CrossEntropy, Loss};
/// let loss = CrossEntropy.rows().ignore(0).weights(&[1.0, 1.0, 0.5]);
/// assert!(Loss::<[[f32; 3]; 2]>::check(&loss, &[[0, 1], [2, 2]]).is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowCrossEntropy<'w>(pub WeightedCrossEntropy<'w>);

impl<'w> RowCrossEntropy<'w> {
    /// As [`WeightedCrossEntropy::ignore`].
    pub const fn ignore(self, ignore: u32) -> Self {
        RowCrossEntropy(self.0.ignore(ignore))
    }
    /// As [`WeightedCrossEntropy::weights`].
    pub const fn weights<'a>(self, weights: &'a [f32]) -> RowCrossEntropy<'a> {
        RowCrossEntropy(self.0.weights(weights))
    }
    /// As [`WeightedCrossEntropy::sum`].
    pub const fn sum(self) -> Summed<Self> {
        Summed(self)
    }
}

impl<T: Labels, const C: usize> Loss<[T; C]> for WeightedCrossEntropy<'_> {
    type Target = T::Of;
    const NAME: &'static str = "cross_entropy";

    fn check(&self, targets: &[T::Of]) -> Result<()> {
        self.operation(Reduction::Mean, C, false).check(targets)
    }
    fn metrics(&self) -> Metrics<[T; C], T::Of> {
        vec![Box::new(Accuracy::but(self.ignore))]
    }
    fn loss<D: Device>(
        &self,
        context: &Context<'_, D>,
        output: View<'_, D, [T; C]>,
        target: View<'_, D, T::Of>,
        losses: ViewMut<'_, D, f32>,
        d_output: Option<ViewMut<'_, D, [T; C]>>,
    ) {
        self.reduced(Reduction::Mean, context, output, target, losses, d_output);
    }
}

impl<T: Labels, const C: usize> Reduced<[T; C]> for WeightedCrossEntropy<'_> {
    fn reduced<D: Device>(
        &self,
        reduction: Reduction,
        context: &Context<'_, D>,
        output: View<'_, D, [T; C]>,
        target: View<'_, D, T::Of>,
        losses: ViewMut<'_, D, f32>,
        d_output: Option<ViewMut<'_, D, [T; C]>>,
    ) {
        self.operation(reduction, C, false).with_gradient(context, output, target, losses, d_output);
    }
}

impl<Y: ClassRows> Loss<Y> for RowCrossEntropy<'_> {
    type Target = Y::Of;
    const NAME: &'static str = "cross_entropy";

    fn check(&self, targets: &[Y::Of]) -> Result<()> {
        self.0.operation(Reduction::Mean, Y::CLASSES, true).check(targets)
    }
    fn metrics(&self) -> Metrics<Y, Y::Of> {
        vec![Box::new(RowAccuracy::but(self.0.ignore))]
    }
    fn loss<D: Device>(
        &self,
        context: &Context<'_, D>,
        output: View<'_, D, Y>,
        target: View<'_, D, Y::Of>,
        losses: ViewMut<'_, D, f32>,
        d_output: Option<ViewMut<'_, D, Y>>,
    ) {
        self.reduced(Reduction::Mean, context, output, target, losses, d_output);
    }
}

impl<Y: ClassRows> Reduced<Y> for RowCrossEntropy<'_> {
    fn reduced<D: Device>(
        &self,
        reduction: Reduction,
        context: &Context<'_, D>,
        output: View<'_, D, Y>,
        target: View<'_, D, Y::Of>,
        losses: ViewMut<'_, D, f32>,
        d_output: Option<ViewMut<'_, D, Y>>,
    ) {
        self.0.operation(reduction, Y::CLASSES, true).with_gradient(context, output, target, losses, d_output);
    }
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
