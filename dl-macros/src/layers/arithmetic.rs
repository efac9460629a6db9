//! `+ - * /`, also written `add`, `sub`, `mul` and `div`, of two values, broadcast by NumPy's rule, or of a value and a number.

use super::*;
use crate::ast::Operator;
use crate::check::{self, Broadcast};
use crate::dim::Cond;

use quote::{ToTokens, quote};

/// An elementwise arithmetic operation.
pub struct Arithmetic(Operator);

pub static ADD: Arithmetic = Arithmetic(Operator::Add);
pub static SUB: Arithmetic = Arithmetic(Operator::Sub);
pub static MUL: Arithmetic = Arithmetic(Operator::Mul);
pub static DIV: Arithmetic = Arithmetic(Operator::Div);

/// Returns the layer for `operator`.
pub fn of(operator: Operator) -> &'static dyn Layer {
    match operator {
        Operator::Add => &ADD,
        Operator::Sub => &SUB,
        Operator::Mul => &MUL,
        // `%` is for sizes alone: `lower` reports it elsewhere.
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
            // With different ranks, either operand may be the wrong one.
            [Operand::Tensor(a), Operand::Tensor(b)] if a.dims.len() != b.dims.len() => None,
            _ => call.known_input(),
        }
    }
    fn build(&self, call: &Call) -> Option<Built> {
        match call.operands.as_slice() {
            [Operand::Tensor(a), Operand::Tensor(b)] => {
                let Broadcast { output, repeats } = check::broadcast(call, a, b)?;
                if repeats {
                    check::rank_is_supported(call, &output)?;
                }
                let op = self.of_values(a, b, &output, repeats);
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
                        Op::new(config, BackwardReads::INPUTS).in_place().with_blocks(Blocks::Preserves)
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
    /// Returns the operation on two values; with `repeats`, they are broadcast to the shape of `output`.
    fn of_values(&self, left: &Shape, right: &Shape, output: &Shape, repeats: bool) -> Op {
        // The gradient to an operand of a sum that is not broadcast is the gradient to the output.
        let whole = |shape: &Shape| !repeats || matches!(check::equal(shape, output), Cond::Known(true));
        let passes_gradient = vec![!self.0.multiplies() && whole(left), self.0 == Operator::Add && whole(right)];
        let shapes = if repeats {
            let (left, right, output) = (list(&left.dims), list(&right.dims), list(&output.dims));
            let shapes = quote!(left: #left, right: #right, output: #output);
            quote!(Broadcast(dl::ops::arithmetic::Broadcast { #shapes }))
        } else {
            quote!(Equal)
        };
        let shapes = quote!(shapes: dl::ops::arithmetic::Shapes::#shapes,);
        let (name, fields, backward_reads) = match self.0 {
            Operator::Add => (quote!(Add), quote!(#shapes sign: 1.0,), BackwardReads::NOTHING),
            Operator::Sub => (quote!(Add), quote!(#shapes sign: -1.0,), BackwardReads::NOTHING),
            Operator::Mul => (quote!(Mul), shapes, BackwardReads::INPUTS),
            Operator::Div | Operator::Rem => (quote!(Div), shapes, BackwardReads::INPUTS),
        };
        let path = quote!(dl::ops::arithmetic::#name);
        let config = match self.0 {
            // A sum can apply the activation after it in the same pass.
            Operator::Add if !repeats => Config::with_activation(path, fields),
            Operator::Add | Operator::Sub => {
                Config::settings(path, quote!(#fields activation: dl::ops::Activation::Identity,))
            }
            _ => Config::settings(path, fields),
        };
        let mut op = Op::new(config, backward_reads);
        op.same_shape = !repeats;
        op.blocks = if repeats { Blocks::None } else { Blocks::Preserves };
        op.int8 = match self.0 {
            _ if repeats => Int8::None,
            Operator::Add => Int8::operation("Add", quote!(), Some(quote!(dl::int8::Sum))),
            Operator::Sub => Int8::operation("Sub", quote!(), Some(quote!(dl::int8::Sum))),
            Operator::Mul => Int8::operation("Mul", quote!(), Some(quote!(dl::int8::Product))),
            Operator::Div | Operator::Rem => Int8::None,
        };
        op.passes_gradient = passes_gradient;
        op
    }
}

/// Returns the operation `scale·x + shift`.
fn affine(scale: TokenStream, shift: TokenStream) -> Op {
    let fields = quote!(scale: #scale, shift: #shift,);
    Op::new(Config::settings(quote!(dl::ops::arithmetic::Affine), fields), BackwardReads::NOTHING)
        .in_place()
        .with_blocks(Blocks::Preserves)
}
