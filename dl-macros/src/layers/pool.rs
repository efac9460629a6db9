//! What the pooling layers share: a window that slides over each channel.

use super::*;
use crate::check;
use quote::quote;

/// The parameters of a pooling layer.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::positional("kernel", Kind::Pair, Default::Required, "height and width of the window"),
    Parameter::named("stride", Kind::Pair, Default::Same("kernel"), "step of the window"),
    Parameter::named("padding", Kind::Pair, Default::Size(0), "border around the image"),
];

/// The rules of the settings.
pub fn check(call: &Call) -> bool {
    check::not_zero(call, &["kernel", "stride"]) && check::padding_below_half(call)
}

/// The pooling layer whose settings are `path`.
pub fn build(call: &Call, path: TokenStream, keeps: Keeps) -> Option<Built> {
    let [channels, height, width] = check::image(call)?;
    let one = [Dim::Known(1), Dim::Known(1)];
    let window = check::Window {
        kernel: call.pair("kernel"),
        stride: call.pair("stride"),
        padding: call.pair("padding"),
        dilation: one,
    };
    let [out_height, out_width] = window.output(call, [&height, &width])?;
    let check::Window { kernel: [kh, kw], stride: [sh, sw], padding: [ph, pw], .. } = window;
    let fields = quote!(kernel: [#kh, #kw], stride: [#sh, #sw], padding: [#ph, #pw],);
    let op = Op::new(Config::settings(path, fields), keeps);
    Some(Built::new(Shape::of([channels, out_height, out_width]), op))
}
