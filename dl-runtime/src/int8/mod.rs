//! Networks on int8: the kernels of `dl-core`.

pub use dl_core::int8::*;
