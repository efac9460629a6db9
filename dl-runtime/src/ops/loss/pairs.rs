//! Losses of two vectors that should be similar or different: the pairs of metric learning.

use super::vectors::Vectors;
use super::{Gradient, check_signs};
use crate::ops::Device;
use crate::range::{COSINE, MARGIN};
use crate::tensor::Grad;
use crate::{Context, Pod, Result, View, ViewMut};

/// A loss with its settings, as an operation on vectors `a` and `b` and a target for each pair: 1 if they belong
/// together, -1 if not. Any other target makes the loss NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Pairs {
    /// `1 - cos(a, b)` for pairs that belong together, `max(0, cos(a, b) - margin)` for the others: PyTorch's
    /// `CosineEmbeddingLoss`.
    CosineEmbedding {
        /// The cosine up to which vectors count as different enough, from -1 to 1.
        margin: f32,
    },
    /// `½|a - b|²` for pairs that belong together, `½max(0, margin - |a - b|)²` for the others. Source: Hadsell,
    /// Chopra, LeCun, "Dimensionality reduction by learning an invariant mapping", CVPR 2006 (with Y = 0 and 1 for
    /// these cases).
    Contrastive {
        /// The distance from which on vectors count as different enough; above 0 and at most 1e18.
        margin: f32,
    },
}

impl Pairs {
    fn kernel(self) -> Vectors {
        match self {
            Pairs::CosineEmbedding { margin } => Vectors::CosineEmbedding { margin },
            Pairs::Contrastive { margin } => Vectors::Contrastive { margin },
        }
    }
    /// Computes the loss of every pair: `[S]`, `[S]` and a target → one number per sample.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        a: View<D, S>,
        b: View<D, S>,
        target: View<D, f32>,
        losses: ViewMut<D, f32>,
    ) {
        context.device.vector_loss(self.kernel(), S::LEN, a.data(), b.data(), target.data(), losses.into_data());
    }
    /// Computes the gradient to input `k`: `a` (0), `b` (1), or the target (2), whose gradient is 0 because it is 1 or
    /// -1.
    #[expect(clippy::too_many_arguments, reason = "the convention of operations: kept values, then gradients")]
    pub fn backward<D: Device, S: Pod<Element = f32>, T: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        k: usize,
        a: View<D, S>,
        b: View<D, S>,
        target: View<D, f32>,
        d_losses: View<D, f32>,
        d_input: Grad<D, T>,
    ) {
        assert_eq!(T::LEN, [S::LEN, S::LEN, 1][k], "elements of input {k}");
        let gradient = Gradient::of(k, d_losses, d_input);
        context.device.vector_loss_backward(self.kernel(), S::LEN, a.data(), b.data(), target.data(), gradient);
    }
    /// Checks that the settings are in their ranges, and that `targets` are 1 or -1.
    ///
    /// # Errors
    /// As [`Loss::check`](super::Loss::check).
    pub fn check(self, targets: &[f32]) -> Result<()> {
        match self {
            Pairs::CosineEmbedding { margin } => COSINE.check("CosineEmbedding", "margin", margin)?,
            Pairs::Contrastive { margin } => MARGIN.check("Contrastive", "margin", margin)?,
        }
        check_signs(targets)
    }
}
