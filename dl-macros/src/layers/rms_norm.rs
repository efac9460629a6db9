//! `rms_norm`: the features of each sample scaled to a mean square of 1.

use super::*;
use crate::check;
use quote::quote;

pub struct RmsNorm;

impl Layer for RmsNorm {
    fn name(&self) -> &'static str {
        "rms_norm"
    }
    fn doc(&self) -> Doc {
        Doc::new(
            Chapter::Weights,
            "any, unchanged",
            "normalises the last dimension of each sample to a mean square of 1, then scales it",
        )
    }
    fn parameters(&self) -> &'static [Parameter] {
        // PyTorch's default: the epsilon of `f32`.
        const {
            &[Parameter::named(
                "epsilon",
                Kind::Number,
                Default::Number(EPSILON),
                "small number that is added to the mean square against division by zero",
            )]
        }
    }
    fn check(&self, call: &Call) -> bool {
        check::positive(call, "epsilon")
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.known_input()
    }
    fn inferred(&self) -> Option<Inferred> {
        Some(Inferred::Features)
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let epsilon = call.number("epsilon");
        let (input, features) = (call.input(), check::last(call)?);
        let config = Config::settings(quote!(dl::ops::rms_norm::RmsNormOp), quote!(epsilon: #epsilon,));
        let weights = Weights {
            ty: Type::layer(quote!(dl::layers::RmsNorm), [&features]),
            tensors: vec![Tensor::new("weight", &[&features], Role::Scale)],
            init: quote!(),
        };
        Some(Built::new(input, Op::new(config, BackwardReads::INPUTS)).with_weights(weights, Dim::Known(0)))
    }
}

/// 2⁻²³
const EPSILON: f64 = 1.1920929e-7;
