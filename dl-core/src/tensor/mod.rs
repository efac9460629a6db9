//! Plain numbers ([`Pod`]), the forms of their types for compiler messages, and the table of a model's tensors.

pub mod check;
mod element;
pub mod pod;
mod rows;
pub(crate) mod table;

pub use element::Element;
pub use pod::Pod;
pub use rows::Rows;
pub use table::{Dtype, Entry, Role, Tensors};
