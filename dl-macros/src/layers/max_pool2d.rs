//! `max_pool2d(kernel)`: the largest number of each window.

use super::*;
use quote::quote;

pub struct MaxPool2d;

impl Layer for MaxPool2d {
    fn name(&self) -> &'static str {
        "max_pool2d"
    }
    fn doc(&self) -> Doc {
        Doc::new(Chapter::Shape, "`[c, h, w]` → `[c, h', w']`", "the largest number of each window")
    }
    fn stem(&self) -> &'static str {
        "max_pool"
    }
    fn parameters(&self) -> &'static [Parameter] {
        pool::PARAMETERS
    }
    fn check(&self, call: &Call) -> bool {
        pool::check(call)
    }
    fn build(&self, call: &Call) -> Option<Built> {
        pool::build(call, quote!(dl::ops::max_pool2d::Op), Keeps::INPUTS)
    }
}
