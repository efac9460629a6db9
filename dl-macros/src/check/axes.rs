//! The dimensions that a parameter names, counted from the first or, when negative, from the end.

use crate::call::Call;
use crate::diagnostics::message;
use crate::ir::Shape;

/// The dimension `axis` of `shape`, which the parameter `name` gives.
fn resolve(call: &Call, name: &str, axis: i64, shape: &Shape) -> Option<usize> {
    let rank = shape.dims.len();
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
    index
}

/// The dimension of `shape` that the parameter `name` says.
pub fn axis(call: &Call, name: &str, shape: &Shape) -> Option<usize> {
    resolve(call, name, call.integer(name), shape)
}

/// The dimensions of `shape` that the parameter `name` says, each once, in the order given; all when it is not given.
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

/// The greatest number of dimensions that kernels walk over: `axes::RANK` of the runtime.
const RANK: usize = 8;

/// Whether kernels can walk over `shape`.
pub fn walkable(call: &Call, shape: &Shape) -> Option<()> {
    let good = shape.dims.len() <= RANK;
    if !good {
        let text = message!(format!("`{}` takes up to {RANK} dimensions, but its input is ", call.name), shape);
        call.diagnostics.error(call.span, text);
    }
    good.then_some(())
}
