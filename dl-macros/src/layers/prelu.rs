//! `prelu` is relu with a trained slope for negative inputs, one for all channels or one for each.

use super::*;
use crate::check;
use crate::number::Number;
use quote::quote;

pub struct Prelu;

impl Layer for Prelu {
    fn name(&self) -> &'static str {
        "prelu"
    }
    fn doc(&self) -> Doc {
        Doc::new(
            Chapter::Weights,
            "any, unchanged",
            "computes `x`, or `weight·x` where `x < 0`, with a learned `weight`",
        )
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::named(
                    "per_channel",
                    Kind::Flag,
                    Default::Flag(false),
                    "whether each channel has a slope of its own",
                ),
                Parameter::named(
                    "init",
                    Kind::Init,
                    Default::ByLayer,
                    "initialisation of the slopes, `constant(0.25)` by default",
                ),
            ]
        }
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.known_input()
    }
    fn inferred(&self) -> Option<Inferred> {
        Some(Inferred::Channels)
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let channels = if call.flag("per_channel") { check::channels(call)? } else { Dim::Known(1) };
        let config = Config::settings(quote!(dl::ops::prelu::PreluOp), quote!());
        let weights = Weights {
            ty: Type::layer(quote!(dl::layers::Prelu), [&channels]),
            // The role of a scale exempts the slopes from weight decay, which would only pull them towards relu.
            tensors: vec![Tensor::new("weight", &[&channels], Role::Scale)],
            init: call.init_or(Init::ParametricRule(ParametricRule::Constant, Number::Known(0.25))),
        };
        Some(Built::new(call.input(), Op::new(config, BackwardReads::INPUTS)).with_weights(weights, Dim::Known(0)))
    }
}
