//! Files: safetensors with PyTorch's names and layouts, read and written without a second copy of the model, and atomic writing.

mod atomic;
mod crc;
mod kind;
mod leftovers;
mod load;
mod rules;
pub mod safetensors;
mod save;
#[cfg(test)]
mod tests;
pub mod transformers;

pub(crate) use atomic::check_writable;
pub use atomic::write_atomic;
pub(crate) use crc::{CRC32, CRC32C, crc};
pub(crate) use kind::{START, other_format};
pub use load::{Load, Loaded};
pub(crate) use rules::select;
pub use rules::{Converted, Rules};
pub use save::Save;
