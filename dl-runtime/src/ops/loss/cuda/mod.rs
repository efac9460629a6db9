//! Losses on CUDA.

pub(crate) mod classes;
pub(crate) mod elementwise;
pub(crate) mod nt_xent;
pub(crate) mod vectors;

use crate::device::cuda::arguments;

arguments! {
    /// A loss with its settings: `Loss` of `loss.cuh`.
    struct Code { kind: u32, a: f32, b: f32 }
}
