//! Constructors for the operations that layers become.

use crate::ir::{BackwardReads, Blocks, Config, Inference, Int8, Op, Stepping};
use crate::types::Type;
use proc_macro2::TokenStream;

impl Op {
    /// Returns an operation whose backward pass reads `backward_reads`.
    pub fn new(config: Config, backward_reads: BackwardReads) -> Self {
        Op {
            config,
            backward_reads,
            saved: None,
            in_place: false,
            inference: Inference::Forward,
            activation: None,
            passes_gradient: Vec::new(),
            range: None,
            same_shape: false,
            sequences: Vec::new(),
            step: Stepping::Rows,
            carried: None,
            each_input: false,
            updates_state: false,
            min_batch: None,
            reduction: None,
            stops_gradient: false,
            takes_batch_norm: false,
            blocks: Blocks::None,
            int8: Int8::None,
            is_external_model: false,
        }
    }
    /// Returns the operation of a model inside this one, in which a layer may have state.
    pub fn model(ty: Type) -> Self {
        Op { updates_state: true, ..Op::new(Config::Model(ty), BackwardReads { inputs: true, output: true }) }
    }
    /// Declares that the operation looks along the time of the operands with these indices.
    pub fn along_time_of(mut self, operands: impl Into<Vec<usize>>) -> Self {
        self.sequences = operands.into();
        self.step = Stepping::Ahead;
        self
    }
    /// Declares how a step continues the operation.
    pub fn stepping(mut self, step: Stepping) -> Self {
        self.step = step;
        self
    }
    /// Declares what the operation does with images in blocks of channels.
    pub fn with_blocks(mut self, blocks: Blocks) -> Self {
        self.blocks = blocks;
        self
    }
    /// Declares the form of the operation on int8.
    pub fn on_int8(mut self, int8: Int8) -> Self {
        self.int8 = int8;
        self
    }
    /// Returns whether the operation is the sum of two values of one shape, and nothing more.
    pub fn is_sum(&self) -> bool {
        self.same_shape && self.passes_gradient == [true, true]
    }
    /// Declares that the operation has passes that work in place.
    pub fn in_place(mut self) -> Self {
        self.in_place = true;
        self
    }
}

impl Config {
    /// Returns the settings `path { fields }`.
    pub fn settings(path: TokenStream, fields: TokenStream) -> Self {
        Config::Settings { path, fields, activation: false }
    }
    /// Returns the settings `path { fields activation: … }` of an operation that can apply an activation to its output.
    pub fn with_activation(path: TokenStream, fields: TokenStream) -> Self {
        Config::Settings { path, fields, activation: true }
    }
}

impl BackwardReads {
    pub const NOTHING: BackwardReads = BackwardReads { inputs: false, output: false };
    pub const INPUTS: BackwardReads = BackwardReads { inputs: true, output: false };
    pub const OUTPUT: BackwardReads = BackwardReads { inputs: false, output: true };
}
