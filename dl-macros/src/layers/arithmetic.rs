//! `+ - * /`, also as `add`, `sub`, `mul` and `div`: two values, broadcast by NumPy's rule, or a value and a number.

use super::*;
use crate::ast::Operator;
use crate::check::{self, Broadcast};
use crate::dim::Cond;

use quote::{ToTokens, quote};

/// An arithmetic operation, element by element.
pub struct Arithmetic(Operator);

pub static ADD: Arithmetic = Arithmetic(Operator::Add);
pub static SUB: Arithmetic = Arithmetic(Operator::Sub);
pub static MUL: Arithmetic = Arithmetic(Operator::Mul);
pub static DIV: Arithmetic = Arithmetic(Operator::Div);

/// The layer behind `operator`.
pub fn of(operator: Operator) -> &'static dyn Layer {
    match operator {
        Operator::Add => &ADD,
        Operator::Sub => &SUB,
        Operator::Mul => &MUL,
        // `%` is for sizes alone; `lower` refuses it before it comes here.
        Operator::Div | Operator::Rem => &DIV,
    }
}

impl Layer for Arithmetic {
    fn name(&self) -> &'static str {
        match self.0 {
            Operator::Add => "add",
            Operator::Sub => "sub",
            Operator::Mul => "mul",
            Operator::Div | Operator::Rem => "div",
        }
    }
    fn doc(&self) -> Doc {
        let line = match self.0 {
            Operator::Add => "computes `a + b`",
            Operator::Sub => "computes `a - b`",
            Operator::Mul => "computes `a * b`, element by element",
            Operator::Div | Operator::Rem => "computes `a / b`, element by element",
        };
        let shapes = "two values, broadcast as in NumPy, or a value and a number";
        Doc::new(Chapter::Arithmetic, shapes, line)
    }
    fn operands(&self) -> usize {
        2
    }
    fn takes_numbers(&self) -> bool {
        true
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        match call.operands.as_slice() {
            // Unless two shapes fit, nobody knows which of them was meant.
            [Operand::Tensor(a), Operand::Tensor(b)] if a.dims.len() != b.dims.len() => None,
            _ => call.known_input(),
        }
    }
    fn build(&self, call: &Call) -> Option<Built> {
        match call.operands.as_slice() {
            [Operand::Tensor(a), Operand::Tensor(b)] => {
                let Broadcast { output, repeats } = check::broadcast(call, a, b)?;
                if repeats {
                    check::walkable(call, &output)?;
                }
                let op = if repeats { self.of_repeated(a, b, &output) } else { self.of_values() };
                Some(Built::new(output, op))
            }
            [Operand::Tensor(a), Operand::Number(b)] => {
                if self.0 == Operator::Div {
                    check::divisor(call, b)?;
                }
                let (scale, shift) = match self.0 {
                    Operator::Add => (quote!(1.0), quote!(#b)),
                    Operator::Sub => (quote!(1.0), b.negative().into_token_stream()),
                    Operator::Mul => (quote!(#b), quote!(0.0)),
                    Operator::Div | Operator::Rem => (quote!(1.0 / #b), quote!(0.0)),
                };
                Some(Built::new(a.clone(), affine(scale, shift)))
            }
            [Operand::Number(a), Operand::Tensor(b)] => {
                let op = match self.0 {
                    Operator::Add => affine(quote!(1.0), quote!(#a)),
                    Operator::Sub => affine(quote!(-1.0), quote!(#a)),
                    Operator::Mul => affine(quote!(#a), quote!(0.0)),
                    Operator::Div | Operator::Rem => {
                        let path = quote!(dl::ops::arithmetic::Reciprocal);
                        let config = Config::settings(path, quote!(numerator: #a,));
                        Op::new(config, BackwardReads::INPUTS).in_place()
                    }
                };
                Some(Built::new(b.clone(), op))
            }
            _ => {
                call.diagnostics.error(call.span, "one side of this must be a value of the network");
                None
            }
        }
    }
}

impl Arithmetic {
    /// Combines two values, at least one of which is broadcast to the shape of `output`.
    fn of_repeated(&self, left: &Shape, right: &Shape, output: &Shape) -> Op {
        // The gradient to what is not repeated in a sum is that to the output.
        let whole = |shape: &Shape| matches!(check::equal(shape, output), Cond::Known(true));
        let passes_gradient = vec![!self.0.multiplies() && whole(left), self.0 == Operator::Add && whole(right)];
        let (left, right, output) = (list(&left.dims), list(&right.dims), list(&output.dims));
        let shapes = quote!(left: #left, right: #right, output: #output);
        let shapes = quote!(shapes: dl::ops::broadcast::Shapes { #shapes },);
        let (path, fields, keeps) = match self.0 {
            Operator::Add => (quote!(dl::ops::broadcast::Add), quote!(#shapes sign: 1.0,), BackwardReads::NOTHING),
            Operator::Sub => (quote!(dl::ops::broadcast::Add), quote!(#shapes sign: -1.0,), BackwardReads::NOTHING),
            Operator::Mul => (quote!(dl::ops::broadcast::Mul), shapes, BackwardReads::INPUTS),
            Operator::Div | Operator::Rem => (quote!(dl::ops::broadcast::Div), shapes, BackwardReads::INPUTS),
        };
        let mut op = Op::new(Config::settings(path, fields), keeps);
        op.passes_gradient = passes_gradient;
        op
    }

    /// Combines two values of one shape.
    fn of_values(&self) -> Op {
        let (path, keeps) = match self.0 {
            Operator::Add => (quote!(dl::ops::arithmetic::Add), BackwardReads::NOTHING),
            Operator::Sub => (quote!(dl::ops::arithmetic::Sub), BackwardReads::NOTHING),
            Operator::Mul => (quote!(dl::ops::arithmetic::Mul), BackwardReads::INPUTS),
            Operator::Div | Operator::Rem => (quote!(dl::ops::arithmetic::Div), BackwardReads::INPUTS),
        };
        let adds = self.0 == Operator::Add;
        let config = if adds { Config::with_activation(path, quote!()) } else { Config::settings(path, quote!()) };
        let mut op = Op::new(config, keeps);
        op.same_shape = true;
        op.passes_gradient = vec![!self.0.multiplies(), adds];
        op
    }
}

/// `scale·x + shift`.
fn affine(scale: TokenStream, shift: TokenStream) -> Op {
    let fields = quote!(scale: #scale, shift: #shift,);
    Op::new(Config::settings(quote!(dl::ops::arithmetic::Affine), fields), BackwardReads::NOTHING).in_place()
}
