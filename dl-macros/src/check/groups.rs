//! Checks that channels divide into groups of the same size.

use crate::call::Call;
use crate::diagnostics::message;
use crate::dim::Dim;

/// Requires that `groups` divides the channels of the input and of the output.
pub fn groups(call: &Call, inputs: &Dim, outputs: &Dim, groups: &Dim) -> bool {
    // A number that divides neither is reported once.
    groups_of(call, inputs, groups, "input") && groups_of(call, outputs, groups, "output")
}

/// Requires that `groups` divides the `channels` of the `what` (input or output).
pub fn groups_of(call: &Call, channels: &Dim, groups: &Dim, what: &str) -> bool {
    let text = message!(groups, " groups do not divide the ", channels, format!(" channels of the {what}"));
    call.diagnostics.require(channels.is_multiple_of(groups), call.at("groups"), text)
}
