//! Sums instead of means: PyTorch's `reduction="sum"`.

use super::{Classes, Elementwise, Gradient, Labels, Loss};
use crate::metrics::Metrics;
use crate::ops::Device;
use crate::tensor::Grad;
use crate::{Context, Pod, Result, View, ViewMut};

/// The way in which the numbers of a sample, and the samples of a batch, become one loss: PyTorch's `reduction`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// Their mean.
    #[default]
    Mean,
    /// Their sum.
    Sum,
}

impl Reduction {
    /// Returns the divisor of the sum over `numbers`.
    pub(super) fn of(self, numbers: f32) -> f32 {
        if self == Reduction::Sum { 1.0 } else { numbers }
    }
}

/// A loss as a sum instead of a mean, PyTorch's `reduction="sum"`: `Mse.sum()`, `CrossEntropy.ignore(255).sum()`.
///
/// The loss of a batch is the sum over all numbers of all its samples; with weights of classes it is `Σ w·l`, which is not divided by
/// the weights. The gradient of a step is the sum over all samples of its batches, however many there are: if gradients are accumulated
/// over several batches, these are added, as in PyTorch. A larger batch therefore takes larger steps, unless the optimizer does not
/// look at the size of a gradient (`Adam`). Over the rows of sequences, all rows of all samples are added, long samples count more.
///
/// [`Training::loss`](crate::Training::loss) returns the sum over its batch. Epochs and histories still report the mean over the
/// samples (or rows), so that batches, and sets of other sizes, can be compared.
///
/// ```
/// # use dl_runtime as dl;
/// # fn example<Net: dl::Model<Input = [f32; 4], Output = [f32; 3]>>(data: dl::data::Dataset<[f32; 4], [f32; 3]>) -> dl::Result<()> {
/// use dl::prelude::*;
/// Trainer::new(Adam::new(1e-3)).loss(Mse.sum()).fit(&mut Net::init(42), &data)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summed<L>(pub L);

/// The losses that are means over numbers, and can also be their sums.
pub trait Reduced<Y: Pod<Element = f32>>: Loss<Y> {
    /// As [`Loss::loss`], with this reduction of the numbers of a sample, and of the samples of the batch.
    #[doc(hidden)]
    fn reduced<D: Device>(
        &self,
        reduction: Reduction,
        context: &Context<'_, D>,
        output: View<'_, D, Y>,
        target: View<'_, D, Self::Target>,
        losses: ViewMut<'_, D, f32>,
        d_output: Option<ViewMut<'_, D, Y>>,
    );
}

impl<Y: Pod<Element = f32>, L: Reduced<Y>> Loss<Y> for Summed<L> {
    type Target = L::Target;
    const NAME: &'static str = L::NAME;
    const MIN_BATCH: usize = L::MIN_BATCH;
    const REDUCTION: Reduction = Reduction::Sum;

    fn check(&self, targets: &[L::Target]) -> Result<()> {
        self.0.check(targets)
    }
    fn metrics(&self) -> Metrics<Y, L::Target> {
        self.0.metrics()
    }
    fn loss<D: Device>(
        &self,
        context: &Context<'_, D>,
        output: View<'_, D, Y>,
        target: View<'_, D, L::Target>,
        losses: ViewMut<'_, D, f32>,
        d_output: Option<ViewMut<'_, D, Y>>,
    ) {
        self.0.reduced(Reduction::Sum, context, output, target, losses, d_output);
    }
}

impl Summed<Elementwise> {
    /// Computes the loss of every sample: two tensors `[S]` → one number per sample.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        a: View<D, S>,
        b: View<D, S>,
        losses: ViewMut<D, f32>,
    ) {
        context.device.elementwise_loss(self.0, Reduction::Sum, S::LEN, a.data(), b.data(), losses.into_data());
    }
    /// Computes the gradient to input `k`: `a` (0) or `b` (1).
    pub fn backward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        k: usize,
        a: View<D, S>,
        b: View<D, S>,
        d_losses: View<D, f32>,
        d_input: Grad<D, S>,
    ) {
        let gradient = Gradient::of(k, d_losses, d_input);
        context.device.elementwise_loss_backward(self.0, Reduction::Sum, S::LEN, a.data(), b.data(), gradient);
    }
}

impl Summed<Classes> {
    /// Computes the loss of every sample: `[C, …]` and targets `[…]` → one number per sample.
    pub fn forward<D: Device, T: Labels, const C: usize>(
        self,
        context: &Context<D>,
        output: View<D, [T; C]>,
        target: View<D, T::Of>,
        losses: ViewMut<D, f32>,
    ) {
        self.0.reduced_forward(Reduction::Sum, context, output, target, losses);
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
        self.0.gradient(Reduction::Sum, context, output, target, Gradient::of(0, d_losses, d_output));
    }
}
