//! What losses compare with.

use super::same_shape::equal;
use crate::diagnostics::message;
use crate::dim::Dim;
use crate::ir::{Element, Shape};
use crate::layers::Call;

/// That `output` has a number for each class, and `target` a class for each of its places.
pub fn classes(call: &Call, output: &Shape, target: &Shape) -> Option<()> {
    let (name, place) = (call.name, Shape { element: Element::U32, dims: Vec::new(), record: None });
    let [classes, places @ ..] = output.dims.as_slice() else {
        let text = format!("`{name}` wants one number per class, but its input is a single number");
        call.diagnostics.error(call.span, text);
        return None;
    };
    let two = classes.at_least(&Dim::Known(2));
    let text = message!(format!("`{name}` wants a number for each class, but there is "), classes);
    call.diagnostics
        .require(two, call.span, message!(text, "; for yes or no from one number there is `bce_with_logits`"))
        .then_some(())?;
    let wanted = Shape { dims: places.to_vec(), ..place };
    let what = if places.is_empty() { "one class, u32" } else { "a class for each place, " };
    let mut text = message!(format!("`{name}` compares "), output, format!(" with {what}"));
    if !places.is_empty() {
        text.push(&wanted);
    }
    text.push(message!(", but the target is ", target));
    call.diagnostics.require(equal(&wanted, target), call.span, text).then_some(())
}

/// That `target` is one number.
pub fn one_target(call: &Call, target: &Shape) -> Option<()> {
    let good = target.dims.is_empty();
    if !good {
        let start = format!("the target of `{}` is one number, 1 or -1, but here it is ", call.name);
        call.diagnostics.error(call.span, message!(start, target));
    }
    good.then_some(())
}
