//! `dropout(rate)` sets random elements to zero in training and scales up the others.

use super::*;
use crate::check;
use quote::quote;

pub struct Dropout;

impl Layer for Dropout {
    fn name(&self) -> &'static str {
        "dropout"
    }
    fn doc(&self) -> Doc {
        Doc::new(
            Chapter::Regularisation,
            "any, unchanged",
            "sets each element to 0 with probability `rate` in training and scales the others by `1 / (1 - rate)`; does nothing in prediction",
        )
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            &[Parameter::positional(
                "rate",
                Kind::Number,
                Default::Required,
                "probability that an element is set to 0, from 0 to 1",
            )]
        }
    }
    fn check(&self, call: &Call) -> bool {
        check::rate(call, "rate")
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.known_input()
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let rate = call.number("rate");
        // Every dropout of a model draws its own random numbers.
        let id = Dim::Known(call.index);
        let config = Config::settings(quote!(dl::ops::dropout::DropoutOp), quote!(rate: #rate, id: #id,));
        let mut op = Op::new(config, BackwardReads::NOTHING).in_place();
        op.inference = Inference::Identity;
        op.blocks = Blocks::Preserves;
        Some(Built::new(call.input(), op))
    }
}
