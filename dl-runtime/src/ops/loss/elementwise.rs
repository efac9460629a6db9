//! Losses of two tensors of one shape, number by number: the mean over the elements of a sample (`kl_normal`: the sum).
//!
//! One file for each has its formula, and its type for the trainer.

use super::cpu::{self, Samples};
use super::{Gradient, check_not_negative, check_positive, check_setting, check_signs, check_targets};
use super::{bce, bce_with_logits, hinge, huber, kl_normal, mae, mse, sigmoid_focal};
use crate::device::Cpu;
use crate::device::cpu::simd::{Simd, simd, sum};
use crate::ops::Device;
use crate::tensor::Grad;
use crate::tensor::Storage;
use crate::{Context, Pod, Result, View, ViewMut};

/// Which loss, with its settings: an operation on an output `a` and what it is compared with, `b`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Elementwise {
    /// [`Bce`](super::Bce).
    Bce,
    /// [`BceWithLogits`](super::BceWithLogits).
    BceWithLogits,
    /// [`Hinge`](super::Hinge).
    Hinge,
    /// [`Huber`](super::Huber).
    Huber {
        /// Where the parabola becomes a line; above 0.
        delta: f32,
    },
    /// How far a normal distribution of mean `a` and variance `e^b`, independent in every element, is from the standard
    /// one: `-½ Σ (1 + b - a² - e^b)`, the Kullback-Leibler divergence of variational autoencoders, summed over the
    /// elements. (A reconstruction loss of `N` elements is a mean: `N * mse(…) + kl_normal(…)` counts both alike.)
    /// Source: Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014, appendix B.
    KlNormal,
    /// [`Mae`](super::Mae).
    Mae,
    /// [`Mse`](super::Mse).
    Mse,
    /// [`SigmoidFocal`](super::SigmoidFocal).
    SigmoidFocal {
        /// How much easy answers are passed over; 0 or more.
        gamma: f32,
        /// Weight of yes, against `1 - alpha` of no; 0 to 1.
        alpha: f32,
    },
}

/// The kernel of elementwise losses.
pub trait ElementwiseLossKernel: Storage {
    /// The loss of every sample of `features` numbers.
    fn elementwise_loss(
        &self,
        loss: Elementwise,
        features: usize,
        a: Self::Ref<'_, f32>,
        b: Self::Ref<'_, f32>,
        losses: Self::Mut<'_, f32>,
    );
    /// The gradient to one of the inputs.
    fn elementwise_loss_backward(
        &self,
        loss: Elementwise,
        features: usize,
        a: Self::Ref<'_, f32>,
        b: Self::Ref<'_, f32>,
        gradient: Gradient<'_, '_, Self>,
    );
}

impl Elementwise {
    /// `losses` of all samples.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        a: View<D, S>,
        b: View<D, S>,
        losses: ViewMut<D, f32>,
    ) {
        context.device.elementwise_loss(self, S::LEN, a.data(), b.data(), losses.into_data());
    }
    /// The gradient to `a`.
    pub fn backward_left<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        a: View<D, S>,
        b: View<D, S>,
        d_losses: View<D, f32>,
        d_a: Grad<D, S>,
    ) {
        self.backward(context, a, b, Gradient::of(d_losses, d_a));
    }
    /// The gradient to `b`.
    pub fn backward_right<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        a: View<D, S>,
        b: View<D, S>,
        d_losses: View<D, f32>,
        d_b: Grad<D, S>,
    ) {
        self.backward(context, a, b, Gradient::of(d_losses, d_b).to(1));
    }
    pub(super) fn backward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        a: View<D, S>,
        b: View<D, S>,
        gradient: Gradient<D>,
    ) {
        context.device.elementwise_loss_backward(self, S::LEN, a.data(), b.data(), gradient);
    }
    /// Whether the settings are in their ranges, and `targets` can be what is compared with.
    ///
    /// # Errors
    /// As [`Loss::check`](super::Loss::check).
    pub fn check<S: Pod<Element = f32>>(self, targets: &[S]) -> Result<()> {
        match self {
            Elementwise::Huber { delta } => check_positive("delta", delta)?,
            Elementwise::SigmoidFocal { gamma, alpha } => {
                check_not_negative("gamma", gamma)?;
                check_setting("alpha", alpha, "0 to 1", (0.0..=1.0).contains(&alpha))?;
            }
            _ => {}
        }
        match self {
            Elementwise::Bce | Elementwise::BceWithLogits | Elementwise::SigmoidFocal { .. } => {
                check_targets(targets, 0.0, 1.0)
            }
            Elementwise::Hinge => check_signs(targets),
            _ => check_targets(targets, f32::MIN, f32::MAX),
        }
    }
}

/// Makes `$loss` a loss of the trainer: `loss_of_numbers!(Type, name, metric, pattern => operation)`.
macro_rules! loss_of_numbers {
    ($loss:ty, $name:literal, $metric:expr, $pattern:pat => $op:expr) => {
        impl From<$loss> for $crate::ops::loss::Elementwise {
            fn from($pattern: $loss) -> Self {
                $op
            }
        }

        impl<Y: $crate::Pod<Element = f32>> $crate::ops::loss::Loss<Y> for $loss {
            type Target = Y;
            const NAME: &'static str = $name;

            fn check(&self, targets: &[Y]) -> $crate::Result<()> {
                $crate::ops::loss::Elementwise::from(*self).check(targets)
            }
            fn metrics(&self) -> $crate::metrics::Metrics<Y, Y> {
                vec![Box::new($metric)]
            }
            fn loss<D: $crate::Device>(
                &self,
                context: &$crate::Context<'_, D>,
                output: $crate::View<'_, D, Y>,
                target: $crate::View<'_, D, Y>,
                losses: $crate::ViewMut<'_, D, f32>,
                d_output: Option<$crate::ViewMut<'_, D, Y>>,
            ) {
                let op = $crate::ops::loss::Elementwise::from(*self);
                op.forward(context, output, target, losses);
                if let Some(d) = d_output {
                    op.backward(context, output, target, $crate::ops::loss::Gradient::of_mean(d));
                }
            }
        }
    };
}
pub(super) use loss_of_numbers;

/// A loss of two numbers, and its derivatives.
pub(super) trait Formula: Copy + Sync {
    /// Whether a sample's loss is the sum over its elements rather than their mean.
    const SUM: bool = false;
    fn value<S: Simd>(self, a: f32, b: f32) -> f32;
    /// The derivative to `a`.
    fn left<S: Simd>(self, a: f32, b: f32) -> f32;
    /// The derivative to `b`.
    fn right<S: Simd>(self, a: f32, b: f32) -> f32;
}

simd! {
    fn total<S, F>(f: F, a: &[f32], b: &[f32]) -> f32 where [F: Formula] {
        sum::<S, 2>([a, b], |[a, b]| f.value::<S>(a, b))
    }

    /// `d = scale` times the derivatives to `a`.
    fn left<S, F>(f: F, scale: f32, a: &[f32], b: &[f32], d: &mut [f32]) where [F: Formula] {
        for ((d, a), b) in d.iter_mut().zip(a).zip(b) {
            *d = scale * f.left::<S>(*a, *b);
        }
    }

    /// `d = scale` times the derivatives to `b`.
    fn right<S, F>(f: F, scale: f32, a: &[f32], b: &[f32], d: &mut [f32]) where [F: Formula] {
        for ((d, a), b) in d.iter_mut().zip(a).zip(b) {
            *d = scale * f.right::<S>(*a, *b);
        }
    }
}

/// A formula over a batch.
struct Batch<'a, F> {
    formula: F,
    features: usize,
    inputs: [&'a [f32]; 2],
}

impl<F: Formula> Batch<'_, F> {
    /// The inputs of sample `n`.
    fn sample(&self, n: usize) -> (&[f32], &[f32]) {
        let range = n * self.features..(n + 1) * self.features;
        (&self.inputs[0][range.clone()], &self.inputs[1][range])
    }
    /// What the sum over a sample is divided by.
    fn count(&self) -> f32 {
        if F::SUM { 1.0 } else { self.features as f32 }
    }
}

impl<F: Formula> Samples for Batch<'_, F> {
    fn size(&self) -> usize {
        self.features
    }
    fn loss(&self, n: usize, _: &mut [f32]) -> f32 {
        let (a, b) = self.sample(n);
        total(self.formula, a, b) / self.count()
    }
    fn gradient(&self, n: usize, input: usize, scale: f32, d: &mut [f32], _: &mut [f32]) {
        let ((a, b), scale) = (self.sample(n), scale / self.count());
        if input == 0 { left(self.formula, scale, a, b, d) } else { right(self.formula, scale, a, b, d) }
    }
}

/// Calls `run` with the batch of `loss`'s formula.
fn with_formula(loss: Elementwise, features: usize, inputs: [&[f32]; 2], run: impl FnOnce(&dyn Samples)) {
    match loss {
        Elementwise::Bce => run(&Batch { formula: bce::Formula, features, inputs }),
        Elementwise::BceWithLogits => run(&Batch { formula: bce_with_logits::Formula, features, inputs }),
        Elementwise::Hinge => run(&Batch { formula: hinge::Formula, features, inputs }),
        Elementwise::Huber { delta } => run(&Batch { formula: huber::Formula { delta }, features, inputs }),
        Elementwise::KlNormal => run(&Batch { formula: kl_normal::Formula, features, inputs }),
        Elementwise::Mae => run(&Batch { formula: mae::Formula, features, inputs }),
        Elementwise::Mse => run(&Batch { formula: mse::Formula, features, inputs }),
        Elementwise::SigmoidFocal { gamma, alpha } => {
            run(&Batch { formula: sigmoid_focal::Formula { gamma, alpha }, features, inputs });
        }
    }
}

impl ElementwiseLossKernel for Cpu {
    fn elementwise_loss(&self, loss: Elementwise, features: usize, a: &[f32], b: &[f32], losses: &mut [f32]) {
        with_formula(loss, features, [a, b], |batch| cpu::losses(self, batch, losses));
    }
    fn elementwise_loss_backward(
        &self,
        loss: Elementwise,
        features: usize,
        a: &[f32],
        b: &[f32],
        gradient: Gradient<'_, '_, Cpu>,
    ) {
        with_formula(loss, features, [a, b], |batch| cpu::gradient(self, batch, features, gradient));
    }
}
