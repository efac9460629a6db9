//! `cumsum` sums from the first element of a dimension to each.

use super::*;
use crate::check;
use quote::quote;

pub struct Cumsum;

impl Layer for Cumsum {
    fn name(&self) -> &'static str {
        "cumsum"
    }
    fn doc(&self) -> Doc {
        let line = "sums from the first element of a dimension to each: the cumulative sum";
        Doc::new(Chapter::Shape, "any, unchanged", line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        const { &[Parameter::named("axis", Kind::Axis, Default::Integer(0), "dimension along which is summed")] }
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.known_input()
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let input = call.input();
        let axis = check::axis(call, "axis", &input)?;
        let (size, inner) = (&input.dims[axis], Dim::product(&input.dims[axis + 1..]));
        let config = Config::settings(quote!(dl::ops::cumsum::CumsumOp), quote!(size: #size, inner: #inner,));
        Some(Built::new(input.clone(), Op::new(config, BackwardReads::NOTHING)))
    }
}
