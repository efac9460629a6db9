//! Checks that sizes are at least one and fit in memory, and that settings do not contradict each other.

use crate::call::{Call, Setting};
use crate::diagnostics::message;
use crate::dim::Dim;
use crate::ir::{Shape, Tensor};

/// Requires that none of the parameters that count from one is zero.
pub fn not_zero(call: &Call) -> bool {
    let mut valid = true;
    for ((name, setting), parameter) in call.settings.iter().zip(call.parameters) {
        let dims = match setting {
            Setting::Size(dim) => std::slice::from_ref(dim),
            Setting::Pair(pair) => pair.as_slice(),
            _ => &[],
        };
        // A parameter that defaults to the value of another is reported at that one.
        if call.given_at(name).is_none() || !parameter.at_least_one {
            continue;
        }
        let text = match parameter.counts {
            Some(one) => format!("`{}` needs at least 1 {one}", call.name),
            None => format!("the {name} of `{}` must be at least 1", call.name),
        };
        valid &= dims.iter().all(|dim| {
            let condition = dim.at_least(&Dim::Known(1));
            call.diagnostics.require(condition, call.at(name), message!(text.clone()))
        });
    }
    valid
}

/// Requires that `groups` divides the `channels` of the `what` (input or output).
pub fn groups(call: &Call, channels: &Dim, groups: &Dim, what: &str) -> bool {
    let text = message!(groups, " groups do not divide the ", channels, format!(" channels of the {what}"));
    call.diagnostics.require(channels.is_multiple_of(groups), call.at("groups"), text)
}

/// The greatest number of elements of a value or of weights; as `f32` they take four terabytes.
pub const MAX_ELEMENTS: usize = 1 << 40;

/// The greatest number of dimensions of a value; types of more deeply nested arrays are slow to compile.
/// The greatest number of inputs that are sequences: `MAX_DIMENSIONS` of the runtime's network.
pub const MAX_LENGTHS: usize = 4;
pub const MAX_DIMENSIONS: usize = 16;

/// Requires that the output and the weights of a layer have at most [`MAX_ELEMENTS`] elements.
pub fn fits_in_memory(call: &Call, output: &Shape, weights: &[Tensor]) -> bool {
    let weights = weights.iter().map(|tensor| Dim::product(&tensor.shape));
    let sizes = weights.map(|size| (size, "weights")).chain([(output.len(), "outputs")]);
    // Only known sizes are checked: a check by rustc would cost compile time for every layer.
    let mut known = sizes.filter_map(|(size, what)| size.known().map(|size| (size, what)));
    let Some((size, what)) = known.find(|(size, _)| *size > MAX_ELEMENTS) else { return true };
    let size = if size == usize::MAX { "more than 10¹⁹".to_owned() } else { size.to_string() };
    call.diagnostics.error(call.span, format!("`{}` would have {size} {what}, which no memory holds", call.name));
    false
}

/// Requires that a layer with `bias_init` has a bias.
pub fn bias_is_used(call: &Call) -> bool {
    let used = call.given_at("bias_init").is_none() || call.flag("bias");
    if !used {
        call.diagnostics.error(call.at("bias_init"), "there is no bias to initialise with `bias: false`");
    }
    used
}
