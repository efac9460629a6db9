//! Two values of one shape.

use crate::dim::Cond;
use crate::ir::Shape;

/// Whether two shapes are the same, now or when rustc knows the numbers.
pub fn equal(a: &Shape, b: &Shape) -> Cond {
    if a.dims.len() != b.dims.len() || a.element != b.element {
        return Cond::Known(false);
    }
    a.dims.iter().zip(&b.dims).fold(Cond::Known(true), |all, (a, b)| all.and(a.equals(b)))
}
