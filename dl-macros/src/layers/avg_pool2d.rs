//! `avg_pool2d(kernel)`: the mean of each window.

use super::*;
use quote::quote;

pub struct AvgPool2d;

impl Layer for AvgPool2d {
    fn name(&self) -> &'static str {
        "avg_pool2d"
    }
    fn doc(&self) -> Doc {
        Doc::new(Chapter::Shape, "`[c, h, w]` → `[c, h', w']`", "the mean of each window; padding counts in it")
    }
    fn stem(&self) -> &'static str {
        "avg_pool"
    }
    fn parameters(&self) -> &'static [Parameter] {
        pool::PARAMETERS
    }
    fn check(&self, call: &Call) -> bool {
        pool::check(call)
    }
    fn build(&self, call: &Call) -> Option<Built> {
        pool::build(call, quote!(dl::ops::avg_pool2d::Op), Keeps::NOTHING)
    }
}
