//! Losses of classes with weights: over the rows of sequences, with a class that is ignored, and with a weight for each class.
//!
//! The loss of a batch is `Σ w·l / Σ w` over all targets of the batch, as PyTorch's with `reduction="mean"`, where `w` is the weight
//! of the target's class, 1 without class weights, and 0 for the class that is ignored. Since training takes the mean over the
//! samples, the loss of a sample is `N / Σ w` times its own sum, for a batch of `N` samples. If no target of a batch counts, the loss
//! and its gradient are 0 (PyTorch's loss is NaN). As a sum, the loss of a sample is `Σ w·l` over its own targets.
//!
//! With label smoothing ε, the loss of a target that counts is `(1 - ε)·w_t·l_t + ε/C·Σ w_c·l_c`, as in PyTorch.

use super::classes::{ClassSizes, Classes, Formula, gradient, log_sum_exp, softmax, value};
use super::cpu::{self, Samples};
use super::{Gradient, Reduction, cross_entropy, focal, multi_margin, nll};
use crate::device::Cpu;
use crate::device::cpu::scratch;
use crate::device::cpu::simd::{Simd, sum};
use crate::ops::Device;
use crate::range::NOT_NEGATIVE;
use crate::tensor::ranges::check_labels_but;
use crate::tensor::{Grad, Sequences, Storage};
use crate::{Context, Error, Pod, Result, View, ViewMut};

/// A loss of classes with weights, as an operation on an output with the classes in its first or last dimension.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeightedClasses<'w> {
    /// The loss of one target.
    pub loss: Classes,
    /// The number of classes.
    pub classes: usize,
    /// `true` if the classes are the last dimension of the output, `false` if they are the first.
    pub last: bool,
    /// Targets of this class do not count.
    pub ignore: Option<u32>,
    /// The weight of each class, or nothing: all weights are 1. Only [`Classes::CrossEntropy`] and [`Classes::Nll`] have weights.
    pub weights: &'w [f32],
    /// The reduction of the weighted losses: their mean or their sum.
    pub reduction: Reduction,
}

/// [`WeightedClasses`] with the classes in the last dimension, over the rows of sequences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowClasses<'w>(pub WeightedClasses<'w>);

/// The kernels of weighted losses. Each row of the sequences has the same number of targets.
pub trait WeightedClassKernel: Storage {
    /// Computes the loss of every sample.
    fn weighted_class_loss(
        &self,
        loss: WeightedClasses<'_>,
        sizes: ClassSizes,
        sequences: Sequences<'_, Self>,
        x: Self::Ref<'_, f32>,
        t: Self::Ref<'_, u32>,
        losses: Self::Mut<'_, f32>,
    );
    /// Computes the gradient to `x`.
    fn weighted_class_loss_backward(
        &self,
        loss: WeightedClasses<'_>,
        sizes: ClassSizes,
        sequences: Sequences<'_, Self>,
        x: Self::Ref<'_, f32>,
        t: Self::Ref<'_, u32>,
        gradient: Gradient<'_, '_, Self>,
    );
}

impl WeightedClasses<'_> {
    /// Computes the loss of every sample: `[C, …]`, or `[…, C]` with `last`, and targets `[…]` → one number per sample.
    pub fn forward<D: Device, Y: Pod<Element = f32>, T: Pod<Element = u32>>(
        self,
        context: &Context<D>,
        output: View<D, Y>,
        target: View<D, T>,
        losses: ViewMut<D, f32>,
    ) {
        let sequences = Sequences::equal(output.len(), 1);
        let (sizes, losses) = (self.sizes::<Y, T>(), losses.into_data());
        context.device.weighted_class_loss(self, sizes, sequences, output.data(), target.data(), losses);
    }
    /// Computes the gradient to the output.
    pub fn backward<D: Device, Y: Pod<Element = f32>, T: Pod<Element = u32>>(
        self,
        context: &Context<D>,
        output: View<D, Y>,
        target: View<D, T>,
        d_losses: View<D, f32>,
        d_output: Grad<D, Y>,
    ) {
        self.gradient(context, output, target, Gradient::of(0, d_losses, d_output));
    }
    fn gradient<D: Device, Y: Pod<Element = f32>, T: Pod<Element = u32>>(
        self,
        context: &Context<D>,
        output: View<D, Y>,
        target: View<D, T>,
        gradient: Gradient<D>,
    ) {
        let (sizes, sequences) = (self.sizes::<Y, T>(), Sequences::equal(output.len(), 1));
        let (x, t) = (output.data(), target.data());
        context.device.weighted_class_loss_backward(self, sizes, sequences, x, t, gradient);
    }
    /// Computes the loss of every sample and, unless it is `None`, the gradient of their mean or sum.
    pub(super) fn with_gradient<D: Device, Y: Pod<Element = f32>, T: Pod<Element = u32>>(
        self,
        context: &Context<D>,
        output: View<D, Y>,
        target: View<D, T>,
        losses: ViewMut<D, f32>,
        d_output: Option<ViewMut<D, Y>>,
    ) {
        self.forward(context, output, target, losses);
        if let Some(d_output) = d_output {
            self.gradient(context, output, target, Gradient::of_mean(d_output));
        }
    }
    fn sizes<Y: Pod, T: Pod>(self) -> ClassSizes {
        assert_eq!(Y::LEN, T::LEN * self.classes, "numbers for each target");
        ClassSizes { classes: self.classes, positions: if self.last { 1 } else { T::LEN } }
    }
    /// Checks that the settings are in their ranges, and that `targets` are below the number of classes, or ignored.
    ///
    /// # Errors
    /// As [`Loss::check`](super::Loss::check).
    pub fn check<T: Pod<Element = u32>>(self, targets: &[T]) -> Result<()> {
        self.loss.check::<T>(self.classes, &[])?;
        if !self.weights.is_empty() && self.weights.len() != self.classes {
            let expected = format!("one weight for each of {} classes", self.classes);
            let found = self.weights.len().to_string();
            return Err(Error::Setting { setting: "weights", of: "CrossEntropy", expected, found });
        }
        self.weights.iter().try_for_each(|&weight| NOT_NEGATIVE.check("CrossEntropy", "weights", weight))?;
        check_labels_but(targets, self.classes, self.ignore)
    }
    /// Returns the weight of a target; NaN if it is no class.
    fn weight(&self, target: u32) -> f32 {
        if self.ignore == Some(target) {
            return 0.0;
        }
        match target as usize {
            class if class >= self.classes => f32::NAN,
            class => self.weights.get(class).copied().unwrap_or(1.0),
        }
    }
    /// Returns whether the formula itself contains the weights of all classes.
    pub(super) fn is_smooth_and_weighted(&self) -> Option<f32> {
        match self.loss {
            Classes::CrossEntropy { label_smoothing } if label_smoothing != 0.0 && !self.weights.is_empty() => {
                Some(label_smoothing)
            }
            _ => None,
        }
    }
}

impl RowClasses<'_> {
    /// Computes the loss of every sample: rows of `C` numbers, `[…, C]`, and targets `[…]` → one number per sample.
    pub fn forward<D: Device, Y: Pod<Element = f32>, T: Pod<Element = u32>>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        output: View<D, Y>,
        target: View<D, T>,
        losses: ViewMut<D, f32>,
    ) {
        let (sizes, losses) = (self.0.sizes::<Y, T>(), losses.into_data());
        context.device.weighted_class_loss(self.0, sizes, sequences, output.data(), target.data(), losses);
    }
    /// Computes the gradient to the output.
    pub fn backward<D: Device, Y: Pod<Element = f32>, T: Pod<Element = u32>>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        output: View<D, Y>,
        target: View<D, T>,
        d_losses: View<D, f32>,
        d_output: Grad<D, Y>,
    ) {
        let (sizes, gradient) = (self.0.sizes::<Y, T>(), Gradient::of(0, d_losses, d_output));
        let (x, t) = (output.data(), target.data());
        context.device.weighted_class_loss_backward(self.0, sizes, sequences, x, t, gradient);
    }
}

/// Cross-entropy with label smoothing and a weight for each class.
#[derive(Clone, Copy)]
struct SmoothAndWeighted<'w> {
    label_smoothing: f32,
    weights: &'w [f32],
}

impl Formula for SmoothAndWeighted<'_> {
    #[inline(always)]
    fn value<S: Simd>(self, x: &[f32], t: usize) -> f32 {
        let (largest, log_sum) = log_sum_exp::<S>(x);
        let all = sum::<S, 2>([x, self.weights], |[x, weight]| weight * (log_sum - (x - largest)));
        let own = self.weights[t] * (log_sum - (x[t] - largest));
        (1.0 - self.label_smoothing) * own + self.label_smoothing / x.len() as f32 * all
    }
    #[inline(always)]
    fn gradient<S: Simd>(self, scale: f32, x: &[f32], t: usize, dx: &mut [f32]) {
        let share = scale * self.label_smoothing / x.len() as f32;
        let own = scale * (1.0 - self.label_smoothing) * self.weights[t];
        softmax::<S>(own + share * sum::<S, 1>([self.weights], |[weight]| weight), x, dx);
        dx.iter_mut().zip(self.weights).for_each(|(dx, weight)| *dx -= share * weight);
        dx[t] -= own;
    }
}

/// A formula over blocks of [classes, positions] with a target for each position.
struct Blocks<'a, F> {
    formula: F,
    loss: WeightedClasses<'a>,
    /// `true` if the formula contains the weights.
    weighted: bool,
    sizes: ClassSizes,
    x: &'a [f32],
    t: &'a [u32],
}

impl<F: Formula> Blocks<'_, F> {
    /// Returns the factor of the formula for a target; 0 if the target does not count.
    fn factor(&self, target: u32) -> f32 {
        let weight = self.loss.weight(target);
        let counts = self.loss.ignore != Some(target) && !weight.is_nan();
        if self.weighted && counts { 1.0 } else { weight }
    }
    fn column<'c>(&'c self, block: usize, p: usize, column: &'c mut [f32]) -> &'c [f32] {
        let ClassSizes { classes, positions } = self.sizes;
        let x = &self.x[block * classes * positions..(block + 1) * classes * positions];
        if positions == 1 {
            return x;
        }
        column.iter_mut().zip(x[p..].iter().step_by(positions)).for_each(|(to, x)| *to = *x);
        column
    }
    fn targets(&self, block: usize) -> &[u32] {
        &self.t[block * self.sizes.positions..(block + 1) * self.sizes.positions]
    }
}

impl<F: Formula> Samples for Blocks<'_, F> {
    fn size(&self) -> usize {
        self.sizes.classes * self.sizes.positions
    }
    fn scratch(&self) -> usize {
        if self.sizes.positions == 1 { 0 } else { 2 * self.sizes.classes }
    }
    fn loss(&self, block: usize, scratch: &mut [f32]) -> f32 {
        let (column, _) = scratch.split_at_mut(scratch.len() / 2);
        let mut sum = 0.0;
        for (p, &target) in self.targets(block).iter().enumerate() {
            let factor = self.factor(target);
            if factor != 0.0 {
                sum += f64::from(factor) * f64::from(value(self.formula, self.column(block, p, column), target));
            }
        }
        sum as f32
    }
    fn gradient(&self, block: usize, _: usize, scale: f32, d: &mut [f32], scratch: &mut [f32]) {
        let (column, d_column) = scratch.split_at_mut(scratch.len() / 2);
        for (p, &target) in self.targets(block).iter().enumerate() {
            let factor = self.factor(target);
            if self.sizes.positions == 1 {
                match factor {
                    0.0 => d.fill(0.0),
                    _ => gradient(self.formula, scale * factor, self.column(block, 0, column), target, d),
                }
                return;
            }
            match factor {
                0.0 => d_column.fill(0.0),
                _ => gradient(self.formula, scale * factor, self.column(block, p, column), target, d_column),
            }
            d[p..].iter_mut().step_by(self.sizes.positions).zip(&*d_column).for_each(|(d, dx)| *d = *dx);
        }
    }
}

/// Calls `run` with the blocks of `loss`'s formula.
fn with_formula(loss: WeightedClasses, sizes: ClassSizes, x: &[f32], t: &[u32], run: impl FnOnce(&dyn Samples)) {
    if let Some(label_smoothing) = loss.is_smooth_and_weighted() {
        let formula = SmoothAndWeighted { label_smoothing, weights: loss.weights };
        return run(&Blocks { formula, loss, weighted: true, sizes, x, t });
    }
    macro_rules! blocks {
        ($formula:expr) => {
            run(&Blocks { formula: $formula, loss, weighted: false, sizes, x, t })
        };
    }
    match loss.loss {
        Classes::CrossEntropy { label_smoothing } => blocks!(cross_entropy::Formula { label_smoothing }),
        Classes::Focal { gamma } => blocks!(focal::Formula { gamma }),
        Classes::MultiMargin { margin } => blocks!(multi_margin::Formula { margin }),
        Classes::Nll => blocks!(nll::Formula),
    }
}

/// Returns the factor of the loss of a sample: the number of samples over the sum of all weights, or 0 if no target counts.
fn factor_of_batch(loss: &WeightedClasses, samples: usize, t: &[u32]) -> f64 {
    if loss.reduction == Reduction::Sum {
        return 1.0;
    }
    let sum: f64 = t.iter().map(|&target| f64::from(loss.weight(target))).sum();
    if sum == 0.0 { 0.0 } else { samples as f64 / sum }
}

impl WeightedClassKernel for Cpu {
    fn weighted_class_loss(
        &self,
        loss: WeightedClasses<'_>,
        sizes: ClassSizes,
        sequences: Sequences<'_, Cpu>,
        x: &[f32],
        t: &[u32],
        losses: &mut [f32],
    ) {
        let factor = factor_of_batch(&loss, sequences.samples(), t);
        let blocks = t.len() / sizes.positions;
        let of_row = blocks / sequences.rows().max(1);
        scratch::with(blocks, |values| {
            with_formula(loss, sizes, x, t, |batch| cpu::losses(self, batch, values));
            for (loss, range) in losses.iter_mut().zip(sequences.ranges()) {
                let values = &values[range.start * of_row..range.end * of_row];
                *loss = (factor * values.iter().map(|&value| f64::from(value)).sum::<f64>()) as f32;
            }
        });
    }
    fn weighted_class_loss_backward(
        &self,
        loss: WeightedClasses<'_>,
        sizes: ClassSizes,
        sequences: Sequences<'_, Cpu>,
        x: &[f32],
        t: &[u32],
        gradient: Gradient<'_, '_, Cpu>,
    ) {
        let (samples, blocks) = (sequences.samples(), t.len() / sizes.positions);
        let share = if loss.reduction == Reduction::Sum { 1.0 } else { 1.0 / samples as f64 };
        let (factor, of_row) = (factor_of_batch(&loss, samples, t), blocks / sequences.rows().max(1));
        let Gradient { input, scale, to, write } = gradient;
        scratch::with(blocks, |scales| {
            for (n, range) in sequences.ranges().enumerate() {
                let scale = scale.map_or(share, |scale| f64::from(scale[n]));
                scales[range.start * of_row..range.end * of_row].fill((scale * factor) as f32);
            }
            let size = sizes.classes * sizes.positions;
            let gradient = Gradient::<Cpu> { input, scale: Some(scales), to, write };
            with_formula(loss, sizes, x, t, |batch| cpu::gradient(self, batch, size, gradient));
        });
    }
}
