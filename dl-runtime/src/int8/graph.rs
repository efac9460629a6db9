//! A network on int8 as a table, which `model!` writes: the calibration runs it with real numbers, and computes the parameters of each node.

use super::{
    AddOp, AvgPoolOp, ConcatOp, Conv2dOp, DenseOp, MaxPoolOp, MulOp, Pad2dOp, PaddedAvgPoolOp, SoftmaxOp, SubOp,
};
use crate::ops::Activation;

/// The operations of a network on int8.
#[derive(Clone, Copy, Debug)]
pub struct Graph {
    /// The name and the number of elements of each value.
    pub values: &'static [(&'static str, usize)],
    /// The input: its value, and the name of the parameters with its scale.
    pub input: (usize, &'static str),
    /// The output: its value, and the name of the parameters with its scale.
    pub output: (usize, &'static str),
    /// The operations, in order of execution.
    pub nodes: &'static [Node],
}

/// One operation, with what is fused into it.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// The operation.
    pub op: Op,
    /// The values that it reads.
    pub inputs: &'static [usize],
    /// The value that it computes.
    pub output: usize,
    /// The name of its parameters in the model on int8.
    pub parameters: Option<&'static str>,
    /// The name of its weights in the trained network.
    pub weights: Option<&'static str>,
    /// The batch norm after it: the name of its weights, and what is added to the variance.
    pub batch_norm: Option<(&'static str, f32)>,
    /// The least and the largest output, by the activation after it.
    pub limits: Option<[f32; 2]>,
}

/// An operation with its settings.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "each is the operation of its settings")]
pub enum Op {
    Conv2d(Conv2dOp),
    Dense(DenseOp),
    MaxPool(MaxPoolOp),
    AvgPool(AvgPoolOp),
    PaddedAvgPool(PaddedAvgPoolOp),
    Add(AddOp),
    Sub(SubOp),
    Mul(MulOp),
    Concat(ConcatOp),
    Pad2d(Pad2dOp),
    Softmax(SoftmaxOp),
    Function(Activation),
    /// The output is the input, perhaps in another shape.
    Same,
}

impl Op {
    /// Returns whether the output has the scale and zero point of the inputs, since the numbers are moved or compared alone.
    pub(super) fn keeps_scale(&self) -> bool {
        matches!(self, Op::MaxPool(_) | Op::AvgPool(_) | Op::PaddedAvgPool(_) | Op::Concat(_) | Op::Pad2d(_) | Op::Same)
    }
}
