//! Loss of three vectors: `max(0, |a - p| - |a - n| + margin)`, PyTorch's `TripletMarginLoss` with `p=2`.
//!
//! Source: Balntas, Riba, Ponsa, Mikolajczyk, "Learning shallow convolutional feature descriptors with triplet losses",
//! BMVC 2016. As in PyTorch, 10⁻⁶ is added to every difference, so that equal vectors have a gradient.

use super::Gradient;
use super::vectors::Vectors;
use crate::ops::Device;
use crate::tensor::Grad;
use crate::{Context, Pod, View, ViewMut};

/// The operation on an anchor, a positive that belongs to it, and a negative that does not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Triplet {
    /// The margin by which the positive has to be nearer than the negative; above 0.
    pub margin: f32,
}

impl Triplet {
    /// Computes the loss of every triplet: three vectors `[S]` → one number per sample.
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
    /// Computes the gradient to input `k`: the anchor (0), the positive (1) or the negative (2).
    #[expect(clippy::too_many_arguments, reason = "the convention of operations: kept values, then gradients")]
    pub fn backward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        k: usize,
        anchor: View<D, S>,
        positive: View<D, S>,
        negative: View<D, S>,
        d_losses: View<D, f32>,
        d_input: Grad<D, S>,
    ) {
        let (a, p, n) = (anchor.data(), positive.data(), negative.data());
        let (loss, gradient) = (Vectors::Triplet { margin: self.margin }, Gradient::of(k, d_losses, d_input));
        context.device.vector_loss_backward(loss, S::LEN, a, p, n, gradient);
    }
}
