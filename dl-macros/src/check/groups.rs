//! Groups of channels: each has the same number.

use crate::call::Call;
use crate::diagnostics::message;
use crate::dim::Dim;

/// Whether `groups` divides the channels of the input and of the output.
pub fn groups(call: &Call, inputs: &Dim, outputs: &Dim, groups: &Dim) -> bool {
    // What divides neither is one mistake.
    groups_of(call, inputs, groups, "input") && groups_of(call, outputs, groups, "output")
}

/// Whether `groups` divides the `channels` of the `what`.
pub fn groups_of(call: &Call, channels: &Dim, groups: &Dim, what: &str) -> bool {
    let text = message!(groups, " groups do not divide the ", channels, format!(" channels of the {what}"));
    call.diagnostics.require(channels.is_multiple_of(groups), call.at("groups"), text)
}
