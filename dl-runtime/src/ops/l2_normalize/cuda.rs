//! L2 normalisation on CUDA.

use super::{L2NormalizeKernel, L2NormalizeOp};
use crate::device::cuda::{Cuda, Mut, Ref, ThreadGroup, kernels};
use crate::ops::axes::cuda::word;
use crate::tensor::Write;

kernels!(
    "l2_normalize.cu" with [crate::device::cuda::headers::THREAD_GROUP]:
    l2_normalize_forward(n, lanes, epsilon, x, y),
    l2_normalize_backward(n, lanes, epsilon, x, dy, dx, add),
);

impl L2NormalizeKernel for Cuda {
    fn l2_normalize_forward(&self, L2NormalizeOp { n, epsilon }: L2NormalizeOp, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        let group = ThreadGroup::of(x.len() / n, n);
        self.launch(group.grid(), l2_normalize_forward { n: word(n), lanes: group, epsilon, x, y });
    }
    fn l2_normalize_backward(
        &self,
        L2NormalizeOp { n, epsilon }: L2NormalizeOp,
        x: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        dx: Mut<'_, f32>,
        write: Write,
    ) {
        let group = ThreadGroup::of(x.len() / n, n);
        self.launch(group.grid(), l2_normalize_backward { n: word(n), lanes: group, epsilon, x, dy, dx, add: write });
    }
}
