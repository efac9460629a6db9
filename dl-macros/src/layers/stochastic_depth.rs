//! `stochastic_depth(rate)` sets whole samples to zero in training and scales up the others.

use super::*;
use crate::check;
use quote::quote;

pub struct StochasticDepth;

impl Layer for StochasticDepth {
    fn name(&self) -> &'static str {
        "stochastic_depth"
    }
    fn doc(&self) -> Doc {
        let line = "sets a whole sample (of a sequence, all its rows) to 0 with probability `rate` in training and scales the others by `1 / (1 - rate)`; does nothing in prediction; it stands at the end of a residual branch";
        Doc::new(Chapter::Regularisation, "any, unchanged", line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            let doc = "probability that a sample is set to 0, from 0 to 1";
            &[Parameter::positional("rate", Kind::Number, Default::Required, doc)]
        }
    }
    fn check(&self, call: &Call) -> bool {
        check::rate(call, "rate")
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.known_input()
    }
    fn build(&self, call: &Call) -> Option<Built> {
        // Every `stochastic_depth` of a model draws its own random numbers.
        let (rate, id) = (call.number("rate"), Dim::Known(call.index));
        let fields = quote!(rate: #rate, id: #id,);
        let input = call.input();
        let mut op = match input.length {
            // The rows of a sample share its draw.
            Some(_) => {
                let path = quote!(dl::ops::stochastic_depth::StochasticDepthOverTimeOp);
                let op = Op::new(Config::settings(path, fields), BackwardReads::NOTHING);
                op.along_time_of([0]).stepping(Stepping::Rows)
            }
            None => {
                let path = quote!(dl::ops::stochastic_depth::StochasticDepthOp);
                Op::new(Config::settings(path, fields), BackwardReads::NOTHING)
            }
        };
        op.inference = Inference::Identity;
        op.blocks = Blocks::Preserves;
        Some(Built::new(input, op))
    }
}
