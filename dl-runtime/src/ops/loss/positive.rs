//! Binary cross-entropy from logits with a weight for the answer yes, PyTorch's `BCEWithLogitsLoss(pos_weight)`:
//! `p·t·ln(1 + e^-x) + (1 - t)·ln(1 + e^x)`, where `p` is the weight of the output.
//!
//! Both logarithms are those of [`BceWithLogits`]; no term of the sum cancels another, and none overflows.

use super::cpu::{self, Samples};
use super::elementwise::softplus;
use super::{BceWithLogits, Gradient, Loss, Reduced, Reduction, Summed};
use crate::device::Cpu;
use crate::device::cpu::simd::{math, simd, sum};
use crate::metrics::{BinaryAccuracy, Metrics};
use crate::ops::Device;
use crate::range::NOT_NEGATIVE;
use crate::tensor::{Answers, Grad, Storage};
use crate::{Context, Error, Pod, Result, View, ViewMut};

/// [`BceWithLogits`] with a weight for yes, as an operation on logits and targets of one shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PositiveWeights<'w> {
    /// The weight of yes: one number, or one for each output.
    pub weights: &'w [f32],
    /// The distance from a number to that of the next output; 1 if the outputs are the last dimension.
    pub positions: usize,
    /// The reduction of the losses: their mean or their sum.
    pub reduction: Reduction,
}

/// The kernels of positive weights.
pub trait PositiveWeightsKernel: Storage {
    /// Computes the loss of every sample of `features` numbers.
    fn positive_loss(
        &self,
        op: PositiveWeights<'_>,
        features: usize,
        x: Self::Ref<'_, f32>,
        t: Self::Ref<'_, f32>,
        losses: Self::Mut<'_, f32>,
    );
    /// Computes the gradient to the logits (0) or to the targets (1).
    fn positive_loss_backward(
        &self,
        op: PositiveWeights<'_>,
        features: usize,
        x: Self::Ref<'_, f32>,
        t: Self::Ref<'_, f32>,
        gradient: Gradient<'_, '_, Self>,
    );
}

impl PositiveWeights<'_> {
    /// Computes the loss of every sample: two tensors `[S]` → one number per sample.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        logits: View<D, S>,
        target: View<D, S>,
        losses: ViewMut<D, f32>,
    ) {
        context.device.positive_loss(self, S::LEN, logits.data(), target.data(), losses.into_data());
    }
    /// Computes the gradient to input `k`: the logits (0) or the target (1).
    pub fn backward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        k: usize,
        logits: View<D, S>,
        target: View<D, S>,
        d_losses: View<D, f32>,
        d_input: Grad<D, S>,
    ) {
        let gradient = Gradient::of(k, d_losses, d_input);
        context.device.positive_loss_backward(self, S::LEN, logits.data(), target.data(), gradient);
    }
}

/// [`BceWithLogits`] with a weight for the answer yes, for labels that are rare: PyTorch's `BCEWithLogitsLoss(pos_weight)`.
///
/// With weight `p`, the loss of an answer is `-(p·t·ln σ(x) + (1 - t)·ln(1 - σ(x)))`: above 1, a missed yes costs more than a false
/// one. A common choice is the number of no divided by the number of yes. The weights are one number, or one for each output: the last
/// dimension of `[f32; N]` and of rows, the channels of `[[[f32; W]; H]; C]`.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::loss::{BceWithLogits, Loss};
/// let loss = BceWithLogits.pos_weight(&[3.0, 0.5]);
/// assert!(Loss::<[f32; 2]>::check(&loss, &[[1.0, 0.0]]).is_ok());
/// let error = Loss::<[f32; 5]>::check(&loss, &[]).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`pos_weight` of `BceWithLogits` is a list of 2 numbers; it must be one number, or one for each of 5 outputs"
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeightedBceWithLogits<'w> {
    /// The weight of yes: one number, or one for each output.
    pub pos_weight: &'w [f32],
}

impl BceWithLogits {
    /// Returns the loss with a weight for the answer yes: one number, or one for each output.
    pub const fn pos_weight(self, pos_weight: &[f32]) -> WeightedBceWithLogits<'_> {
        WeightedBceWithLogits { pos_weight }
    }
}

impl WeightedBceWithLogits<'_> {
    /// Returns the loss as a sum over everything instead of a mean: see [`Summed`].
    pub const fn sum(self) -> Summed<Self> {
        Summed(self)
    }
}

impl<Y: Answers> Loss<Y> for WeightedBceWithLogits<'_> {
    type Target = Y;
    const NAME: &'static str = "bce_with_logits";

    fn check(&self, targets: &[Y]) -> Result<()> {
        let count = self.pos_weight.len();
        if count != 1 && count != Y::OUTPUTS {
            let expected = format!("one number, or one for each of {} outputs", Y::OUTPUTS);
            let found = format!("a list of {count} numbers");
            return Err(Error::Setting { setting: "pos_weight", of: "BceWithLogits", expected, found });
        }
        let check = |&weight: &f32| NOT_NEGATIVE.check("BceWithLogits", "pos_weight", weight);
        self.pos_weight.iter().try_for_each(check)?;
        BceWithLogits.check(targets)
    }
    fn metrics(&self) -> Metrics<Y, Y> {
        vec![Box::new(BinaryAccuracy::default())]
    }
    fn loss<D: Device>(
        &self,
        context: &Context<'_, D>,
        output: View<'_, D, Y>,
        target: View<'_, D, Y>,
        losses: ViewMut<'_, D, f32>,
        d_output: Option<ViewMut<'_, D, Y>>,
    ) {
        self.reduced(Reduction::Mean, context, output, target, losses, d_output);
    }
}

impl<Y: Answers> Reduced<Y> for WeightedBceWithLogits<'_> {
    fn reduced<D: Device>(
        &self,
        reduction: Reduction,
        context: &Context<'_, D>,
        output: View<'_, D, Y>,
        target: View<'_, D, Y>,
        losses: ViewMut<'_, D, f32>,
        d_output: Option<ViewMut<'_, D, Y>>,
    ) {
        let op = PositiveWeights { weights: self.pos_weight, positions: Y::POSITIONS, reduction };
        op.forward(context, output, target, losses);
        if let Some(d) = d_output {
            let gradient = Gradient::of_mean(d);
            context.device.positive_loss_backward(op, Y::LEN, output.data(), target.data(), gradient);
        }
    }
}

simd! {
    /// Returns the sum of the losses of numbers with one weight, or with one for each.
    fn total<S>(weights: &[f32], x: &[f32], t: &[f32]) -> f32 {
        let value = |p: f32, x: f32, t: f32| p * t * softplus::<S>(-x) + (1.0 - t) * softplus::<S>(x);
        match *weights {
            [p] => sum::<S, 2>([x, t], |[x, t]| value(p, x, t)),
            _ => sum::<S, 3>([weights, x, t], |[p, x, t]| value(p, x, t)),
        }
    }

    /// Sets `d` to `scale` times the derivatives with respect to the logits (0) or the targets (1).
    fn derivatives<S>(input: usize, weights: &[f32], scale: f32, x: &[f32], t: &[f32], d: &mut [f32]) {
        let to_logit = |p: f32, x: f32, t: f32| (1.0 - t) * math::sigmoid::<S>(x) - p * t * math::sigmoid::<S>(-x);
        let to_target = |p: f32, x: f32| p * softplus::<S>(-x) - softplus::<S>(x);
        let all = d.iter_mut().zip(x).zip(t);
        match (input, weights) {
            (0, &[p]) => all.for_each(|((d, x), t)| *d = scale * to_logit(p, *x, *t)),
            (_, &[p]) => all.for_each(|((d, x), _)| *d = scale * to_target(p, *x)),
            (0, _) => all.zip(weights).for_each(|(((d, x), t), p)| *d = scale * to_logit(*p, *x, *t)),
            _ => all.zip(weights).for_each(|(((d, x), _), p)| *d = scale * to_target(*p, *x)),
        }
    }
}

/// A batch of samples of `features` numbers.
struct Batch<'a> {
    op: PositiveWeights<'a>,
    features: usize,
    /// The divisor of the sum over a sample.
    count: f32,
    x: &'a [f32],
    t: &'a [f32],
}

impl Batch<'_> {
    /// Calls `run` with each run of a sample, as a range of numbers, and its weight or the weight of each of its numbers.
    fn runs(&self, mut run: impl FnMut(std::ops::Range<usize>, &[f32])) {
        let PositiveWeights { weights, positions, .. } = self.op;
        let (size, each) = match (weights.len(), positions) {
            (1, _) => (self.features, 1),
            (outputs, 1) => (outputs, outputs),
            (_, positions) => (positions, 1),
        };
        for (i, start) in (0..self.features).step_by(size).enumerate() {
            run(start..start + size, &weights[i * each % weights.len()..][..each]);
        }
    }
}

impl Samples for Batch<'_> {
    fn size(&self) -> usize {
        self.features
    }
    fn loss(&self, n: usize, _: &mut [f32]) -> f32 {
        let (x, t) = (&self.x[n * self.features..], &self.t[n * self.features..]);
        let mut sum = 0.0;
        self.runs(|run, weights| sum += f64::from(total(weights, &x[run.clone()], &t[run])));
        (sum / f64::from(self.count)) as f32
    }
    fn gradient(&self, n: usize, input: usize, scale: f32, d: &mut [f32], _: &mut [f32]) {
        let (x, t, scale) = (&self.x[n * self.features..], &self.t[n * self.features..], scale / self.count);
        self.runs(|run, weights| {
            derivatives(input, weights, scale, &x[run.clone()], &t[run.clone()], &mut d[run]);
        });
    }
}

impl PositiveWeightsKernel for Cpu {
    fn positive_loss(&self, op: PositiveWeights<'_>, features: usize, x: &[f32], t: &[f32], losses: &mut [f32]) {
        let count = op.reduction.of(features as f32);
        cpu::losses(self, &Batch { op, features, count, x, t }, losses);
    }
    fn positive_loss_backward(
        &self,
        op: PositiveWeights<'_>,
        features: usize,
        x: &[f32],
        t: &[f32],
        gradient: Gradient<'_, '_, Cpu>,
    ) {
        let count = gradient.divisor(op.reduction, features as f32, gradient.to.len() / features);
        cpu::gradient(self, &Batch { op, features, count, x, t }, features, gradient);
    }
}
