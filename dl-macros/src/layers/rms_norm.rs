//! `rms_norm` scales the features of each sample to a mean square of 1.

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
        // PyTorch's default is the epsilon of `f32`.
        const {
            &[Parameter::named(
                "epsilon",
                Kind::Number,
                Default::Number(EPSILON),
                "small number added to the mean square to avoid division by zero",
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

/// `f32::EPSILON`, which is 2⁻²³, with the digits that the documentation shows.
const EPSILON: f64 = 1.1920929e-7;
