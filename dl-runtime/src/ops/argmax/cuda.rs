//! Argmax on CUDA.

use super::ArgmaxKernel;
use crate::device::cuda::{Cuda, Mut, Ref, ThreadGroup, kernels};

kernels!(
    "argmax.cu" with [crate::device::cuda::headers::THREAD_GROUP]:
    argmax(lanes, classes, x, y),
);

impl ArgmaxKernel for Cuda {
    fn argmax(&self, classes: usize, x: Ref<'_, f32>, y: Mut<'_, u32>) {
        // A group within a warp needs no shared memory.
        let group = ThreadGroup::new(y.len(), if classes <= 8 { 1 } else { 32 });
        self.launch(group.grid(), argmax { lanes: group, classes: classes as u32, x, y: &y });
    }
}
