//! Losses of one class out of many: the mean over the positions of a sample, each with one number per class and one
//! target.
//!
//! The formula of each loss, and its type for the trainer, are in a file of its own.

use super::cpu::{self, Samples};
use super::{Gradient, Reduction};
use super::{cross_entropy, focal, multi_margin, nll};
use crate::device::Cpu;
use crate::device::cpu::simd::{Simd, largest, math, simd, sum};
use crate::ops::Device;
use crate::range::{MARGIN, NOT_NEGATIVE, SHARE};
use crate::tensor::Grad;
use crate::tensor::Labels;
use crate::tensor::Storage;
use crate::tensor::ranges::check_labels;
use crate::{Context, Pod, Result, View, ViewMut};

/// A loss with its settings, as an operation on an output of `C` classes and the target classes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Classes {
    /// [`CrossEntropy`](super::CrossEntropy).
    CrossEntropy {
        /// The probability that is spread over all classes, from 0 to 1.
        label_smoothing: f32,
    },
    /// [`Focal`](super::Focal).
    Focal {
        /// The exponent of `1 - p`: the larger, the less easy samples count; 0 or more.
        gamma: f32,
    },
    /// [`MultiMargin`](super::MultiMargin).
    MultiMargin {
        /// The margin by which the target class must lead; above 0.
        margin: f32,
    },
    /// [`Nll`](super::Nll).
    Nll,
}

/// The sizes of one call: outputs have the layout [samples, classes, positions], and targets [samples, positions].
#[derive(Clone, Copy, Debug)]
pub struct ClassSizes {
    /// The number of classes.
    pub classes: usize,
    /// The number of targets of one sample.
    pub positions: usize,
}

/// The kernel of losses of classes, each as a mean or a sum. The result is NaN for a target that is no class.
pub trait ClassLossKernel: Storage {
    /// Computes the loss of every sample.
    fn class_loss(
        &self,
        loss: (Classes, Reduction),
        sizes: ClassSizes,
        x: Self::Ref<'_, f32>,
        t: Self::Ref<'_, u32>,
        losses: Self::Mut<'_, f32>,
    );
    /// Computes the gradient to `x`.
    fn class_loss_backward(
        &self,
        loss: (Classes, Reduction),
        sizes: ClassSizes,
        x: Self::Ref<'_, f32>,
        t: Self::Ref<'_, u32>,
        gradient: Gradient<'_, '_, Self>,
    );
    /// Computes the losses, and the gradient of their mean; in one pass if the device can.
    fn class_loss_and_gradient(
        &self,
        loss: (Classes, Reduction),
        sizes: ClassSizes,
        x: Self::Ref<'_, f32>,
        t: Self::Ref<'_, u32>,
        losses: Self::Mut<'_, f32>,
        gradient: Gradient<'_, '_, Self>,
    ) {
        self.class_loss(loss, sizes, x, t, losses);
        self.class_loss_backward(loss, sizes, x, t, gradient);
    }
}

impl Classes {
    /// Computes the loss of every sample: `[C, …]` and targets `[…]` → one number per sample.
    pub fn forward<D: Device, T: Labels, const C: usize>(
        self,
        context: &Context<D>,
        output: View<D, [T; C]>,
        target: View<D, T::Of>,
        losses: ViewMut<D, f32>,
    ) {
        self.reduced_forward(Reduction::Mean, context, output, target, losses);
    }
    pub(super) fn reduced_forward<D: Device, T: Labels, const C: usize>(
        self,
        reduction: Reduction,
        context: &Context<D>,
        output: View<D, [T; C]>,
        target: View<D, T::Of>,
        losses: ViewMut<D, f32>,
    ) {
        let sizes = ClassSizes { classes: C, positions: T::LEN };
        context.device.class_loss((self, reduction), sizes, output.data(), target.data(), losses.into_data());
    }
    /// Computes the gradient to the output.
    pub fn backward<D: Device, T: Labels, const C: usize>(
        self,
        context: &Context<D>,
        output: View<D, [T; C]>,
        target: View<D, T::Of>,
        d_losses: View<D, f32>,
        d_output: Grad<D, [T; C]>,
    ) {
        self.gradient(Reduction::Mean, context, output, target, Gradient::of(0, d_losses, d_output));
    }
    pub(super) fn gradient<D: Device, T: Labels, const C: usize>(
        self,
        reduction: Reduction,
        context: &Context<D>,
        output: View<D, [T; C]>,
        target: View<D, T::Of>,
        gradient: Gradient<D>,
    ) {
        let sizes = ClassSizes { classes: C, positions: T::LEN };
        context.device.class_loss_backward((self, reduction), sizes, output.data(), target.data(), gradient);
    }
    /// Computes the loss of every sample, and the gradient of their mean or sum.
    pub(super) fn with_gradient<D: Device, T: Labels, const C: usize>(
        self,
        reduction: Reduction,
        context: &Context<D>,
        output: View<D, [T; C]>,
        target: View<D, T::Of>,
        losses: ViewMut<D, f32>,
        d_output: ViewMut<D, [T; C]>,
    ) {
        let (sizes, of_mean) = (ClassSizes { classes: C, positions: T::LEN }, Gradient::of_mean(d_output));
        let (x, t) = (output.data(), target.data());
        context.device.class_loss_and_gradient((self, reduction), sizes, x, t, losses.into_data(), of_mean);
    }
    /// Checks that the settings are in their ranges, and that `targets` are below `classes`.
    ///
    /// # Errors
    /// As [`Loss::check`](super::Loss::check).
    pub fn check<T: Pod<Element = u32>>(self, classes: usize, targets: &[T]) -> Result<()> {
        match self {
            Classes::CrossEntropy { label_smoothing: e } => SHARE.check("CrossEntropy", "label_smoothing", e)?,
            Classes::Focal { gamma } => NOT_NEGATIVE.check("Focal", "gamma", gamma)?,
            Classes::MultiMargin { margin } => MARGIN.check("MultiMargin", "margin", margin)?,
            Classes::Nll => {}
        }
        check_labels(targets, classes)
    }
}

/// Implements [`Loss`](super::Loss) for `$loss`: `loss_of_classes!(Type, name, pattern => operation)`.
macro_rules! loss_of_classes {
    ($loss:ty, $name:literal, $pattern:pat => $op:expr) => {
        impl From<$loss> for $crate::ops::loss::Classes {
            fn from($pattern: $loss) -> Self {
                $op
            }
        }

        impl<T: $crate::ops::loss::Labels, const C: usize> $crate::ops::loss::Loss<[T; C]> for $loss {
            type Target = T::Of;
            const NAME: &'static str = $name;

            fn check(&self, targets: &[T::Of]) -> $crate::Result<()> {
                $crate::ops::loss::Classes::from(*self).check(C, targets)
            }
            fn metrics(&self) -> $crate::metrics::Metrics<[T; C], T::Of> {
                vec![Box::new($crate::metrics::Accuracy::default())]
            }
            fn loss<D: $crate::Device>(
                &self,
                context: &$crate::Context<'_, D>,
                output: $crate::View<'_, D, [T; C]>,
                target: $crate::View<'_, D, T::Of>,
                losses: $crate::ViewMut<'_, D, f32>,
                d_output: Option<$crate::ViewMut<'_, D, [T; C]>>,
            ) {
                use $crate::ops::loss::{Reduced, Reduction};
                self.reduced(Reduction::Mean, context, output, target, losses, d_output);
            }
        }

        impl<T: $crate::ops::loss::Labels, const C: usize> $crate::ops::loss::Reduced<[T; C]> for $loss {
            fn reduced<D: $crate::Device>(
                &self,
                reduction: $crate::ops::loss::Reduction,
                context: &$crate::Context<'_, D>,
                output: $crate::View<'_, D, [T; C]>,
                target: $crate::View<'_, D, T::Of>,
                losses: $crate::ViewMut<'_, D, f32>,
                d_output: Option<$crate::ViewMut<'_, D, [T; C]>>,
            ) {
                let op = $crate::ops::loss::Classes::from(*self);
                match d_output {
                    Some(d) => op.with_gradient(reduction, context, output, target, losses, d),
                    None => op.reduced_forward(reduction, context, output, target, losses),
                }
            }
        }

        impl $loss {
            /// Returns the loss as a sum over everything instead of a mean: see [`Summed`](crate::loss::Summed).
            pub const fn sum(self) -> $crate::ops::loss::Summed<Self> {
                $crate::ops::loss::Summed(self)
            }
        }
    };
}
pub(super) use loss_of_classes;

/// The formula of a loss, given the numbers `x` of all classes and the target class `t`, and its gradient.
pub(super) trait Formula: Copy + Sync {
    fn value<S: Simd>(self, x: &[f32], t: usize) -> f32;
    /// Sets `dx` to `scale` times the derivatives.
    fn gradient<S: Simd>(self, scale: f32, x: &[f32], t: usize, dx: &mut [f32]);
}

/// Returns the largest `m` of `x`, and `ln Σ e^(x-m)`. Subtracting the largest keeps the digits when all numbers are
/// large.
#[inline(always)]
pub(super) fn log_sum_exp<S: Simd>(x: &[f32]) -> (f32, f32) {
    let largest = largest::<S>(x);
    (largest, math::ln::<S>(sum::<S, 1>([x], |[x]| math::exp::<S>(x - largest))))
}

/// `y = scale·softmax(x)`.
#[inline(always)]
pub(super) fn softmax<S: Simd>(scale: f32, x: &[f32], y: &mut [f32]) {
    let largest = largest::<S>(x);
    for (y, x) in y.iter_mut().zip(x) {
        *y = math::exp::<S>(x - largest);
    }
    let factor = scale / sum::<S, 1>([y], |[e]| e);
    y.iter_mut().for_each(|y| *y *= factor);
}

simd! {
    pub(super) fn value<S, F>(f: F, x: &[f32], t: u32) -> f32 where [F: Formula] {
        if (t as usize) < x.len() { f.value::<S>(x, t as usize) } else { f32::NAN }
    }

    pub(super) fn gradient<S, F>(f: F, scale: f32, x: &[f32], t: u32, dx: &mut [f32]) where [F: Formula] {
        if (t as usize) < x.len() { f.gradient::<S>(scale, x, t as usize, dx) } else { dx.fill(f32::NAN) }
    }
}

/// A formula over a batch.
struct Batch<'a, F> {
    formula: F,
    sizes: ClassSizes,
    /// The divisor of the sum over a sample.
    count: f32,
    x: &'a [f32],
    t: &'a [u32],
}

impl<F> Batch<'_, F> {
    /// Returns the output and the targets of sample `n`.
    fn sample(&self, n: usize) -> (&[f32], &[u32]) {
        let (size, positions) = (self.size_of_sample(), self.sizes.positions);
        (&self.x[n * size..(n + 1) * size], &self.t[n * positions..(n + 1) * positions])
    }
    fn size_of_sample(&self) -> usize {
        self.sizes.classes * self.sizes.positions
    }
    /// Copies the numbers at position `p` of a sample to `column`.
    fn read_position(&self, x: &[f32], p: usize, column: &mut [f32]) {
        column.iter_mut().zip(x[p..].iter().step_by(self.sizes.positions)).for_each(|(to, x)| *to = *x);
    }
}

impl<F: Formula> Samples for Batch<'_, F> {
    fn size(&self) -> usize {
        self.size_of_sample()
    }
    fn scratch(&self) -> usize {
        if self.sizes.positions == 1 { 0 } else { 2 * self.sizes.classes }
    }
    fn loss(&self, n: usize, scratch: &mut [f32]) -> f32 {
        let (x, t) = self.sample(n);
        if let [t] = t {
            return value(self.formula, x, *t) / self.count;
        }
        let (column, _) = scratch.split_at_mut(self.sizes.classes);
        let mut sum = 0.0;
        for (p, t) in t.iter().enumerate() {
            self.read_position(x, p, column);
            sum += f64::from(value(self.formula, column, *t));
        }
        (sum / f64::from(self.count)) as f32
    }
    fn gradient(&self, n: usize, _: usize, scale: f32, d: &mut [f32], scratch: &mut [f32]) {
        let ((x, t), scale) = (self.sample(n), scale / self.count);
        if let [t] = t {
            return gradient(self.formula, scale, x, *t, d);
        }
        let (column, d_column) = scratch.split_at_mut(self.sizes.classes);
        for (p, t) in t.iter().enumerate() {
            self.read_position(x, p, column);
            gradient(self.formula, scale, column, *t, d_column);
            d[p..].iter_mut().step_by(self.sizes.positions).zip(&*d_column).for_each(|(d, dx)| *d = *dx);
        }
    }
}

/// Calls `run` with the batch of `loss`'s formula.
fn with_formula(loss: Classes, sizes: ClassSizes, count: f32, x: &[f32], t: &[u32], run: impl FnOnce(&dyn Samples)) {
    match loss {
        Classes::CrossEntropy { label_smoothing } => {
            run(&Batch { formula: cross_entropy::Formula { label_smoothing }, sizes, count, x, t });
        }
        Classes::Focal { gamma } => run(&Batch { formula: focal::Formula { gamma }, sizes, count, x, t }),
        Classes::MultiMargin { margin } => {
            run(&Batch { formula: multi_margin::Formula { margin }, sizes, count, x, t })
        }
        Classes::Nll => run(&Batch { formula: nll::Formula, sizes, count, x, t }),
    }
}

impl ClassLossKernel for Cpu {
    fn class_loss(
        &self,
        (loss, reduction): (Classes, Reduction),
        sizes: ClassSizes,
        x: &[f32],
        t: &[u32],
        losses: &mut [f32],
    ) {
        let count = reduction.of(sizes.positions as f32);
        with_formula(loss, sizes, count, x, t, |batch| cpu::losses(self, batch, losses));
    }
    fn class_loss_backward(
        &self,
        (loss, reduction): (Classes, Reduction),
        sizes: ClassSizes,
        x: &[f32],
        t: &[u32],
        gradient: Gradient<'_, '_, Cpu>,
    ) {
        let size = sizes.classes * sizes.positions;
        let count = gradient.divisor(reduction, sizes.positions as f32, gradient.to.len() / size);
        with_formula(loss, sizes, count, x, t, |batch| cpu::gradient(self, batch, size, gradient));
    }
}
