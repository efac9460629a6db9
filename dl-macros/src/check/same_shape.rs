//! Two values of one shape.

use crate::call::Call;
use crate::diagnostics::message;
use crate::dim::Cond;
use crate::ir::Shape;

/// Whether two shapes are the same, now or when rustc knows the numbers.
pub fn equal(a: &Shape, b: &Shape) -> Cond {
    if a.dims.len() != b.dims.len() || a.element != b.element {
        return Cond::Known(false);
    }
    a.dims.iter().zip(&b.dims).fold(Cond::Known(true), |all, (a, b)| all.and(a.equals(b)))
}

/// Reports that `a` and `b` differ in another dimension than `axis`.
pub fn same_but(call: &Call, axis: usize, a: &Shape, b: &Shape) -> Option<()> {
    let mut same = Cond::Known(a.dims.len() == b.dims.len());
    for (i, (a, b)) in a.dims.iter().zip(&b.dims).enumerate() {
        same = if i == axis { same } else { same.and(a.equals(b)) };
    }
    let start = format!("`{}` takes values that differ in axis {axis} alone, but they are ", call.name);
    call.diagnostics.require(same, call.span, message!(start, a, " and ", b)).then_some(())
}

/// Reports that the operands `a` and `b` differ in shape.
pub fn same_shape(call: &Call, a: &Shape, b: &Shape) -> Option<()> {
    let start = format!("`{}` compares values of one shape, but they are ", call.name);
    call.diagnostics.require(equal(a, b), call.span, message!(start, a, " and ", b)).then_some(())
}
