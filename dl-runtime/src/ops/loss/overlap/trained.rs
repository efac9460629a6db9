//! The losses of overlap that a trainer takes.

use super::{ClassOverlap, MaskOverlap, Measure, Overlap};
use crate::metrics::{Accuracy, BinaryAccuracy, Metrics};
use crate::ops::Device;
use crate::ops::loss::{Gradient, Loss};
use crate::tensor::{Answers, Labels};
use crate::{Context, Result, View, ViewMut};

/// Defines a loss of overlap for trainers: `trained! { docs Name: measure, type of void targets }`.
macro_rules! trained {
    ($($(#[$doc:meta])* $name:ident: $measure:ident, $void:ty, $void_doc:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name {
            /// The number that is added above and below the fraction, above 0; 1e-5 by default, as in MONAI. With few pixels, or
            /// classes that are often absent, a larger one such as 1 makes the loss of an absent class smaller.
            pub smooth: f32,
            #[doc = $void_doc]
            pub ignore: Option<$void>,
            /// `true` if the areas are those of the whole batch; by default each sample has its own.
            pub batch: bool,
        }

        impl Default for $name {
            fn default() -> Self {
                $name { smooth: 1e-5, ignore: None, batch: false }
            }
        }

        impl $name {
            /// Sets the number that is added above and below the fraction.
            pub const fn smooth(self, smooth: f32) -> Self {
                $name { smooth, ..self }
            }
            #[doc = $void_doc]
            pub const fn ignore(self, ignore: $void) -> Self {
                $name { ignore: Some(ignore), ..self }
            }
            /// Takes the areas of the whole batch together: a class that only some samples have then counts once, and not in each of
            /// them. The loss depends on the batch size, and accumulated batches are not one large batch.
            pub const fn batch(self) -> Self {
                $name { batch: true, ..self }
            }
            const fn overlap(self) -> Overlap {
                Overlap { measure: Measure::$measure, smooth: self.smooth, batch: self.batch }
            }
        }
    )*};
}

trained! {
    /// Soft Dice loss of a class for each pixel, from logits: `1 - (2·Σpt + s) / (Σp + Σt + s)` for each class, where `p` is softmax,
    /// averaged over the classes and the samples; MONAI's `DiceLoss(softmax=True)`.
    ///
    /// Outputs are maps with the classes first, `[[[f32; W]; H]; CLASSES]`, with targets `[[u32; W]; H]`. It is often added to
    /// cross-entropy, in a [`loss` clause](crate::LossPasses): `cross_entropy(output, mask) + dice(output, mask)`. Source: Milletari,
    /// Navab, Ahmadi, "V-Net", 3DV 2016.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::loss::{Dice, Loss};
    /// let loss = Dice::default().ignore(255);
    /// assert!(Loss::<[[[f32; 2]; 1]; 3]>::check(&loss, &[[[0, 255]]]).is_ok());
    /// ```
    Dice: Dice, u32, "Pixels of this class do not count: the void. It may be a class that the output does not have.";

    /// Soft Jaccard loss of a class for each pixel, from logits, also called IoU loss: `1 - (Σpt + s) / (Σp + Σt - Σpt + s)` for each
    /// class, averaged over the classes and the samples; segmentation-models-pytorch's `JaccardLoss`, for each sample.
    ///
    /// Shapes are those of [`Dice`].
    Jaccard: Jaccard, u32, "Pixels of this class do not count: the void. It may be a class that the output does not have.";

    /// Soft Dice loss of masks, from logits: [`Dice`] with sigmoid, for targets from 0 to 1 in the shape of the output.
    ///
    /// Maps `[[[f32; W]; H]; C]` have a mask in each channel, each with its own score; `[[f32; W]; H]` and `[f32; N]` are one mask.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::loss::{Loss, SigmoidDice};
    /// let loss = SigmoidDice::default().ignore(-1.0);
    /// let error = Loss::<[f32; 3]>::check(&loss, &[[0.0, 1.0, -1.0], [0.5, 2.0, 0.0]]).unwrap_err();
    /// assert_eq!(error.to_string(), "sample 1: target 2 is out of range; expected 0 to 1");
    /// ```
    SigmoidDice: Dice, f32, "Pixels with this target do not count: the void, such as -1.";

    /// Soft Jaccard (IoU) loss of masks, from logits: [`Jaccard`] with sigmoid, with the shapes of [`SigmoidDice`].
    SigmoidJaccard: Jaccard, f32, "Pixels with this target do not count: the void, such as -1.";
}

/// Implements [`Loss`] for a loss of classes.
macro_rules! of_classes {
    ($($name:ident, $text:literal;)*) => {$(
        impl<T: Labels, const C: usize> Loss<[T; C]> for $name {
            type Target = T::Of;
            const NAME: &'static str = $text;

            fn check(&self, targets: &[T::Of]) -> Result<()> {
                ClassOverlap { overlap: self.overlap(), classes: C, last: false, ignore: self.ignore }.check(targets)
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
                let op = ClassOverlap { overlap: self.overlap(), classes: C, last: false, ignore: self.ignore };
                op.forward(context, output, target, losses);
                if let Some(d) = d_output {
                    let (sizes, gradient) = (op.sizes::<[T; C], T::Of>(), Gradient::of_mean(d));
                    context.device.class_overlap_backward(op, sizes, output.data(), target.data(), gradient);
                }
            }
        }
    )*};
}
of_classes! {
    Dice, "dice";
    Jaccard, "jaccard";
}

/// Implements [`Loss`] for a loss of masks.
macro_rules! of_masks {
    ($($name:ident, $text:literal;)*) => {$(
        impl<Y: Answers> Loss<Y> for $name {
            type Target = Y;
            const NAME: &'static str = $text;

            fn check(&self, targets: &[Y]) -> Result<()> {
                MaskOverlap { overlap: self.overlap(), masks: Y::MASKS, ignore: self.ignore }.check(targets)
            }
            fn metrics(&self) -> Metrics<Y, Y> {
                // The accuracy of masks would count void pixels.
                if self.ignore.is_some() { Vec::new() } else { vec![Box::new(BinaryAccuracy::default())] }
            }
            fn loss<D: Device>(
                &self,
                context: &Context<'_, D>,
                output: View<'_, D, Y>,
                target: View<'_, D, Y>,
                losses: ViewMut<'_, D, f32>,
                d_output: Option<ViewMut<'_, D, Y>>,
            ) {
                let op = MaskOverlap { overlap: self.overlap(), masks: Y::MASKS, ignore: self.ignore };
                op.forward(context, output, target, losses);
                if let Some(d) = d_output {
                    let (sizes, gradient) = (op.sizes::<Y>(), Gradient::of_mean(d));
                    context.device.mask_overlap_backward(op, sizes, output.data(), target.data(), gradient);
                }
            }
        }
    )*};
}
of_masks! {
    SigmoidDice, "sigmoid_dice";
    SigmoidJaccard, "sigmoid_jaccard";
}
