//! Recurrent layers.

mod sizes;
mod weights;

pub use sizes::{Cell, Places, Sizes};
pub use weights::{Direction, Gru, Lstm, Recurrent, Rnn, Weights};
