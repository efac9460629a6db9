//! Losses for `loss { … }`, which compute one number for each sample. There is a file for each shape rule.

pub mod classes;
pub mod ctc;
pub mod numbers;
pub mod overlap;
pub mod vectors;

use super::*;
use crate::ir::Reduction;
use quote::quote;

const MEAN: Choice =
    Choice::new("mean", "Mean", "the mean over the elements, the targets and the samples of the batch");
const SUM: Choice = Choice::new("sum", "Sum", "the sum over all of them, as PyTorch's `reduction=\"sum\"`");
/// The choice between the mean and the sum of a loss.
const REDUCTION: Parameter = Parameter::named(
    "reduction",
    Kind::Choice(&[MEAN, SUM]),
    Default::Choice(MEAN),
    "whether the loss is the mean of its numbers, also over the batch, or their sum",
);

/// Returns the reduction that a use gives, and writes it.
fn reduction(call: &Call) -> (Reduction, TokenStream) {
    let choice = call.choice("reduction").unwrap_or(MEAN);
    let reduction = if choice == SUM { Reduction::Sum } else { Reduction::Mean };
    (reduction, quote!(dl::ops::loss::Reduction::#choice))
}

/// Builds the node of a loss that may be a sum, with the operation `op` of the mean.
fn reduced(call: &Call, op: TokenStream) -> Built {
    let (reduction, _) = reduction(call);
    let op = if reduction == Reduction::Sum { quote!(dl::ops::loss::Summed(#op)) } else { op };
    let mut built = built(op);
    built.op.reduction = Some(reduction);
    built
}

/// Builds the node of a loss with the operation `op`, whose backward passes read all inputs.
fn built(op: TokenStream) -> Built {
    Built::new(Shape::of([]), Op::new(Config::Expr(op), BackwardReads::INPUTS))
}

/// Returns the shapes of the operands.
fn shapes<'a>(call: &'a Call) -> Vec<&'a Shape> {
    let shape = |operand: &'a Operand| match operand {
        Operand::Tensor(shape) => Some(shape),
        Operand::Number(_) => None,
    };
    call.operands.iter().filter_map(shape).collect()
}
