//! `conv2d(channels, kernel)`: a small window of weights slides over the image.

use super::*;
use crate::check;
use quote::quote;

pub struct Conv2d;

impl Layer for Conv2d {
    fn name(&self) -> &'static str {
        "conv2d"
    }
    fn doc(&self) -> Doc {
        Doc::new(
            Chapter::Weights,
            "`[c, h, w]` → `[channels, h', w']`",
            "a small window of weights slides over the image",
        )
    }
    fn stem(&self) -> &'static str {
        "conv"
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::positional("channels", Kind::Size, Default::Required, "channels of the output"),
                Parameter::positional("kernel", Kind::Pair, Default::Required, "height and width of the window"),
                Parameter::named("stride", Kind::Pair, Default::Size(1), "step of the window"),
                Parameter::named("padding", Kind::Padding, Default::Size(0), "zeros around the image"),
                Parameter::named("dilation", Kind::Pair, Default::Size(1), "distance of the window's elements"),
                Parameter::named("groups", Kind::Size, Default::Size(1), "parts of the channels that do not mix"),
                Parameter::named("bias", Kind::Flag, Default::Flag(true), "whether a number is added to each channel"),
                Parameter::named("init", Kind::Init, Default::Chosen, "how the weights begin"),
                Parameter::named("bias_init", Kind::Init, Default::Chosen, "how the bias begins"),
            ]
        }
    }
    fn check(&self, call: &Call) -> bool {
        check::not_zero(call, &["channels", "kernel", "stride", "dilation", "groups"]) & check::bias_is_used(call)
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let [inputs, height, width] = check::image(call)?;
        let (outputs, groups) = (call.size("channels"), call.size("groups"));
        let divided = check::groups(call, &inputs, &outputs, &groups);
        let window = check::Window {
            kernel: call.pair("kernel"),
            stride: call.pair("stride"),
            padding: check::padding(call)?,
            dilation: call.pair("dilation"),
        };
        let [out_height, out_width] = window.output(call, [&height, &width])?;
        if !divided {
            return None;
        }
        let check::Window { kernel: [kernel_h, kernel_w], stride: [sh, sw], padding: [ph, pw], dilation: [dh, dw] } =
            window;
        let group_inputs = inputs.div(&groups);
        let mut tensors = vec![Tensor::new("weight", &[&outputs, &group_inputs, &kernel_h, &kernel_w], "Weight")];
        let ty = if call.flag("bias") {
            tensors.push(Tensor::new("bias", &[&outputs], "Bias"));
            quote!(dl::ops::conv2d::Conv2d<#group_inputs, #outputs, #kernel_h, #kernel_w>)
        } else {
            quote!(dl::ops::conv2d::Conv2d<#group_inputs, #outputs, #kernel_h, #kernel_w, 0>)
        };
        let fields = quote!(stride: [#sh, #sw], padding: [#ph, #pw], dilation: [#dh, #dw], groups: #groups,);
        let config = Config::with_activation(quote!(dl::ops::conv2d::Op), fields);
        let multiply_adds = Dim::product([&outputs, &out_height, &out_width, &group_inputs, &kernel_h, &kernel_w]);
        let output = Shape::of([outputs, out_height, out_width]);
        let built = Built::new(output, Op::new(config, Keeps::INPUTS));
        Some(built.with_weights(Weights { ty, tensors, init: call.init() }, multiply_adds))
    }
}
