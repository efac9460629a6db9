//! Sessions: a network with its memory on a device, for prediction ([`Session`]) or training ([`Training`]).

mod average;
mod backward;
mod batch;
mod carried;
pub(crate) mod checkpoint;
mod compute_loss;
mod criterion;
mod diagnosis;
mod groups;
mod in_flight;
mod inference;
mod lbfgs;
mod lengths;
mod loss;
mod optimizer_record;
mod optimizer_state;
mod predict;
mod runner;
mod state;
mod state_file;
mod training;
mod transfer;
mod weights;

pub(crate) use batch::{Samples, SmallBatch, min_batch_of_model};
pub use criterion::{Criterion, ExternalLoss, ModelLoss};
pub use inference::Session;
pub(crate) use predict::{cpu_for, predict, predict_with_dropout};
pub use state::State;
pub use training::Training;
pub use weights::Shared;
