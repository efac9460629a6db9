//! `embedding(vocabulary, features)` replaces every token by its row in a table of weights.

use super::*;
use crate::check;
use crate::ir::Range;
use crate::number::Number;
use quote::quote;

pub struct Embedding;

impl Layer for Embedding {
    fn name(&self) -> &'static str {
        "embedding"
    }
    fn doc(&self) -> Doc {
        Doc::new(Chapter::Weights, "`u32[…]` → `[…, features]`", "looks up each token's row in a learned table")
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::positional(
                    "vocabulary",
                    Kind::Size,
                    Default::Required,
                    "number of different tokens: tokens are less than this",
                )
                .at_least_one(),
                Parameter::positional("features", Kind::Size, Default::Required, "number of features for each token")
                    .at_least_one(),
                Parameter::named(
                    "init",
                    Kind::Init,
                    Default::ByLayer,
                    "initialisation of the table, `normal(1)` by default",
                ),
            ]
        }
    }
    fn takes(&self, _: usize) -> Element {
        Element::U32
    }
    fn check(&self, call: &Call) -> bool {
        check::not_zero(call)
    }
    fn is_table(&self) -> bool {
        true
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let (vocabulary, features) = (call.size("vocabulary"), call.size("features"));
        let mut output = Shape::of(call.input().dims);
        output.dims.push(features.clone());
        let config = Config::settings(quote!(dl::ops::embedding::EmbeddingOp), quote!());
        let weights = Weights {
            ty: Type::layer(quote!(dl::layers::Embedding), [&vocabulary, &features]),
            tensors: vec![Tensor::new("weight", &[&vocabulary, &features], Role::Weight)],
            init: call.init_or(Init::ParametricRule(ParametricRule::Normal, Number::Known(1.0))),
        };
        let mut op = Op::new(config, BackwardReads::INPUTS);
        op.range = Some(Range { operand: 0, limit: vocabulary, check: "check_tokens", but: None });
        Some(Built::new(output, op).with_weights(weights, Dim::Known(0)))
    }
}
