//! `separable_conv2d(channels, kernel)` is a depthwise convolution followed by a pointwise (1×1) convolution.

use super::window::Window;
use super::*;
use crate::check;
use quote::quote;

pub struct SeparableConv2d;

impl Layer for SeparableConv2d {
    fn name(&self) -> &'static str {
        "separable_conv2d"
    }
    fn doc(&self) -> Doc {
        Doc::new(
            Chapter::Weights,
            "`[c, h, w]` → `[channels, h', w']`",
            "convolves each channel with kernels of its own (`depthwise`), then mixes the channels with 1×1 kernels (`pointwise`)",
        )
    }
    fn name_prefix(&self) -> &'static str {
        "separable_conv"
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            &[
                conv::CHANNELS,
                conv::IMAGE.kernel(),
                conv::IMAGE.stride(),
                conv::IMAGE.padding(),
                conv::IMAGE.dilation(),
                conv::multiplier("number of intermediate channels for each input channel"),
                conv::BIAS,
                conv::INIT,
                conv::BIAS_INIT,
            ]
        }
    }
    fn check(&self, call: &Call) -> bool {
        check::not_zero(call) & check::bias_is_used(call)
    }
    fn inferred(&self) -> Option<Inferred> {
        Some(Inferred::Channels)
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let [inputs, height, width] = check::image(call)?;
        let window = Window::of(call)?;
        let size = window.output(call, [&height, &width], false)?;
        let (outputs, middle, one) = (call.size("channels"), inputs.mul(&call.size("multiplier")), Dim::Known(1));
        let Window { kernel: [kh, kw], stride: [sh, sw], padding: [ph, pw], dilation: [dh, dw] } = window;
        let mut tensors = vec![
            Tensor::new("depthwise.weight", &[&middle, &one, &kh, &kw], Role::Weight),
            Tensor::new("pointwise.weight", &[&outputs, &middle, &one, &one], Role::Weight),
        ];
        let (mut sizes, none) = (vec![&middle, &outputs, &kh, &kw], Dim::Known(0));
        if call.flag("bias") {
            tensors.push(Tensor::new("pointwise.bias", &[&outputs], Role::Bias));
        } else {
            sizes.push(&none);
        }
        let ty = Type::layer(quote!(dl::layers::SeparableConv2d), sizes);
        let fields = quote!(stride: [#sh, #sw], padding: [#ph, #pw], dilation: [#dh, #dw],);
        let op = Op::new(
            Config::with_activation(quote!(dl::ops::separable_conv2d::SeparableConv2dOp), fields),
            BackwardReads::INPUTS,
        );
        let positions = size[0].mul(&size[1]).mul(&middle);
        let multiply_adds = positions.mul(&kh.mul(&kw).add(&outputs));
        let weights = Weights { ty, tensors, init: call.init() };
        Some(Built::new(call.sized(outputs, size), op).with_weights(weights, multiply_adds))
    }
}
