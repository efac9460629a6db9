//! `conv1d` over sequences of run-time length, `[.., features]`: along their time, row by row, so that the length stays.

use super::*;
use crate::check;
use crate::diagnostics::message;
use quote::quote;

/// Returns whether the time of an input is its run-time length: its rows are features.
pub fn takes(input: &Shape) -> bool {
    input.length.is_some() && input.dims.len() == 1
}

/// Checks a use of `conv1d`, and returns its node.
pub fn build(call: &Call) -> Option<Built> {
    let time = check::time(call, 0)?;
    let (inputs, outputs, groups) = (&time.features, call.size("channels"), call.size("groups"));
    let divided = window::divided(call, inputs, &outputs, &groups);
    let kept = length_is_kept(call);
    if !divided || !kept {
        return None;
    }
    let ([_, kernel], [_, dilation]) = (call.pair("kernel"), call.pair("dilation"));
    let (causal, of_group) = (call.is_causal_padding("padding"), inputs.div(&groups));
    let multiply_adds = Dim::product([&outputs, &of_group, &kernel]);
    let weights = conv::weights(call, false, [&outputs, &of_group], &outputs, &[Dim::Known(1), kernel.clone()]);
    let fields = quote!(causal: #causal, dilation: #dilation, groups: #groups,);
    let config = Config::with_activation(quote!(dl::ops::conv1d::Conv1dOp), fields);
    let ty = &weights.ty;
    let step = match (causal, kernel.known()) {
        // A row sees itself alone.
        (_, Some(1)) => Stepping::Rows,
        (true, _) => {
            let reach = kernel.sub(&Dim::Known(1)).mul(&dilation);
            let constant = Some(Type::layer(quote!(dl::ops::conv1d::State), [&reach, inputs]));
            Stepping::State { floats: quote!(state_len::<#ty>()), truncates: false, constant }
        }
        (false, _) => Stepping::Ahead,
    };
    let op = Op::new(config, BackwardReads::INPUTS).along_time_of([0]).stepping(step);
    Some(Built::new(time.with_features(outputs), op).with_weights(weights, multiply_adds))
}

/// Requires a row of the output for each row of the input.
fn length_is_kept(call: &Call) -> bool {
    let one = Dim::Known(1);
    let (input, [_, stride]) = (call.input(), call.pair("stride"));
    let start = format!("`{}` along the length of ", call.name);
    let text = message!(
        start.clone(),
        &input,
        " makes a row of each row, with a stride of 1, and here it is ",
        &stride,
        "; leave it out"
    );
    if !call.diagnostics.require(stride.equals(&one), call.at("stride"), text) {
        return false;
    }
    if call.is_causal_padding("padding") {
        return true;
    }
    let Some(window::Window { kernel, padding, dilation, .. }) = window::Window::of(call) else { return false };
    let (reach, padding) = (dilation[1].mul(&kernel[1].sub(&one)), &padding[1]);
    let text = message!(
        start,
        &input,
        " keeps it, but a padding of ",
        padding,
        " changes it; `padding: causal` sees the rows before, and `padding: same` as many on both sides"
    );
    call.diagnostics.require(padding.mul(&Dim::Known(2)).equals(&reach), call.at("padding"), text)
}
