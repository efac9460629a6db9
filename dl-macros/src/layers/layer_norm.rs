//! `layer_norm` normalises the features of each sample to mean 0 and variance 1.

use super::*;
use crate::check;
use quote::quote;

pub struct LayerNorm;

impl Layer for LayerNorm {
    fn name(&self) -> &'static str {
        "layer_norm"
    }
    fn doc(&self) -> Doc {
        Doc::new(
            Chapter::Weights,
            "any, unchanged",
            "normalises the last dimension of each sample to mean 0 and variance 1, then scales and shifts it",
        )
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            &[Parameter::named(
                "epsilon",
                Kind::Number,
                Default::Number(1e-5),
                "small number added to the variance to avoid division by zero",
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
        let input = call.input();
        let features = input.dims.last()?;
        let config = Config::settings(quote!(dl::ops::layer_norm::LayerNormOp), quote!(epsilon: #epsilon,));
        let op = Op::new(config, BackwardReads::INPUTS);
        let weights = Weights {
            ty: Type::layer(quote!(dl::layers::LayerNorm), [features]),
            tensors: vec![
                Tensor::new("weight", &[features], Role::Scale),
                Tensor::new("bias", &[features], Role::Bias),
            ],
            init: quote!(),
        };
        Some(Built::new(input.clone(), op).with_weights(weights, Dim::Known(0)))
    }
}
