//! The code that all convolutions share: their weights and operations.

use super::*;
use crate::check;
use quote::quote;

/// The last parameters of every convolution.
pub const BIAS: [Parameter; 3] = [
    Parameter::named("bias", Kind::Flag, Default::Flag(true), "whether a learned bias is added to each output channel"),
    Parameter::named("init", Kind::Init, Default::ByLayer, "initialisation of the weights, `pytorch` by default"),
    Parameter::named(
        "bias_init",
        Kind::Init,
        Default::ByLayer,
        "initialisation of the bias, by default `pytorch`, or `zeros` if `init` is given",
    ),
];

/// The rules of the settings.
pub fn check(call: &Call) -> bool {
    let sizes = ["channels", "kernel", "stride", "dilation", "groups", "multiplier"];
    check::not_zero(call, &sizes) & check::bias_is_used(call)
}

/// The window that a use describes.
pub fn window(call: &Call) -> Option<check::Window> {
    let padding = check::padding(call)?;
    Some(check::Window {
        kernel: call.pair("kernel"),
        stride: call.pair("stride"),
        padding,
        dilation: call.pair("dilation"),
    })
}

/// The convolution of `call` to `outputs` channels in `groups`.
pub fn build(call: &Call, [inputs, height, width]: [Dim; 3], outputs: Dim, groups: Dim) -> Option<Built> {
    let divided = check::groups(call, &inputs, &outputs, &groups);
    let window = window(call)?;
    let size = window.output(call, [&height, &width], false)?;
    if !divided {
        return None;
    }
    let of_group = inputs.div(&groups);
    let multiply_adds = Dim::product([&outputs, &size[0], &size[1], &of_group, &window.kernel[0], &window.kernel[1]]);
    let weights = weights(call, false, [&of_group, &outputs], [&outputs, &of_group], &outputs, &window.kernel);
    let op = operation(quote!(dl::ops::conv2d::Conv2dOp), &window, &groups);
    Some(Built::new(call.sized(outputs, size), op).with_weights(weights, multiply_adds))
}

/// The operation `path`, a convolution.
pub fn operation(path: TokenStream, window: &check::Window, groups: &Dim) -> Op {
    let check::Window { stride: [sh, sw], padding: [ph, pw], dilation: [dh, dw], .. } = window;
    let fields = quote!(stride: [#sh, #sw], padding: [#ph, #pw], dilation: [#dh, #dw], groups: #groups,);
    Op::new(Config::with_activation(path, fields), BackwardReads::INPUTS)
}

/// The weights: `channels` as their type says, and as the shape of the tensor says; and a bias for each of `outputs`.
pub fn weights(
    call: &Call,
    transposed: bool,
    channels: [&Dim; 2],
    shape: [&Dim; 2],
    outputs: &Dim,
    kernel: &[Dim; 2],
) -> Weights {
    let ([a, b], bias) = (channels, call.flag("bias"));
    let path = match (transposed, call.sequence) {
        (false, false) => quote!(dl::layers::Conv2d),
        (false, true) => quote!(dl::layers::Conv1d),
        (true, false) => quote!(dl::layers::ConvTranspose2d),
        (true, true) => quote!(dl::layers::ConvTranspose1d),
    };
    let kernel: Vec<&Dim> = kernel.iter().skip(usize::from(call.sequence)).collect();
    let mut sizes = vec![a, b];
    sizes.extend(&kernel);
    // The number of biases is that of the output channels of the type, if nothing else is said.
    let same = matches!(b.equals(outputs), crate::dim::Cond::Known(true));
    let none = Dim::Known(0);
    match (bias, same) {
        (true, true) => {}
        (true, false) => sizes.push(outputs),
        (false, _) => sizes.push(&none),
    }
    let mut dims = shape.to_vec();
    dims.extend(kernel);
    let mut tensors = vec![Tensor::new("weight", &dims, Role::Weight)];
    if bias {
        tensors.push(Tensor::new("bias", &[outputs], Role::Bias));
    }
    Weights { ty: Type::layer(path, sizes), tensors, init: call.init() }
}
