//! The marker of models whose memory is that of recurrent layers, which training can carry from batch to batch.

use super::Passes;

/// A model that training can continue from batch to batch: it has recurrent layers in one direction, and no other layer that looks
/// along time but `last`. [`Training::carry_state`](crate::Training::carry_state) and
/// [`Trainer::carry_state`](crate::train::Trainer::carry_state) want such a model; `model!` implements this trait for it.
#[diagnostic::on_unimplemented(
    message = "the state of `{Self}` cannot be carried from batch to batch",
    note = "carrying wants a model with recurrent layers (`rnn`, `lstm`, `gru`) and no other layer along time but `last`: no `bidirectional: true`, no `reverse`, no `attention` or positions, no mean over time, and no model of another `model!`"
)]
pub trait Carries: Passes {}
