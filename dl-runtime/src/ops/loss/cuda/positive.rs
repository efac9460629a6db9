//! Binary cross-entropy with positive weights on CUDA.

use super::{classes, elementwise};
use crate::device::cuda::{Cuda, Grid, Mut, Ref, kernels};
use crate::ops::loss::{Gradient, PositiveWeights, PositiveWeightsKernel};
use crate::tensor::Storage;

kernels!(
    "positive.cu" with [crate::ops::activation::cuda::HEADER, crate::ops::loss::cuda::HEADER]:
    positive_loss(positions, weights, x, t, values),
    positive_loss_backward(positions, input, features, count, weights, x, t, scale, d, add),
);

impl PositiveWeightsKernel for Cuda {
    fn positive_loss(
        &self,
        op: PositiveWeights<'_>,
        features: usize,
        x: Ref<'_, f32>,
        t: Ref<'_, f32>,
        losses: Mut<'_, f32>,
    ) {
        let count = op.weights.len();
        let (mut weights, values) = Cuda::split_mut(self.scratch(count + x.len()), count);
        classes::write(self, op.weights, &mut weights);
        let arguments =
            positive_loss { positions: op.positions, weights: Cuda::share(&weights), x, t, values: &values };
        self.launch(Grid::each(x.len()), arguments);
        elementwise::sums(self, Cuda::share(&values), op.reduction.of(features as f32), losses);
    }
    fn positive_loss_backward(
        &self,
        op: PositiveWeights<'_>,
        features: usize,
        x: Ref<'_, f32>,
        t: Ref<'_, f32>,
        gradient: Gradient<'_, '_, Cuda>,
    ) {
        let mut weights = self.scratch(op.weights.len());
        classes::write(self, op.weights, &mut weights);
        let count = gradient.divisor(op.reduction, features as f32, gradient.to.len() / features);
        let Gradient { input, scale, to, write } = gradient;
        let (weights, len) = (Cuda::share(&weights), to.len());
        let arguments = positive_loss_backward {
            positions: op.positions,
            input: input as u32,
            features,
            count,
            weights,
            x,
            t,
            scale,
            d: to,
            add: write,
        };
        self.launch(Grid::each(len), arguments);
    }
}
