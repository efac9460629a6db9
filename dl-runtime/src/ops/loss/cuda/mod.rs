//! Losses on CUDA.

pub(crate) mod classes;
pub(crate) mod ctc;
pub(crate) mod elementwise;
pub(crate) mod nt_xent;
pub(crate) mod overlap;
pub(crate) mod positive;
pub(crate) mod vectors;

use crate::device::cuda::{arguments, header};

header!(
    HEADER = "loss.cuh" with [crate::device::cuda::headers::EXTENSION, crate::device::cuda::headers::THREAD_GROUP]
);
arguments! {
    /// A loss with its settings: `Loss` of `loss.cuh`.
    struct Code { kind: u32, a: f32, b: f32 }
}
