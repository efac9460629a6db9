//! Checks the targets of losses.

use super::same_shape::equal;
use crate::call::Call;
use crate::diagnostics::{Message, message};
use crate::dim::Dim;
use crate::ir::{Element, Shape};

/// Requires that `output` has one number for each class, and `target` one class for each position of `output`.
pub fn classes(call: &Call, output: &Shape, target: &Shape) -> Option<()> {
    let name = call.name;
    let [classes, positions @ ..] = output.dims.as_slice() else {
        let text = format!("`{name}` wants a number for each class, but its input is a single number");
        call.diagnostics.error(call.span, text);
        return None;
    };
    let start = format!("`{name}` wants a number for each class, but there is ");
    let text = message!(start, classes, "; for yes or no from one number there is `bce_with_logits`");
    call.diagnostics.require(classes.at_least(&Dim::Known(2)), call.span, text).then_some(())?;
    let wanted = Shape { element: Element::U32, length: output.length.clone(), ..Shape::of(positions) };
    let start = format!("`{name}` compares ");
    let text = message!(start, output, " with ", described(&wanted), ", but the target is ", described(target));
    call.diagnostics.require(equal(&wanted, target), call.span, text).then_some(())
}

/// Describes a target of classes, for messages.
fn described(target: &Shape) -> Message {
    match (&target.length, target.dims.as_slice()) {
        (None, []) => "one class, u32".into(),
        (Some(_), []) => message!("a class for each row, ", target),
        _ => message!("a class for each place, ", target),
    }
}

/// Requires that `target` is one number.
pub fn one_target(call: &Call, target: &Shape) -> Option<()> {
    let single = target.dims.is_empty();
    if !single {
        let start = format!("the target of `{}` is one number, 1 or -1, but here it is ", call.name);
        call.diagnostics.error(call.span, message!(start, target));
    }
    single.then_some(())
}
