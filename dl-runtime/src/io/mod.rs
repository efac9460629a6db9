//! Files of models: safetensors with PyTorch's names and layouts, read and written without a second copy of the model.

mod atomic;
pub mod checkpoint;
mod load;
pub mod safetensors;
mod save;
#[cfg(test)]
mod tests;

pub use atomic::write_atomic;
pub use load::{Load, Loaded};
pub use save::Save;
