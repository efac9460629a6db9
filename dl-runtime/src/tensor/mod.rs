//! Tensors: plain numbers ([`Pod`]), their memory on a device ([`Storage`]), and typed views of it ([`View`], [`ViewMut`]).

mod arena;
mod carried;
pub(crate) mod context;
mod frozen;
mod gradient;
mod labels;
pub mod pod;
pub(crate) mod ranges;
mod sequences;
mod storage;
mod view;
mod workspace;

pub(crate) use dl_core::check;
pub use dl_core::heap::TensorInfo;
pub use dl_core::heap::pack::{self, Pack, Part};
pub use dl_core::tensor::Rows;
pub use dl_core::{Dtype, Entry, Role, Tensors};

pub use arena::{Arena, ArenaSize, Slot};
pub use carried::{InitialStates, States};
pub use context::{Context, Statistics};
pub use frozen::Frozen;
pub use gradient::{Grad, Write};
pub use labels::{Answers, ClassRows, Labels};
pub use pod::Pod;
pub use sequences::{Sequences, Streams};
pub(crate) use storage::sealed;
pub use storage::{Element, Storage};
pub use view::{Parts, PartsMut, View, ViewMut};
pub use workspace::{Allocator, Capacity, Workspace};
