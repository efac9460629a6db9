//! Groups of channels: each has the same number.

use crate::diagnostics::message;
use crate::dim::Dim;
use crate::layers::Call;

/// Whether `groups` divides the channels of the input and of the output.
pub fn groups(call: &Call, inputs: &Dim, outputs: &Dim, groups: &Dim) -> bool {
    let at = call.at("groups");
    let text = message!(groups, " groups do not divide the ", inputs, " channels of the input");
    let input = call.diagnostics.require(inputs.is_multiple_of(groups), at, text);
    let text = message!(groups, " groups do not divide the ", outputs, " channels of the output");
    call.diagnostics.require(outputs.is_multiple_of(groups), at, text) && input
}
