//! `matmul(a, b)` multiplies two values as matrices, or as stacks of matrices over the leading dimensions.

use super::*;
use crate::diagnostics::message;
use crate::dim::Cond;
use quote::quote;

pub struct Matmul;

impl Layer for Matmul {
    fn name(&self) -> &'static str {
        "matmul"
    }
    fn doc(&self) -> Doc {
        let line = "multiplies two values as matrices, or stacks of matrices with the same leading dimensions";
        Doc::new(Chapter::Arithmetic, "`[…, m, k]`, `[…, k, n]` → `[…, m, n]`", line)
    }
    fn operands(&self) -> usize {
        2
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let [Operand::Tensor(a), Operand::Tensor(b)] = call.operands.as_slice() else { return None };
        let ([before_a @ .., m, k], [before_b @ .., inner, n]) = (a.dims.as_slice(), b.dims.as_slice()) else {
            let text = message!("`matmul` takes two matrices [m, k] and [k, n], but they are ", a, " and ", b);
            call.diagnostics.error(call.span, text);
            return None;
        };
        let same = Cond::Known(before_a.len() == before_b.len());
        let same = before_a.iter().zip(before_b).fold(same, |all, (a, b)| all.and(a.equals(b)));
        let text = message!("`matmul` takes values whose dimensions before the last two are the same, but they are ");
        let same = call.diagnostics.require(same, call.span, message!(text, a, " and ", b));
        let start = message!("`matmul` takes as many columns of the first as rows of the second, but ", a, " and ", b);
        let mut text = message!(start, " have ", k, " columns and ", inner, " rows");
        if n.known().is_some() && n.known() == k.known() {
            text.push("; put `transpose` before the second");
        }
        call.diagnostics.require(k.equals(inner), call.span, text).then_some(())?;
        same.then_some(())?;
        let output = Shape::of([before_a, &[m.clone(), n.clone()]].concat());
        let config = Config::settings(quote!(dl::ops::matmul::MatmulOp), quote!(m: #m, k: #k, n: #n,));
        let mut built = Built::new(output.clone(), Op::new(config, BackwardReads::INPUTS));
        built.multiply_adds = output.len().mul(k);
        Some(built)
    }
}
