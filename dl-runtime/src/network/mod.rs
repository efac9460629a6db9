//! Networks: the traits that generated code implements ([`Model`], [`Objective`]), layers written by hand ([`Layer`]), and
//! arrays of models.

mod drawing;
mod files;
pub(crate) mod layer;
mod model;
mod objective;
mod stack;
mod summary;

pub use layer::Layer;
pub use model::{Input, InputInfo, LayerInfo, LayerInput, Model, Network, Output};
pub use objective::{Objective, Target, Term};
pub use summary::{Memory, Summary};
