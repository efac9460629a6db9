//! Operations: the function of the runtime that a node calls, and the tensors that its backward pass needs.

use super::{Int8, Shape};
use crate::dim::Dim;
use crate::types::Type;
use proc_macro2::TokenStream;

/// An operation and the way it is called, by the convention at the top of `dl-runtime/src/ops/mod.rs`.
#[derive(Clone)]
pub struct Op {
    /// The settings as a constant expression: `dl::ops::conv2d::Conv2dOp { stride: [1, 1], … }`.
    pub config: Config,
    /// The values that the backward pass reads.
    pub backward_reads: BackwardReads,
    /// The tensor that the forward pass saves for the backward pass alone.
    pub saved: Option<Saved>,
    /// `true` if `forward_in_place` and `backward_in_place` exist.
    pub in_place: bool,
    /// The function that inference calls.
    pub inference: Inference,
    /// The activation that this operation is, which `fuse` may move into the operation before it.
    pub activation: Option<Activation>,
    /// For each input, `true` if its gradient is the gradient to the output itself (add: both inputs; sub: the first).
    pub passes_gradient: Vec<bool>,
    /// The operand of class numbers or tokens, with the limit that they must be below.
    pub range: Option<Range>,
    /// `true` if all inputs have the shape of the first, even where the shape of another is written differently.
    pub same_shape: bool,
    /// The operands that are sequences to it: their sequences come before its other arguments. The output counts as the one after the last.
    pub sequences: Vec<usize>,
    /// A step continues the operation in this way.
    pub step: Stepping,
    /// The number of `f32` of a sample that training can carry from batch to batch (recurrent layers). Both passes of training then take
    /// the states after the sequences, of which a layer with two directions gets none.
    pub carried: Option<Dim>,
    /// `true` if it is called once for every input, with the index of the input (concat).
    pub each_input: bool,
    /// `true` if its forward pass in training updates tensors of the network (batch_norm: the running statistics).
    pub updates_state: bool,
    /// The fewest samples that it can compare in training (batch_norm), or at all (a loss); none where 1 is enough.
    pub min_batch: Option<Dim>,
    /// The reduction of a loss to one number; `None` for a loss without a choice, and for other operations.
    pub reduction: Option<Reduction>,
    /// `true` if its inputs get no gradient (stop_gradient).
    pub stops_gradient: bool,
    /// `true` if `infer` applies the batch norm after it, and a sum after that, in the same pass (`conv2d`).
    pub takes_batch_norm: bool,
    /// The way in which it treats images in blocks of eight channels.
    pub blocks: Blocks,
    /// Its form on int8.
    pub int8: Int8,
    /// `true` for a model whose shapes only rustc knows. Its input and output are checked outside of the passes, which cast them
    /// unchecked.
    pub is_external_model: bool,
}

/// The way in which an operation of inference treats images in blocks of eight channels, from which the pass `blocks` decides.
#[derive(Clone, PartialEq)]
pub enum Blocks {
    /// It neither reads nor makes them.
    None,
    /// It reads them, and makes none.
    Reads,
    /// Its output is in blocks if all its inputs are.
    Preserves,
    /// A convolution with so many channels and groups, which makes them from blocks or from a few planes.
    Convolution(Channels),
    /// A model of the same `model!`, which has a pass that reads and makes them.
    Model,
}

/// The channels of a convolution, and its groups.
#[derive(Clone, PartialEq)]
pub struct Channels {
    pub inputs: Dim,
    pub outputs: Dim,
    pub groups: Dim,
}

/// The reduction of the numbers of a loss to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    Mean,
    Sum,
}

/// The settings of an operation.
#[derive(Clone)]
pub enum Config {
    /// A model, or a layer written by hand: its type.
    Model(Type),
    /// There is no kernel: the output is the input in another shape (`flatten`).
    Reshape,
    /// `path { fields }`; with `activation` the struct has a further field of that name, which `fuse` may set.
    Settings {
        /// The type of the settings: `dl::ops::conv2d::Conv2dOp`.
        path: TokenStream,
        /// `stride: [1, 1], padding: [2, 2], …`, with a comma at the end if there are any.
        fields: TokenStream,
        /// `true` if there is a field `activation`.
        activation: bool,
    },
    /// A whole expression, such as `dl::ops::Activation::Relu`.
    Expr(TokenStream),
}

/// An activation, as an expression of type `dl::ops::Activation`.
#[derive(Clone)]
pub struct Activation {
    /// `dl::ops::Activation::Relu`.
    pub expr: TokenStream,
    /// `true` if its backward pass reads its output (relu) rather than its input (gelu).
    pub backward_reads_output: bool,
    /// The least and the largest result of one that does nothing but limit numbers (relu, clamp).
    pub limits: Option<[TokenStream; 2]>,
}

/// The values that the backward pass of an operation reads, in the order of its arguments.
#[derive(Clone, Copy, Default)]
pub struct BackwardReads {
    /// `true` if it reads all inputs.
    pub inputs: bool,
    /// `true` if it reads the output.
    pub output: bool,
}

/// The tensor that the forward pass saves for the backward pass alone.
#[derive(Clone)]
pub struct Saved {
    /// The shape of one value.
    pub shape: Shape,
    /// `true` if there is one value for each sample, `false` if there is one for the whole batch.
    pub per_sample: bool,
}

/// The limit of class numbers or tokens, which is checked where they enter the model.
#[derive(Clone)]
pub struct Range {
    /// The index of the operand.
    pub operand: usize,
    /// The numbers must be below this.
    pub limit: Dim,
    /// The function of `dl` that checks them: `check_labels`, `check_tokens`.
    pub check: &'static str,
    /// A number beyond the limit that is allowed, too, as a further argument of that function.
    pub but: Option<TokenStream>,
}

/// The ways in which a step, which adds rows to the sequences of streams, continues an operation.
#[derive(Clone)]
pub enum Stepping {
    /// As inference does: it works on each row by itself.
    Rows,
    /// Not at all: it looks at later rows.
    Ahead,
    /// By `step`, which counts the rows before.
    Position,
    /// By `step` with a state.
    State {
        /// The number of `f32` of a stream: an expression in which `rows` is the most rows of a stream.
        floats: TokenStream,
        /// `true` if it keeps a record of every row, so that a stream can forget its last ones.
        truncates: bool,
        /// The type of the state of a stream in `dl-core`; `None` if it grows with the stream.
        constant: Option<Type>,
    },
}

/// The function that inference calls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Inference {
    /// `forward`.
    Forward,
    /// `infer` (the arguments of `forward` without `saved`), or `infer_in_place` where the plan allows it.
    Infer,
    /// No function: the output is the input (`dropout`).
    Identity,
}
