//! The safetensors format (<https://huggingface.co/docs/safetensors>): a JSON header, followed by the numbers of named tensors.
//!
//! [`Reader`] and [`Writer`] stream between a file and the memory of the tensors. The header is checked like in the `safetensors` crate,
//! whose reading function is not used because it needs the whole file in memory.

mod element;
mod entries;
mod header;
mod read;
mod write;

pub(crate) use header::metadata;
pub use read::Reader;
pub use write::Writer;

use ::safetensors::Dtype;

/// The name of the format in errors.
pub(crate) const FORMAT: &str = "safetensors";

/// The expected layout of the tensors of a header, in errors.
const SIDE_BY_SIDE: &str = "a header of tensors without gaps or overlaps";

/// The number of bytes that are read, converted and checked at a time.
const CHUNK: usize = 1 << 16;
