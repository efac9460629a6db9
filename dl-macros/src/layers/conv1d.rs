//! `conv1d(channels, kernel)`: a small window of weights slides over a sequence.

use super::*;
use crate::check;

pub struct Conv1d;

impl Layer for Conv1d {
    fn name(&self) -> &'static str {
        "conv1d"
    }
    fn doc(&self) -> Doc {
        Doc::new(Chapter::Weights, "`[c, l]` → `[channels, l']`", "a small window of weights slides over the sequence")
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
                Parameter::positional("kernel", Kind::Size, Default::Required, "length of the window"),
                Parameter::named("stride", Kind::Size, Default::Size(1), "step of the window"),
                Parameter::named("padding", Kind::Border, Default::Size(0), "zeros at both ends of the sequence"),
                Parameter::named("dilation", Kind::Size, Default::Size(1), "distance of the window's elements"),
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
    fn is_sequence(&self) -> bool {
        true
    }
    fn build(&self, call: &Call) -> Option<Built> {
        conv::build(call, check::image(call)?, call.size("channels"), call.size("groups"))
    }
}
