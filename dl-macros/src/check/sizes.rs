//! Sizes that must be at least one, and settings that contradict each other.

use crate::call::{Call, Setting};
use crate::diagnostics::message;
use crate::dim::Dim;
use crate::ir::{Shape, Tensor};

/// Whether none of the parameters that count from one is zero.
pub fn not_zero(call: &Call) -> bool {
    let mut good = true;
    for ((name, setting), parameter) in call.settings.iter().zip(call.parameters) {
        let dims = match setting {
            Setting::Size(dim) => std::slice::from_ref(dim),
            Setting::Pair(pair) => pair.as_slice(),
            _ => &[],
        };
        // A parameter that has the value of another is reported there.
        if call.given_at(name).is_none() || !parameter.at_least_one {
            continue;
        }
        let text = match parameter.counts {
            Some(one) => format!("`{}` needs at least 1 {one}", call.name),
            None => format!("the {name} of `{}` must be at least 1", call.name),
        };
        good &= dims.iter().all(|dim| {
            let condition = dim.at_least(&Dim::Known(1));
            call.diagnostics.require(condition, call.at(name), message!(text.clone()))
        });
    }
    good
}

/// Whether `groups` divides the `channels` of the `what`.
pub fn groups(call: &Call, channels: &Dim, groups: &Dim, what: &str) -> bool {
    let text = message!(groups, " groups do not divide the ", channels, format!(" channels of the {what}"));
    call.diagnostics.require(channels.is_multiple_of(groups), call.at("groups"), text)
}

/// The greatest number of elements of a value or of weights: four terabytes.
pub const MAX_ELEMENTS: usize = 1 << 40;

/// The greatest number of dimensions: no layer takes more, and nested array types are slow to compile.
pub const MAX_DIMENSIONS: usize = 16;

/// Reports an output or weights of a layer that no memory holds.
pub fn fits_in_memory(call: &Call, output: &Shape, weights: &[Tensor]) -> bool {
    let weights = weights.iter().map(|tensor| Dim::product(&tensor.shape));
    let sizes = weights.map(|size| (size, "weights")).chain([(output.len(), "outputs")]);
    // Sizes from outside are rustc's: these would be two more checks for every layer.
    let mut known = sizes.filter_map(|(size, what)| size.known().map(|size| (size, what)));
    let Some((size, what)) = known.find(|(size, _)| *size > MAX_ELEMENTS) else { return true };
    let size = if size == usize::MAX { "more than 10¹⁹".to_owned() } else { size.to_string() };
    call.diagnostics.error(call.span, format!("`{}` would have {size} {what}, which no memory holds", call.name));
    false
}

/// Reports `bias_init` on a layer without a bias.
pub fn bias_is_used(call: &Call) -> bool {
    let used = call.given_at("bias_init").is_none() || call.flag("bias");
    if !used {
        call.diagnostics.error(call.at("bias_init"), "there is no bias to initialise with `bias: false`");
    }
    used
}
