//! Losses: one number for each sample, for `loss { … }`. A file for each shape rule.

mod classes;
mod numbers;
mod vectors;

pub use classes::{CROSS_ENTROPY, FOCAL, MULTI_MARGIN, NLL};
pub use numbers::{BCE, BCE_WITH_LOGITS, HINGE, HUBER, KL_NORMAL, MAE, MSE, SIGMOID_FOCAL};
pub use vectors::{CONTRASTIVE, COSINE_EMBEDDING, NT_XENT, TRIPLET};

use super::*;

/// Builds the node of a loss: `op` is an expression, and its backward passes read all inputs.
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
