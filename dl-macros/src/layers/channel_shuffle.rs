//! `channel_shuffle(groups)`: channels of all groups, in turn.

use super::*;
use crate::check;
use quote::quote;

pub struct ChannelShuffle;

impl Layer for ChannelShuffle {
    fn name(&self) -> &'static str {
        "channel_shuffle"
    }
    fn doc(&self) -> Doc {
        let line = "takes a channel of each group in turn, so that the groups of the next convolution see all of them";
        Doc::new(Chapter::Shape, "`[c, h, w]`, unchanged", line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            let doc = "number of groups that the channels are divided into";
            &[Parameter::positional("groups", Kind::Size, Default::Required, doc).counting("group")]
        }
    }
    fn check(&self, call: &Call) -> bool {
        check::not_zero(call)
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let ([channels, ..], groups) = (check::image(call)?, call.size("groups"));
        check::groups(call, &channels, &groups, "input").then_some(())?;
        let config = Config::settings(quote!(dl::ops::channel_shuffle::ChannelShuffleOp), quote!(groups: #groups,));
        Some(Built::new(call.input(), Op::new(config, BackwardReads::NOTHING)))
    }
}
