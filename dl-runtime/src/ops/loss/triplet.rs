//! Loss of three vectors: `max(0, |a - p| - |a - n| + margin)`, PyTorch's `TripletMarginLoss` with `p=2`.
//!
//! Source: Balntas, Riba, Ponsa, Mikolajczyk, "Learning shallow convolutional feature descriptors with triplet losses",
//! BMVC 2016. As in PyTorch, 10⁻⁶ is added to every difference, so that equal vectors have a gradient.

use super::Gradient;
use super::vectors::Vectors;
use crate::ops::Device;
use crate::tensor::Grad;
use crate::{Context, Pod, View, ViewMut};

/// The operation: an anchor, a positive that belongs to it and a negative that does not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Triplet {
    /// How much nearer than the negative the positive has to be; above 0.
    pub margin: f32,
}

impl Triplet {
    /// `losses` of all triplets.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        anchor: View<D, S>,
        positive: View<D, S>,
        negative: View<D, S>,
        losses: ViewMut<D, f32>,
    ) {
        let (a, p, n) = (anchor.data(), positive.data(), negative.data());
        context.device.vector_loss(Vectors::Triplet { margin: self.margin }, S::LEN, a, p, n, losses.into_data());
    }
    /// The gradient to the anchor.
    pub fn backward_first<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        anchor: View<D, S>,
        positive: View<D, S>,
        negative: View<D, S>,
        d_losses: View<D, f32>,
        d_anchor: Grad<D, S>,
    ) {
        self.backward(context, anchor, positive, negative, Gradient::of(d_losses, d_anchor));
    }
    /// The gradient to the positive.
    pub fn backward_second<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        anchor: View<D, S>,
        positive: View<D, S>,
        negative: View<D, S>,
        d_losses: View<D, f32>,
        d_positive: Grad<D, S>,
    ) {
        self.backward(context, anchor, positive, negative, Gradient::of(d_losses, d_positive).to(1));
    }
    /// The gradient to the negative.
    pub fn backward_third<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        anchor: View<D, S>,
        positive: View<D, S>,
        negative: View<D, S>,
        d_losses: View<D, f32>,
        d_negative: Grad<D, S>,
    ) {
        self.backward(context, anchor, positive, negative, Gradient::of(d_losses, d_negative).to(2));
    }
    fn backward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        anchor: View<D, S>,
        positive: View<D, S>,
        negative: View<D, S>,
        gradient: Gradient<D>,
    ) {
        let (a, p, n) = (anchor.data(), positive.data(), negative.data());
        context.device.vector_loss_backward(Vectors::Triplet { margin: self.margin }, S::LEN, a, p, n, gradient);
    }
}
