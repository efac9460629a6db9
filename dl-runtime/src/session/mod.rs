//! Sessions: a network with its memory on a device, ready to predict ([`Session`]) or to be trained ([`Training`]).

mod inference;
mod training;

pub use inference::Session;
pub use training::Training;
