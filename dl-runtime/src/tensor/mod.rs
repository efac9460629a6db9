//! Tensors: plain numbers ([`Pod`]), their memory on a device ([`Storage`]), and typed views of it ([`View`], [`ViewMut`]).

mod arena;
mod carried;
pub(crate) mod check;
pub(crate) mod context;
mod frozen;
mod gradient;
mod labels;
pub mod pack;
pub mod pod;
pub(crate) mod ranges;
mod sequences;
mod storage;
mod table;
mod view;
mod workspace;

pub use arena::{Arena, ArenaSize, Slot};
pub use carried::{InitialStates, States};
pub use context::{Context, Statistics};
pub use frozen::Frozen;
pub use gradient::{Grad, Write};
pub use labels::{Answers, ClassRows, Labels};
pub use pack::{Pack, Part};
pub use pod::Pod;
pub use sequences::{Rows, Sequences, Streams};
pub(crate) use storage::sealed;
pub use storage::{Element, Storage};
pub use table::{Entry, Role, TensorInfo, Tensors};
pub use view::{Parts, PartsMut, View, ViewMut};
pub use workspace::{Allocator, Capacity, Workspace};
