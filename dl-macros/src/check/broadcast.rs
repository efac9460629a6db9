//! Checks shapes that are broadcast by NumPy's rule: a dimension of size 1, or one that is missing on the outside, is repeated.

use crate::call::Call;
use crate::diagnostics::{Message, message};
use crate::dim::{Cond, Dim};
use crate::ir::Shape;

/// The result of broadcasting two values.
pub struct Broadcast {
    pub output: Shape,
    /// `true` if one of them is repeated.
    pub repeats: bool,
}

/// Returns the shape that `a` and `b` broadcast to, or reports that they do not fit.
pub fn broadcast(call: &Call, a: &Shape, b: &Shape) -> Option<Broadcast> {
    let rank = a.dims.len().max(b.dims.len());
    let one = Dim::Known(1);
    let at = |shape: &Shape, axis: usize| (axis + shape.dims.len()).checked_sub(rank).map(|i| shape.dims[i].clone());
    let mut all = Cond::Known(true);
    let (mut dims, mut repeats) = (Vec::new(), false);
    for axis in 0..rank {
        let (left, right) = (at(a, axis), at(b, axis));
        repeats |= left.is_none() || right.is_none();
        let (left, right) = (left.unwrap_or(one.clone()), right.unwrap_or(one.clone()));
        dims.push(match (left.known(), right.known()) {
            (Some(1), Some(1)) => left,
            (Some(1), _) => {
                repeats = true;
                right
            }
            (_, Some(1)) => {
                repeats = true;
                left
            }
            _ => {
                all = all.and(left.equals(&right));
                left
            }
        });
    }
    let name = call.name;
    let start = format!("`{name}` takes two values of one shape, or of sizes of 1 where they differ, but they are ");
    let mut text: Message = message!(start, a, " and ", b);
    if let Some(fits) = per_channel(a, b).or_else(|| per_channel(b, a)) {
        text.push(message!("; `reshape(", &fits, ")` makes one number a channel fit"));
    }
    call.diagnostics.require(all, call.span, text).then(|| Broadcast { output: Shape::of(dims), repeats })
}

/// Returns the shape in which `small` broadcasts to `large`, if its dimensions are the first ones of `large`: one number for
/// each channel.
fn per_channel(large: &Shape, small: &Shape) -> Option<Shape> {
    let known = |shape: &Shape| shape.dims.iter().map(Dim::known).collect::<Option<Vec<usize>>>();
    let (large, small) = (known(large)?, known(small)?);
    if small.is_empty() || small.len() >= large.len() || !large.starts_with(&small) {
        return None;
    }
    let ones = std::iter::repeat_n(1, large.len() - small.len());
    Some(Shape::of(small.into_iter().chain(ones).map(Dim::Known).collect::<Vec<_>>()))
}
