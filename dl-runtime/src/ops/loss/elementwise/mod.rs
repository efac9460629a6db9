//! Losses of two tensors of the same shape, number by number: the mean over the elements of a sample (for `kl_normal`
//! the sum).
//!
//! `table.rs` has one entry for each loss; [`Elementwise`] is generated from it, and lists them.

mod family;
mod table;

pub(super) use table::softplus;
pub use table::{Elementwise, trained};

#[cfg(all(test, feature = "cuda"))]
pub(crate) use table::TABLE;

use super::cpu::{self, Samples};
use super::{Gradient, Reduction};
use crate::device::Cpu;
use crate::device::cpu::simd::{simd, sum};
use crate::ops::Device;
use crate::tensor::Grad;
use crate::tensor::Storage;
use crate::{Context, Pod, View, ViewMut};
use family::Formula;

/// The kernel of elementwise losses.
pub trait ElementwiseLossKernel: Storage {
    /// Computes the loss of every sample of `features` numbers.
    fn elementwise_loss(
        &self,
        loss: Elementwise,
        reduction: Reduction,
        features: usize,
        a: Self::Ref<'_, f32>,
        b: Self::Ref<'_, f32>,
        losses: Self::Mut<'_, f32>,
    );
    /// Computes the gradient to one of the inputs.
    fn elementwise_loss_backward(
        &self,
        loss: Elementwise,
        reduction: Reduction,
        features: usize,
        a: Self::Ref<'_, f32>,
        b: Self::Ref<'_, f32>,
        gradient: Gradient<'_, '_, Self>,
    );
}

impl Elementwise {
    /// Computes the loss of every sample: two tensors `[S]` → one number per sample.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        a: View<D, S>,
        b: View<D, S>,
        losses: ViewMut<D, f32>,
    ) {
        context.device.elementwise_loss(self, Reduction::Mean, S::LEN, a.data(), b.data(), losses.into_data());
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
        context.device.elementwise_loss_backward(self, Reduction::Mean, S::LEN, a.data(), b.data(), gradient);
    }
    /// Computes the loss of every sample, and the gradient of their mean or sum to `a`.
    fn with_gradient<D: Device, S: Pod<Element = f32>>(
        self,
        reduction: Reduction,
        context: &Context<D>,
        a: View<D, S>,
        b: View<D, S>,
        losses: ViewMut<D, f32>,
        d_a: Option<ViewMut<D, S>>,
    ) {
        if let Some(d) = d_a {
            let gradient = Gradient::of_mean(d);
            context.device.elementwise_loss_backward(self, reduction, S::LEN, a.data(), b.data(), gradient);
        }
        // Last, so that a device may let what computes the losses check them, too.
        context.device.elementwise_loss(self, reduction, S::LEN, a.data(), b.data(), losses.into_data());
    }
}

simd! {
    fn total<S, F>(f: F, a: &[f32], b: &[f32]) -> f32 where [F: Formula] {
        sum::<S, 2>([a, b], |[a, b]| f.value::<S>(a, b))
    }

    /// Sets `d` to `scale` times the derivatives with respect to `a`.
    fn left<S, F>(f: F, scale: f32, a: &[f32], b: &[f32], d: &mut [f32]) where [F: Formula] {
        for ((d, a), b) in d.iter_mut().zip(a).zip(b) {
            *d = scale * f.left::<S>(*a, *b);
        }
    }

    /// Sets `d` to `scale` times the derivatives with respect to `b`.
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
    /// The divisor of the sum over a sample.
    count: f32,
    inputs: [&'a [f32]; 2],
}

impl<F: Formula> Batch<'_, F> {
    /// Returns the two inputs of sample `n`.
    fn sample(&self, n: usize) -> (&[f32], &[f32]) {
        let range = n * self.features..(n + 1) * self.features;
        (&self.inputs[0][range.clone()], &self.inputs[1][range])
    }
}

impl<F: Formula> Samples for Batch<'_, F> {
    fn size(&self) -> usize {
        self.features
    }
    fn loss(&self, n: usize, _: &mut [f32]) -> f32 {
        let (a, b) = self.sample(n);
        total(self.formula, a, b) / self.count
    }
    fn gradient(&self, n: usize, input: usize, scale: f32, d: &mut [f32], _: &mut [f32]) {
        let ((a, b), scale) = (self.sample(n), scale / self.count);
        if input == 0 { left(self.formula, scale, a, b, d) } else { right(self.formula, scale, a, b, d) }
    }
}

impl ElementwiseLossKernel for Cpu {
    fn elementwise_loss(
        &self,
        loss: Elementwise,
        reduction: Reduction,
        features: usize,
        a: &[f32],
        b: &[f32],
        losses: &mut [f32],
    ) {
        let count = reduction.of(loss.count(features));
        loss.with_formula(features, count, [a, b], |batch| cpu::losses(self, batch, losses));
    }
    fn elementwise_loss_backward(
        &self,
        loss: Elementwise,
        reduction: Reduction,
        features: usize,
        a: &[f32],
        b: &[f32],
        gradient: Gradient<'_, '_, Cpu>,
    ) {
        let count = gradient.divisor(reduction, loss.count(features), gradient.to.len() / features);
        loss.with_formula(features, count, [a, b], |batch| cpu::gradient(self, batch, features, gradient));
    }
}
