//! Checks the number of dimensions of a layer's input.

use crate::call::Call;
use crate::diagnostics::message;
use crate::dim::Dim;

/// Returns the number of features of an input `[features]`, or reports another shape.
pub fn features(call: &Call) -> Option<Dim> {
    let input = call.input();
    if let [features] = input.dims.as_slice() {
        return Some(features.clone());
    }
    let name = call.name;
    let help = if input.dims.is_empty() { "; one number is `[1]`" } else { "; put `flatten` before it" };
    let text = message!(format!("`{name}` takes features, but its input is "), &input, help);
    call.diagnostics.error(call.span, text);
    None
}

/// Returns the number of features of an input `[features]` or `[positions, features]`, and the dimensions before it.
pub fn rows(call: &Call) -> Option<(Dim, Vec<Dim>)> {
    match call.input().dims.as_slice() {
        [positions, features] => Some((features.clone(), vec![positions.clone()])),
        _ => features(call).map(|features| (features, Vec::new())),
    }
}

/// Returns channels, height and width of an input `[channels, height, width]`; a sequence `[channels, length]` has the height 1.
pub fn image(call: &Call) -> Option<[Dim; 3]> {
    let input = call.input();
    let sequence = call.sequence;
    match input.dims.as_slice() {
        [channels, height, width] if !sequence => return Some([channels.clone(), height.clone(), width.clone()]),
        [channels, length] if sequence => return Some([channels.clone(), Dim::Known(1), length.clone()]),
        _ => {}
    }
    if let (true, Some(_), [_]) = (sequence, &input.length, input.dims.as_slice()) {
        let start = format!("`{}` takes a sequence [channels, length] of known length, but its input is ", call.name);
        let help = "; along a run-time length there are `conv1d`, and `mean`, `max` and `sum` with `axis: 0`";
        call.diagnostics.error(call.span, message!(start, &input, help));
        return None;
    }
    let what = if sequence { "a sequence [channels, length]" } else { "an image [channels, height, width]" };
    let mut text = message!(format!("`{}` takes {what}, but its input is ", call.name), &input);
    match input.dims.as_slice() {
        [height, width] => text.push(message!("; an image without colours is [1, ", height, ", ", width, "]")),
        // The user also wrote the batch dimension.
        [_, channels, height, width] if !sequence => {
            text.push(message!(
                "; the batch is never written: one image is [",
                channels,
                ", ",
                height,
                ", ",
                width,
                "]"
            ));
        }
        [length] if sequence => text.push(message!("; a sequence of single numbers is [1, ", length, "]")),
        _ => {}
    }
    call.diagnostics.error(call.span, text);
    None
}

/// Returns the number of features or channels of an input `[features]` or `[channels, height, width]`.
pub fn features_or_image(call: &Call) -> Option<Dim> {
    let input = call.input();
    if let ([features], _) | (_, [features, _, _]) = (input.dims.as_slice(), input.dims.as_slice()) {
        return Some(features.clone());
    }
    let name = call.name;
    let start = format!("`{name}` takes features or an image [channels, height, width], but its input is ");
    call.diagnostics.error(call.span, message!(start, &input));
    None
}

/// Returns the number of features of an input `[features]` or `[positions, features]`, or of channels of an image, and how many
/// consecutive numbers belong to each.
pub fn scaled(call: &Call) -> Option<(Dim, Dim)> {
    let input = call.input();
    match input.dims.as_slice() {
        [features] | [_, features] => Some((features.clone(), Dim::Known(1))),
        [channels, height, width] => Some((channels.clone(), height.mul(width))),
        _ => {
            let start = format!(
                "`{}` takes features [n], rows of features [t, n] or an image [channels, height, width]",
                call.name
            );
            call.diagnostics.error(call.span, message!(start, ", but its input is ", &input));
            None
        }
    }
}

/// Returns the number of channels of an input `[channels, …]`.
pub fn channels(call: &Call) -> Option<Dim> {
    let channels = call.input().dims.first().cloned();
    if channels.is_none() {
        call.diagnostics.error(call.span, format!("`{}` takes channels, but its input is a single number", call.name));
    }
    channels
}

/// Returns the size of the last dimension of the input.
pub fn last(call: &Call) -> Option<Dim> {
    let last = call.input().dims.last().cloned();
    if last.is_none() {
        call.diagnostics.error(call.span, format!("`{}` takes features, but its input is a single number", call.name));
    }
    last
}

/// Requires that every channel has more than one element, since the mean of one is the element itself.
pub fn several_positions(call: &Call) -> Option<()> {
    let input = call.input();
    let several = Dim::product(input.dims.iter().skip(1)).at_least(&Dim::Known(2));
    let start = format!("`{}` scales each channel over its positions, but its input ", call.name);
    let text = message!(start, &input, " has one place for each; `layer_norm` scales over features");
    call.diagnostics.require(several, call.span, text).then_some(())
}
