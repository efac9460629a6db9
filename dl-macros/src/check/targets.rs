//! Checks the targets of losses.

use super::axes::axis;
use super::same_shape::equal;
use crate::call::Call;
use crate::diagnostics::{Message, message};
use crate::dim::{Cond, Dim};
use crate::ir::{Element, Shape};
use crate::number::Number;

/// Requires that `output` has one number for each class, in its first or its last dimension, and `target` one class for each position;
/// returns whether the classes are the last dimension.
pub fn classes(call: &Call, output: &Shape, target: &Shape) -> Option<bool> {
    let name = call.name;
    let (Some((first, without_first)), Some((last, without_last))) =
        (output.dims.split_first(), output.dims.split_last())
    else {
        let text = format!("`{name}` wants a number for each class, but its input is a single number");
        call.diagnostics.error(call.span, text);
        return None;
    };
    let targets = |dims: &[Dim]| Shape { element: Element::U32, length: output.length.clone(), ..Shape::of(dims) };
    let (of_first, of_last) = (targets(without_first), targets(without_last));
    let is_last = if call.is_given("axis") {
        let axis = axis(call, "axis", output)?;
        if axis != 0 && axis + 1 != output.dims.len() {
            let text = format!("the classes of `{name}` are the first dimension, `axis: 0`, or the last, `axis: -1`");
            call.diagnostics.error(call.at("axis"), text);
            return None;
        }
        axis > 0
    } else {
        match (equal(&of_first, target), equal(&of_last, target)) {
            _ if without_first.is_empty() => false,
            (Cond::Known(true), Cond::Known(true)) => {
                let start = format!("`{name}` finds the classes of ");
                let help = " in its first or in its last dimension; say which: `axis: 0` or `axis: -1`";
                call.diagnostics.error(call.span, message!(start, output, help));
                return None;
            }
            (Cond::Known(false), Cond::Known(true) | Cond::Expr(_)) => true,
            (Cond::Expr(_), Cond::Known(true)) => true,
            _ => false,
        }
    };
    let (classes, wanted) = if is_last { (last, of_last) } else { (first, of_first) };
    let start = format!("`{name}` wants a number for each class, but there is ");
    let binary = match name {
        "dice" => "sigmoid_dice",
        "jaccard" => "sigmoid_jaccard",
        _ => "bce_with_logits",
    };
    let text = message!(start, classes, format!("; for yes or no from one number there is `{binary}`"));
    call.diagnostics.require(classes.at_least(&Dim::Known(2)), call.span, text).then_some(())?;
    let start = format!("`{name}` compares ");
    let text = message!(start, output, " with ", described(&wanted), ", but the target is ", described(target));
    call.diagnostics.require(equal(&wanted, target), call.span, text).then_some(is_last)
}

/// Requires that the weights of classes, if they are given, are one for each class and not negative.
pub fn class_weights(call: &Call, classes: &Dim) -> Option<()> {
    if !call.is_given("weights") {
        return Some(());
    }
    let (weights, at) = (call.numbers("weights"), call.at("weights"));
    let count = Dim::Known(weights.len());
    let text = message!(format!("`{}` has {} weights, but there are ", call.name, weights.len()), classes, " classes");
    call.diagnostics.require(count.equals(classes), at, text).then_some(())?;
    let text = "the weight of a class must not be negative";
    let good = |weight: &Number| call.diagnostics.require(weight.within(0.0, f32::MAX.into(), true), at, text);
    weights.iter().all(good).then_some(())
}

/// Returns the number of outputs that answer a question each, and the distance between them: the last dimension of vectors and rows, the
/// channels of images.
pub fn outputs(shape: &Shape) -> (Dim, Dim) {
    match shape.dims.as_slice() {
        [channels, rest @ ..] if rest.len() > 1 => (channels.clone(), Dim::product(rest)),
        [.., last] => (last.clone(), Dim::Known(1)),
        [] => (Dim::Known(1), Dim::Known(1)),
    }
}

/// Requires that positive weights are one number or one for each of `outputs`, and not negative.
pub fn positive_weights(call: &Call, outputs: &Dim) -> Option<()> {
    let (weights, at) = (call.numbers("pos_weight"), call.at("pos_weight"));
    if weights.len() != 1 {
        let start = format!("`{}` has {} positive weights, but there are ", call.name, weights.len());
        let text = message!(start, outputs, " outputs; one number is for all of them");
        call.diagnostics.require(Dim::Known(weights.len()).equals(outputs), at, text).then_some(())?;
    }
    let text = "a positive weight must not be negative";
    let good = |weight: &Number| call.diagnostics.require(weight.within(0.0, f32::MAX.into(), true), at, text);
    weights.iter().all(good).then_some(())
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
