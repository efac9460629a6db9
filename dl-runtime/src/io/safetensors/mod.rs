//! The safetensors format (<https://huggingface.co/docs/safetensors>): a JSON header, then the numbers of named tensors.
//!
//! [`Reader`] and [`Writer`] stream between a file and the memory of the tensors. The header is checked as the `safetensors`
//! crate does; its function that reads files wants all of the file in memory, and so is not used.

mod element;
mod entries;
mod header;
mod read;
mod write;

pub use read::Reader;
pub use write::Writer;

use ::safetensors::Dtype;

/// The name of the format in errors.
pub(crate) const FORMAT: &str = "safetensors";

/// What the tensors of a header do, in errors.
const SIDE_BY_SIDE: &str = "a header of tensors that lie side by side";

/// How many bytes are read, converted and checked at a time.
const CHUNK: usize = 1 << 16;
