//! Iterates over several tensors at once whose axes have different strides; `dl-core` has the iterator.

#[cfg(feature = "cuda")]
pub(crate) mod cuda;

pub(crate) use dl_core::ops::axes::{RANK, StridedIter, len, stride};
