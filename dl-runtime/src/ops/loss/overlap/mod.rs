//! Losses of the overlap of predicted and true areas, for segmentation: Dice and Jaccard (IoU), from logits.
//!
//! With the probabilities `p` and the truth `t` of one class over all pixels of a sample, the soft Dice score is
//! `(2·Σpt + s) / (Σp + Σt + s)`, the soft Jaccard index `(Σpt + s) / (Σp + Σt - Σpt + s)`, and the loss is 1 minus the
//! mean over the classes. Source: Milletari, Navab, Ahmadi, "V-Net: fully convolutional neural networks for volumetric medical
//! image segmentation", 3DV 2016, section 3, with sums that are not squared. The smoothing `s` and the mean over the samples of the
//! batch are those of MONAI's `DiceLoss(softmax=True, smooth_nr=s, smooth_dr=s)`; with `batch` the sums go over the whole batch,
//! as MONAI's `batch=True` and as segmentation-models-pytorch's `DiceLoss` and `JaccardLoss` do.
//!
//! A class that neither occurs nor is predicted has no loss. The derivative of the score with respect to `p` is `α·t + β`, with
//! `α = 2/D` and `β = -N/D²` for Dice `N/D`, and `α = (D + N)/D²` and `β = -N/D²` for Jaccard.

mod cpu;
mod trained;

pub use trained::{Dice, Jaccard, SigmoidDice, SigmoidJaccard};

use super::{Gradient, check_each};
use crate::ops::Device;
use crate::range::POSITIVE;
use crate::tensor::ranges::check_labels_but;
use crate::tensor::{Grad, Storage};
use crate::{Context, Error, Pod, Result, View, ViewMut};

/// The score of an overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Twice the intersection over the sum of both areas.
    Dice,
    /// The intersection over the union.
    Jaccard,
}

/// A loss of overlap with its settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overlap {
    /// The score.
    pub measure: Measure,
    /// The number that is added above and below; above 0.
    pub smooth: f32,
    /// `true` if the areas are those of the whole batch.
    pub batch: bool,
}

/// [`Overlap`] of logits `[C, …]`, or `[…, C]`, with a class for each pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassOverlap {
    /// The settings.
    pub overlap: Overlap,
    /// The number of classes.
    pub classes: usize,
    /// `true` if the classes are the last dimension of the output, `false` if they are the first.
    pub last: bool,
    /// Pixels of this class do not count.
    pub ignore: Option<u32>,
}

/// [`Overlap`] of logits with masks from 0 to 1 in the same shape, `[masks, …]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MaskOverlap {
    /// The settings.
    pub overlap: Overlap,
    /// The number of masks, each of which is an area of its own.
    pub masks: usize,
    /// Pixels with this target do not count.
    pub ignore: Option<f32>,
}

/// The sizes of one call: outputs have the layout [samples, areas, pixels], or [samples, pixels, areas] with `last`.
#[derive(Clone, Copy, Debug)]
pub struct OverlapSizes {
    /// The number of classes or masks.
    pub areas: usize,
    /// The number of pixels of a sample.
    pub pixels: usize,
    /// `true` if the numbers of a pixel lie one after another.
    pub last: bool,
}

/// The kernels of losses of overlap.
pub trait OverlapKernel: Storage {
    /// Computes the loss of every sample from softmax and classes.
    fn class_overlap(
        &self,
        op: ClassOverlap,
        sizes: OverlapSizes,
        x: Self::Ref<'_, f32>,
        t: Self::Ref<'_, u32>,
        losses: Self::Mut<'_, f32>,
    );
    /// Computes the gradient to `x`.
    fn class_overlap_backward(
        &self,
        op: ClassOverlap,
        sizes: OverlapSizes,
        x: Self::Ref<'_, f32>,
        t: Self::Ref<'_, u32>,
        gradient: Gradient<'_, '_, Self>,
    );
    /// Computes the loss of every sample from sigmoid and masks.
    fn mask_overlap(
        &self,
        op: MaskOverlap,
        sizes: OverlapSizes,
        x: Self::Ref<'_, f32>,
        t: Self::Ref<'_, f32>,
        losses: Self::Mut<'_, f32>,
    );
    /// Computes the gradient to `x` (0) or `t` (1).
    fn mask_overlap_backward(
        &self,
        op: MaskOverlap,
        sizes: OverlapSizes,
        x: Self::Ref<'_, f32>,
        t: Self::Ref<'_, f32>,
        gradient: Gradient<'_, '_, Self>,
    );
}

impl Overlap {
    fn check(self) -> Result<()> {
        let of = match self.measure {
            Measure::Dice => "Dice",
            Measure::Jaccard => "Jaccard",
        };
        POSITIVE.check(of, "smooth", self.smooth)
    }
}

impl ClassOverlap {
    /// Computes the loss of every sample: `[C, …]`, or `[…, C]` with `last`, and targets `[…]` → one number per sample.
    pub fn forward<D: Device, Y: Pod<Element = f32>, T: Pod<Element = u32>>(
        self,
        context: &Context<D>,
        output: View<D, Y>,
        target: View<D, T>,
        losses: ViewMut<D, f32>,
    ) {
        context.device.class_overlap(self, self.sizes::<Y, T>(), output.data(), target.data(), losses.into_data());
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
        let (sizes, gradient) = (self.sizes::<Y, T>(), Gradient::of(0, d_losses, d_output));
        context.device.class_overlap_backward(self, sizes, output.data(), target.data(), gradient);
    }
    fn sizes<Y: Pod, T: Pod>(self) -> OverlapSizes {
        assert_eq!(Y::LEN, T::LEN * self.classes, "numbers for each pixel");
        OverlapSizes { areas: self.classes, pixels: T::LEN, last: self.last }
    }
    /// Checks that the settings are in their ranges, and that `targets` are below the number of classes, or ignored.
    ///
    /// # Errors
    /// As [`Loss::check`](super::Loss::check).
    pub fn check<T: Pod<Element = u32>>(self, targets: &[T]) -> Result<()> {
        self.overlap.check()?;
        check_labels_but(targets, self.classes, self.ignore)
    }
}

impl MaskOverlap {
    /// Computes the loss of every sample: logits and masks of one shape → one number per sample.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        logits: View<D, S>,
        mask: View<D, S>,
        losses: ViewMut<D, f32>,
    ) {
        context.device.mask_overlap(self, self.sizes::<S>(), logits.data(), mask.data(), losses.into_data());
    }
    /// Computes the gradient to input `k`: the logits (0) or the masks (1).
    pub fn backward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        k: usize,
        logits: View<D, S>,
        mask: View<D, S>,
        d_losses: View<D, f32>,
        d_input: Grad<D, S>,
    ) {
        let gradient = Gradient::of(k, d_losses, d_input);
        context.device.mask_overlap_backward(self, self.sizes::<S>(), logits.data(), mask.data(), gradient);
    }
    fn sizes<S: Pod>(self) -> OverlapSizes {
        assert!(S::LEN.is_multiple_of(self.masks), "masks of one size");
        OverlapSizes { areas: self.masks, pixels: S::LEN / self.masks, last: false }
    }
    /// Checks that the settings are in their ranges, and that `targets` are from 0 to 1, or ignored.
    ///
    /// # Errors
    /// As [`Loss::check`](super::Loss::check).
    pub fn check<S: Pod<Element = f32>>(self, targets: &[S]) -> Result<()> {
        self.overlap.check()?;
        let error = |sample, value| Error::TargetOutOfRange { sample, value, low: 0.0, high: 1.0 };
        check_each(targets, |target| (0.0..=1.0).contains(&target) || self.ignore == Some(target), error)
    }
}
