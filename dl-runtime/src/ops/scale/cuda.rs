//! Scales on CUDA.

use super::ScaleKernel;
use crate::device::cuda::{Cuda, Mut, Ref, kernels};
use crate::ops::axes::StridedIter;
use crate::ops::axes::cuda::{Axes, Rows};
use crate::ops::reduce::cuda::Reducing;
use crate::tensor::Write;

kernels!(
    "scale.cu" with [crate::ops::axes::cuda::HEADER, crate::ops::reduce::cuda::HEADER]:
    scale(rows, axes, x, weight, y, add),
    scale_backward_weight(r, kept, reduced, x, dy, d, add),
);

impl ScaleKernel for Cuda {
    fn scale(&self, inner: usize, weight: Ref<'_, f32>, x: Ref<'_, f32>, y: Mut<'_, f32>, write: Write) {
        if x.is_empty() {
            return;
        }
        let row = weight.len() * inner;
        let strides = [[row, 0], [inner, 1], [1, 0]];
        let iter = StridedIter::new(&[x.len() / row, weight.len(), inner], |axis| strides[axis]);
        let rows = Rows::of(&iter);
        self.launch(rows.grid(), scale { rows, axes: Axes::outer(&iter), x, weight, y, add: write });
    }
    fn scale_backward_weight(
        &self,
        inner: usize,
        x: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        d_weight: Mut<'_, f32>,
        write: Write,
    ) {
        let (channels, row) = (d_weight.len(), d_weight.len() * inner);
        let strides = [row, inner, 1];
        let r = Reducing::new(&[x.len() / row, channels, inner], |axis| axis == 1, |axis| [strides[axis]; 2]);
        r.sum(self, 1.0, d_weight, write, |_, d, write| {
            self.launch(
                r.grid(),
                scale_backward_weight { r: r.plan, kept: r.kept, reduced: r.reduced, x, dy, d, add: write },
            );
        });
    }
}
