//! Parameters on CUDA.

use super::ParameterKernel;
use crate::device::cuda::{Cuda, Mut, Ref, kernels};
use crate::ops::axes::cuda::Rows;

kernels!(
    "parameter.cu" with [crate::ops::axes::cuda::HEADER]:
    parameter_repeat(rows, values, y),
);

impl ParameterKernel for Cuda {
    fn repeat_values(&self, values: Ref<'_, f32>, y: Mut<'_, f32>) {
        let len = values.len();
        let rows = Rows::new(y.len() / len, len, len);
        self.launch(rows.grid(), parameter_repeat { rows, values, y });
    }
}
