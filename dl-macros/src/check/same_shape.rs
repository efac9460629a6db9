//! Two values of one shape.

use crate::diagnostics::{Message, message};
use crate::dim::Cond;
use crate::ir::Shape;
use crate::layers::Call;

/// Whether two shapes are the same, now or when rustc knows the numbers.
pub fn equal(a: &Shape, b: &Shape) -> Cond {
    if a.dims.len() != b.dims.len() || a.element != b.element {
        return Cond::Known(false);
    }
    a.dims.iter().zip(&b.dims).fold(Cond::Known(true), |all, (a, b)| all.and(a.equals(b)))
}

/// Reports that the operands `a` and `b` differ in shape.
pub fn same_shape(call: &Call, a: &Shape, b: &Shape) -> Option<()> {
    let name = call.name;
    let text: Message = message!(format!("`{name}` takes two values of one shape, but they are "), a, " and ", b);
    call.diagnostics.require(equal(a, b), call.span, text).then_some(())
}
