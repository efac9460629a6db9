//! Sessions: a network with its memory on a device, ready to predict ([`Session`]) or to be trained ([`Training`]).

mod batch;
pub(crate) mod checkpoint;
mod diagnosis;
mod inference;
mod objective;
mod optimizer_state;
mod results;
mod training;
mod transfer;

pub use inference::Session;
pub(crate) use inference::predict;
pub use training::Training;
