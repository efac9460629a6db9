//! `conv2d(channels, kernel)`: a small window of weights slides over the image.

use super::*;
use crate::check;

pub struct Conv2d;

impl Layer for Conv2d {
    fn name(&self) -> &'static str {
        "conv2d"
    }
    fn doc(&self) -> Doc {
        Doc::new(
            Chapter::Weights,
            "`[c, h, w]` → `[channels, h', w']`",
            "convolves the image with one learned kernel for each output channel, plus a bias",
        )
    }
    fn name_prefix(&self) -> &'static str {
        "conv"
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            let [bias, init, bias_init] = conv::BIAS;
            &[
                Parameter::positional("channels", Kind::Size, Default::Required, "number of output channels")
                    .counting("channel"),
                Parameter::positional("kernel", Kind::Pair, Default::Required, "height and width of the kernel"),
                Parameter::named("stride", Kind::Pair, Default::Size(1), "distance between neighbouring windows"),
                Parameter::named("padding", Kind::Padding, Default::Size(0), "zero padding on each side of the image"),
                Parameter::named("dilation", Kind::Pair, Default::Size(1), "distance between neighbouring kernel elements: 1 for a dense kernel, 2 leaves gaps of one (à trous)"),
                Parameter::named("groups", Kind::Size, Default::Size(1), "number of groups that the channels are divided into: each output channel sees the input channels of its group alone")
                    .counting("group"),
                bias,
                init,
                bias_init,
            ]
        }
    }
    fn check(&self, call: &Call) -> bool {
        conv::check(call)
    }
    fn inferred(&self) -> Option<Inferred> {
        Some(Inferred::Channels)
    }
    fn build(&self, call: &Call) -> Option<Built> {
        conv::build(call, check::image(call)?, call.size("channels"), call.size("groups"))
    }
}
