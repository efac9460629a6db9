//! `scale` multiplies every feature, or every channel of an image, by a learned factor.

use super::*;
use crate::check;
use quote::quote;

pub struct Scale;

impl Layer for Scale {
    fn name(&self) -> &'static str {
        "scale"
    }
    fn doc(&self) -> Doc {
        Doc::new(
            Chapter::Weights,
            "`[n]`, `[t, n]` or `[c, h, w]`, unchanged",
            "multiplies each feature, or each channel of an image, by a learned factor (layer scale)",
        )
    }
    fn parameters(&self) -> &'static [Parameter] {
        // By name alone: `scale(2.0)` would read as a product with a constant.
        const { &[Parameter::named("initial", Kind::Number, Default::Number(1.0), "value that every factor begins with")] }
    }
    fn gives_way(&self) -> bool {
        true
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.known_input()
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let input = call.input();
        let (factors, inner) = check::scaled(call)?;
        let config = Config::settings(quote!(dl::ops::scale::ScaleOp), quote!(inner: #inner,));
        let initial = Init::ParametricRule(ParametricRule::Constant, call.number("initial"));
        let weights = Weights {
            ty: Type::layer(quote!(dl::layers::Scale), [&factors]),
            tensors: vec![Tensor::new("weight", &[&factors], Role::Scale)],
            init: quote!(#initial),
        };
        Some(Built::new(input, Op::new(config, BackwardReads::INPUTS)).with_weights(weights, Dim::Known(0)))
    }
}
