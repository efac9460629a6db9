//! `depthwise_conv2d(kernel)`: a small window of weights for each channel, which do not mix.

use super::*;
use crate::check;

pub struct DepthwiseConv2d;

impl Layer for DepthwiseConv2d {
    fn name(&self) -> &'static str {
        "depthwise_conv2d"
    }
    fn doc(&self) -> Doc {
        Doc::new(
            Chapter::Weights,
            "`[c, h, w]` → `[multiplier·c, h', w']`",
            "convolves each channel with kernels of its own: `conv2d` with as many groups as channels",
        )
    }
    fn name_prefix(&self) -> &'static str {
        "depthwise_conv"
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            let [bias, init, bias_init] = conv::BIAS;
            &[
                Parameter::positional("kernel", Kind::Pair, Default::Required, "height and width of the kernel"),
                Parameter::named("stride", Kind::Pair, Default::Size(1), "distance between neighbouring windows"),
                Parameter::named("padding", Kind::Padding, Default::Size(0), "zero padding on each side of the image"),
                Parameter::named(
                    "dilation",
                    Kind::Pair,
                    Default::Size(1),
                    "distance between neighbouring kernel elements: 1 for a dense kernel, 2 leaves gaps of one (à trous)",
                ),
                Parameter::named(
                    "multiplier",
                    Kind::Size,
                    Default::Size(1),
                    "number of output channels for each input channel",
                ),
                bias,
                init,
                bias_init,
            ]
        }
    }
    fn check(&self, call: &Call) -> bool {
        conv::check(call)
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let input = check::image(call)?;
        let inputs = input[0].clone();
        conv::build(call, input, inputs.mul(&call.size("multiplier")), inputs)
    }
}
