//! The forms of operations on int8, for models with `#[int8]`.

use proc_macro2::TokenStream;

/// The parts that are written of the form of a model on int8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Nothing: it has no `#[int8]`, or its inputs and outputs are none of int8.
    None,
    /// The struct and its signatures, after a mistake.
    Signatures,
    /// All.
    Whole,
}

/// The form of an operation on int8.
#[derive(Clone)]
pub enum Int8 {
    /// There is none.
    None,
    /// An operation of `dl::int8`.
    Operation(Int8Op),
    /// An activation: a table of 256 results.
    Activation,
    /// Batch norm, which becomes a part of the layer before it.
    BatchNorm {
        /// The number that is added to the variance.
        epsilon: TokenStream,
    },
}

/// An operation of `dl::int8`.
#[derive(Clone)]
pub struct Int8Op {
    /// `Conv2d` for the settings `dl::int8::Conv2dOp`.
    pub name: &'static str,
    /// The settings after the name: `{ stride: [1, 1], … }`.
    pub settings: TokenStream,
    /// The type of its parameters: `dl::int8::Conv2d<1, 6, 5, 5>`.
    pub parameters: Option<TokenStream>,
}

impl Int8 {
    /// Returns an operation with the settings `dl::int8::NameOp settings`, and with parameters of a type if it has any.
    pub fn operation(name: &'static str, settings: TokenStream, parameters: Option<TokenStream>) -> Self {
        Int8::Operation(Int8Op { name, settings, parameters })
    }
    /// Returns whether it can limit its output as `relu` does.
    pub fn takes_limits(&self) -> bool {
        matches!(self, Int8::Operation(op) if ["Conv2d", "Dense", "Add", "Sub", "Mul"].contains(&op.name))
    }
    /// Returns whether batch norm can become a part of it.
    pub fn takes_batch_norm(&self) -> bool {
        matches!(self, Int8::Operation(op) if ["Conv2d", "Dense"].contains(&op.name))
    }
}

impl Int8Op {
    /// Returns whether it wants memory for the windows of an image.
    pub fn has_columns(&self) -> bool {
        self.name == "Conv2d"
    }
}
