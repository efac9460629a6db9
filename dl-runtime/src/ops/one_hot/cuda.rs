//! One-hot vectors on CUDA.

use super::OneHotKernel;
use crate::device::cuda::{Cuda, Mut, Ref, kernels};
use crate::ops::axes::cuda::Rows;

kernels!(
    "one_hot.cu" with [crate::ops::axes::cuda::HEADER]:
    one_hot(rows, indices, y),
);

impl OneHotKernel for Cuda {
    fn one_hot(&self, classes: usize, indices: Ref<'_, u32>, y: Mut<'_, f32>) {
        let rows = Rows::new(indices.len(), classes, classes);
        self.launch(rows.grid(), one_hot { rows, indices, y });
    }
}
