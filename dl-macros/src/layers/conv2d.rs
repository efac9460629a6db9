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
            "a small window of weights slides over the image",
        )
    }
    fn stem(&self) -> &'static str {
        "conv"
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            let [bias, init, bias_init] = conv::BIAS;
            &[
                Parameter::positional("channels", Kind::Size, Default::Required, "channels of the output")
                    .counting("channel"),
                Parameter::positional("kernel", Kind::Pair, Default::Required, "height and width of the window"),
                Parameter::named("stride", Kind::Pair, Default::Size(1), "step of the window"),
                Parameter::named("padding", Kind::Padding, Default::Size(0), "zeros around the image"),
                Parameter::named("dilation", Kind::Pair, Default::Size(1), "distance of the window's elements"),
                Parameter::named("groups", Kind::Size, Default::Size(1), "parts of the channels that do not mix")
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
