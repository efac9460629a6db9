//! `l2_normalize` scales the features of each sample to a Euclidean norm of 1.

use super::*;
use crate::check;
use quote::quote;

pub struct L2Normalize;

impl Layer for L2Normalize {
    fn name(&self) -> &'static str {
        "l2_normalize"
    }
    fn doc(&self) -> Doc {
        Doc::new(Chapter::Shape, "any, unchanged", "divides the last dimension of each sample by its Euclidean norm")
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            &[Parameter::named(
                "epsilon",
                Kind::Number,
                Default::Number(1e-12),
                "lower limit of the norm, to avoid division by zero",
            )]
        }
    }
    fn check(&self, call: &Call) -> bool {
        check::positive(call, "epsilon")
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.known_input()
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let (features, epsilon) = (check::last(call)?, call.number("epsilon"));
        let config =
            Config::settings(quote!(dl::ops::l2_normalize::L2NormalizeOp), quote!(n: #features, epsilon: #epsilon,));
        Some(Built::new(call.input(), Op::new(config, BackwardReads::INPUTS)))
    }
}
