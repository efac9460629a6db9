//! Parametric ReLUs on CUDA.

use super::PreluKernel;
use crate::device::cuda::{Cuda, Mut, Ref, kernels};
use crate::ops::axes::StridedIter;
use crate::ops::axes::cuda::{Axes, Rows};
use crate::ops::reduce::cuda::Reducing;
use crate::tensor::Write;

kernels!(
    "prelu.cu" with [crate::ops::axes::cuda::HEADER, crate::ops::reduce::cuda::HEADER]:
    prelu_forward(rows, axes, x, weight, y),
    prelu_backward_input(rows, axes, x, weight, dy, dx, add),
    prelu_backward_weight(r, kept, reduced, x, dy, d, add),
);

/// Returns the shape [samples, channels, spatial_size] of `n` numbers, and its strides in the input and in the weights.
fn axes(n: usize, channels: usize, spatial_size: usize) -> ([usize; 3], [[usize; 2]; 3]) {
    ([n / channels / spatial_size, channels, spatial_size], [[channels * spatial_size, 0], [spatial_size, 1], [1, 0]])
}

impl PreluKernel for Cuda {
    fn prelu_forward(&self, spatial_size: usize, weight: Ref<'_, f32>, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        if x.is_empty() {
            return;
        }
        let (sizes, strides) = axes(x.len(), weight.len(), spatial_size);
        let iter = StridedIter::new(&sizes, |axis| strides[axis]);
        let rows = Rows::of(&iter);
        self.launch(rows.grid(), prelu_forward { rows, axes: Axes::outer(&iter), x, weight, y });
    }
    fn prelu_backward(
        &self,
        spatial_size: usize,
        weight: Ref<'_, f32>,
        x: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        (d_weight, write): (Mut<'_, f32>, Write),
        d_input: Option<(Mut<'_, f32>, Write)>,
    ) {
        let (sizes, strides) = axes(x.len(), weight.len(), spatial_size);
        if let Some((dx, write)) = d_input {
            let iter = StridedIter::new(&sizes, |axis| strides[axis]);
            let rows = Rows::of(&iter);
            let arguments = prelu_backward_input { rows, axes: Axes::outer(&iter), x, weight, dy, dx, add: write };
            self.launch(rows.grid(), arguments);
        }
        let r = Reducing::new(&sizes, |axis| axis == 1, |axis| strides[axis]);
        r.sum(self, 1.0, d_weight, write, |_, d, write| {
            self.launch(
                r.grid(),
                prelu_backward_weight { r: r.plan, kept: r.kept, reduced: r.reduced, x, dy, d, add: write },
            );
        });
    }
}
