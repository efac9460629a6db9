//! Takes the place of the check of `tests/zoo`, whose networks are exported here.

use crate::harness::{Number, export};
use dl::{Model, Pack};

/// The rules by which tensors of PyTorch's file are found, which do not matter here.
pub enum Names {
    /// By their names, as this makes them.
    Torchvision(fn(&str) -> String),
    /// The first of the file is the first of the model.
    InOrder,
}

/// Exports `M` as a network of the zoo.
pub fn check<M, L>(case: &str, names: Names, _: &L)
where
    M: Model<Input: Pack<Element: Number>>,
{
    if let Names::Torchvision(rename) = names {
        rename("");
    }
    export::<M>(&format!("zoo.{case}"), 0);
}
