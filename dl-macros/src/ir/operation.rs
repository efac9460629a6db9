//! Operations: which function of the runtime a node calls, and what its backward pass needs.

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
    /// Whether `forward_in_place` and `backward_in_place` exist.
    pub in_place: bool,
    /// The function that inference calls.
    pub inference: Inference,
    /// The activation that this operation is, which `fuse` may move into the operation before it.
    pub activation: Option<Activation>,
    /// Whether the gradient to input `i` is the gradient to the output itself (add: both; sub: the first).
    pub passes_gradient: Vec<bool>,
    /// The operand of whole numbers that index something, and how many they may name.
    pub range: Option<Range>,
    /// Whether all inputs have the shape of the first, even where the shape of another is written differently.
    pub same_shape: bool,
    /// Whether it is called once for every input, with the input's number (concat).
    pub each_input: bool,
    /// Whether its forward pass in training changes what it has in the network (batch_norm: its running statistics).
    pub updates_state: bool,
    /// The fewest samples that it can compare in training (batch_norm), or at all (a loss); none where 1 is enough.
    pub min_batch: Option<Dim>,
    /// Whether no gradient flows to what it reads (stop_gradient).
    pub stops_gradient: bool,
    /// Whether it is a model whose shapes only rustc knows: what flows in and out is checked apart from the passes, which
    /// take it as it is.
    pub is_external_model: bool,
}

/// The settings of an operation.
#[derive(Clone)]
pub enum Config {
    /// A model, or a layer written by hand: its type.
    Model(Type),
    /// No kernel: the output is the input under another shape (`flatten`).
    Reshape,
    /// `path { fields }`, and with `activation` a further field of that name, which `fuse` may set.
    Settings {
        /// Type of the settings: `dl::ops::conv2d::Conv2dOp`.
        path: TokenStream,
        /// `stride: [1, 1], padding: [2, 2], …`, with a comma at the end where there are any.
        fields: TokenStream,
        /// Whether there is a field `activation`.
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
    /// Whether its backward pass reads its output (relu) rather than its input (gelu).
    pub backward_reads_output: bool,
}

/// The values that the backward pass of an operation reads, in the order of its arguments.
#[derive(Clone, Copy, Default)]
pub struct BackwardReads {
    /// All inputs.
    pub inputs: bool,
    /// The output.
    pub output: bool,
}

/// The tensor that the forward pass saves for the backward pass alone.
#[derive(Clone)]
pub struct Saved {
    /// Type of one value: `[[f32; 6]; 2]`.
    pub ty: TokenStream,
    /// One for each sample, or one for the whole batch.
    pub per_sample: bool,
}

/// Whole numbers below a limit; checked where they enter the model.
#[derive(Clone)]
pub struct Range {
    /// Which operand.
    pub operand: usize,
    /// They are below this.
    pub limit: Dim,
    /// The function of `dl` that checks them: `check_labels`, `check_tokens`.
    pub check: &'static str,
}

/// The function that inference calls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Inference {
    /// `forward`.
    Forward,
    /// `infer` (same arguments without `saved`), or `infer_in_place` where the plan allows.
    Infer,
    /// Nothing: the output is the input (`dropout`).
    Identity,
}
