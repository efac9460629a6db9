//! `prelu`: relu with a trained slope for negative numbers, one for all or one for each channel.

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
        Doc::new(Chapter::Weights, "any, unchanged", "x, or weight·x below 0, with one weight or one for each channel")
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::named("per_channel", Kind::Flag, Default::Flag(false), "whether each channel has a slope"),
                Parameter::named(
                    "init",
                    Kind::Init,
                    Default::Chosen,
                    "how slopes begin, `constant(0.25)` unless given",
                ),
            ]
        }
    }
    fn evident(&self, call: &Call) -> Option<Shape> {
        call.evident_input()
    }
    fn inferred(&self) -> Option<Inferred> {
        Some(Inferred::Channels)
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let channels = if call.flag("per_channel") { check::channels(call)? } else { Dim::Known(1) };
        let config = Config::settings(quote!(dl::ops::prelu::Op), quote!());
        let weights = Weights {
            ty: Type::layer(quote!(dl::ops::prelu::Prelu), [&channels]),
            // A scale: decayed slopes would only draw it to relu.
            tensors: vec![Tensor::new("weight", &[&channels], Role::Scale)],
            init: call.init_or(Init::Numbered(Numbered::Constant, Number::Known(0.25))),
        };
        Some(Built::new(call.input(), Op::new(config, SavedForBackward::INPUTS)).with_weights(weights, Dim::Known(0)))
    }
}
