//! Checks that two values have the same shape.

use crate::call::Call;
use crate::diagnostics::message;
use crate::dim::Cond;
use crate::ir::Shape;

/// Returns the condition that two shapes are equal; rustc decides it where only rustc knows a dimension.
pub fn equal(a: &Shape, b: &Shape) -> Cond {
    if a.dims.len() != b.dims.len() || a.element != b.element || a.length != b.length {
        return Cond::Known(false);
    }
    a.dims.iter().zip(&b.dims).fold(Cond::Known(true), |all, (a, b)| all.and(a.equals(b)))
}

/// Requires that `a` and `b` differ at most in dimension `axis`.
pub fn same_but(call: &Call, axis: usize, a: &Shape, b: &Shape) -> Option<()> {
    let mut same = Cond::Known(a.dims.len() == b.dims.len());
    for (i, (a, b)) in a.dims.iter().zip(&b.dims).enumerate() {
        same = if i == axis { same } else { same.and(a.equals(b)) };
    }
    let start = format!("`{}` takes values that differ in axis {axis} alone, but they are ", call.name);
    call.diagnostics.require(same, call.span, message!(start, a, " and ", b)).then_some(())
}

/// Requires that the operands `a` and `b` have the same shape.
pub fn same_shape(call: &Call, a: &Shape, b: &Shape) -> Option<()> {
    let start = format!("`{}` compares values of one shape, but they are ", call.name);
    call.diagnostics.require(equal(a, b), call.span, message!(start, a, " and ", b)).then_some(())
}
