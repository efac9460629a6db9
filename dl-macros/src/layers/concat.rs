//! `concat(a, b, …)` concatenates values along one dimension, which is the first (the channels of images) by default.

use super::*;
use crate::check;
use quote::quote;

pub struct Concat;

impl Layer for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }
    fn doc(&self) -> Doc {
        Doc::new(
            Chapter::Shape,
            "`[c₁, …]`, `[c₂, …]`, … → `[c₁ + c₂ + …, …]`",
            "concatenates values along one dimension: `concat(a, b, axis: 1)`, or the branches of a chain: `concat { a; b }`",
        )
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            &[Parameter::named(
                "axis",
                Kind::Axis,
                Default::Integer(0),
                "dimension along which the values are concatenated",
            )]
        }
    }
    fn operands(&self) -> usize {
        2
    }
    fn variadic(&self) -> bool {
        true
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let input = call.input();
        let axis = check::axis(call, "axis", &input)?;
        let mut parts = Vec::new();
        for operand in &call.operands {
            let Operand::Tensor(shape) = operand else { return None };
            check::same_but(call, axis, &input, shape)?;
            parts.push(shape.dims[axis].clone());
        }
        let mut output = input.clone();
        output.dims[axis] = parts[1..].iter().fold(parts[0].clone(), |sum, part| sum.add(part));
        let (outer, inner) = (Dim::product(&input.dims[..axis]), Dim::product(&input.dims[axis + 1..]));
        let parts_of_concat = parts;
        let parts = list(&parts_of_concat);
        let fields = quote!(outer: #outer, parts: #parts, inner: #inner,);
        let mut op = Op::new(Config::settings(quote!(dl::ops::concat::ConcatOp), fields), BackwardReads::NOTHING);
        op.each_input = true;
        if axis == 0 {
            op.blocks = Blocks::Preserves;
        }
        let inside = parts_of_concat.iter().map(|part| part.mul(&inner)).collect::<Vec<_>>();
        let inside = list(&inside);
        op.int8 = Int8::operation("Concat", quote!({ outer: #outer, parts: #inside }), None);
        Some(Built::new(output, op))
    }
}
