//! `global_avg_pool2d`: the mean of each channel.

use super::*;
use crate::check;
use quote::quote;

pub struct GlobalAvgPool2d;

impl Layer for GlobalAvgPool2d {
    fn name(&self) -> &'static str {
        "global_avg_pool2d"
    }
    fn doc(&self) -> Doc {
        Doc::new(Chapter::Shape, "`[c, h, w]` → `[c]`", "the mean of each channel")
    }
    fn stem(&self) -> &'static str {
        "global_avg_pool"
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let [channels, _, _] = check::image(call)?;
        let config = Config::settings(quote!(dl::ops::global_avg_pool2d::Op), quote!());
        Some(Built::new(Shape::of([channels]), Op::new(config, Keeps::NOTHING)))
    }
}
