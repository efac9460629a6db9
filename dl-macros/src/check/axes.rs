//! Resolves axes, which count dimensions from the first or, when negative, from the end.

use crate::call::Call;
use crate::diagnostics::message;
use crate::ir::Shape;

/// Returns the index in `shape` of the dimension `axis`, which the parameter `name` gives.
fn resolve(call: &Call, name: &str, axis: i64, shape: &Shape) -> Option<usize> {
    // The length of a sequence is axis 0, unless the axis is a default, which is that of a row.
    let length = usize::from(shape.length.is_some() && call.given_at(name).is_some());
    let rank = shape.dims.len() + length;
    let index = if axis < 0 { rank.checked_sub(axis.unsigned_abs() as usize) } else { usize::try_from(axis).ok() };
    let index = index.filter(|index| *index < rank);
    if index.is_none() {
        let text = message!(format!("`{}` has no {name} {axis} here: its input is ", call.name), shape);
        let text = match rank {
            0 => message!(text, ", a single number"),
            1 => message!(text, ", whose one axis is 0"),
            _ => message!(text, format!(", whose axes are 0 to {}, or -{rank} to -1", rank - 1)),
        };
        call.diagnostics.error(call.at(name), text);
    }
    if (index, length) == (Some(0), 1) {
        let start = format!("`{}` works on each row of a sequence by itself, and {name} {axis} of ", call.name);
        call.diagnostics.error(call.at(name), message!(start, shape, " is its length"));
        return None;
    }
    index.map(|index| index - length)
}

/// Returns the dimension of `shape` that the parameter `name` gives.
pub fn axis(call: &Call, name: &str, shape: &Shape) -> Option<usize> {
    resolve(call, name, call.integer(name), shape)
}

/// Returns the dimensions of `shape` that the parameter `name` gives, in their order, or all if it is not given; requires that
/// none is given twice.
pub fn axes(call: &Call, name: &str, shape: &Shape) -> Option<Vec<usize>> {
    let Some(given) = call.axes(name) else { return Some((0..shape.dims.len()).collect()) };
    let mut axes = Vec::new();
    for &axis in given {
        let index = resolve(call, name, axis, shape)?;
        if axes.contains(&index) {
            call.diagnostics.error(call.at(name), format!("`{}` is given axis {axis} twice", call.name));
            return None;
        }
        axes.push(index);
    }
    Some(axes)
}

/// The greatest number of dimensions that kernels iterate over: `axes::RANK` of the runtime.
const RANK: usize = 8;

/// Requires that `shape` has no more dimensions than kernels iterate over.
pub fn rank_is_supported(call: &Call, shape: &Shape) -> Option<()> {
    let supported = shape.dims.len() <= RANK;
    if !supported {
        let text = message!(format!("`{}` takes up to {RANK} dimensions, but its input is ", call.name), shape);
        call.diagnostics.error(call.span, text);
    }
    supported.then_some(())
}
