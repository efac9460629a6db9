//! Losses for `loss { … }`, which compute one number for each sample. There is a file for each shape rule.

pub mod classes;
pub mod ctc;
pub mod numbers;
pub mod vectors;

use super::*;

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
