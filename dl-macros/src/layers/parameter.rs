//! `parameter([shape])` is a learned tensor, the same for every sample.

use super::*;
use crate::dim::Cond;
use crate::number::Number;
use crate::path::Path;
use quote::quote;

pub struct LearnedTensor;

impl Layer for LearnedTensor {
    fn name(&self) -> &'static str {
        "parameter"
    }
    fn doc(&self) -> Doc {
        let line = "is a learned tensor that reads no value, the same for every sample: a class token, queries. Its name, also in \
                    files, is that of its `let`";
        Doc::new(Chapter::Weights, "nothing → `[shape]`", line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            let doc = "initialisation of the numbers, `normal(0.02)` by default";
            &[
                Parameter::positional("shape", Kind::Shape, Default::Required, "shape of the tensor"),
                Parameter::named("init", Kind::Init, Default::ByLayer, doc),
            ]
        }
    }
    fn operands(&self) -> usize {
        0
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.given_shape("shape").filter(|shape| !shape.dims.is_empty())
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let shape = call.given_shape("shape")?;
        let text = "a `parameter` has at least one dimension, each of at least 1: one number is `parameter([1])`";
        let sizes = shape
            .dims
            .iter()
            .fold(Cond::Known(!shape.dims.is_empty()), |all, dim| all.and(dim.at_least(&Dim::Known(1))));
        call.diagnostics.require(sizes, call.at("shape"), text).then_some(())?;
        let ty = shape.ty();
        let (row, dims) = (shape.dims.last()?, shape.dims.iter().collect::<Vec<_>>());
        let init = call.init_or(Init::ParametricRule(ParametricRule::Normal, Number::Known(0.02)));
        let weights = Weights {
            ty: Type::External(Path::new(quote!(dl::layers::Parameter<#ty>)), Vec::new()),
            tensors: vec![Tensor::new("weight", &dims, Role::Weight)],
            init: quote!(#init, #row),
        };
        let config = Config::settings(quote!(dl::ops::parameter::ParameterOp), quote!());
        let op = Op::new(config, BackwardReads::NOTHING);
        Some(Built::new(shape.clone(), op).with_weights(weights, Dim::Known(0)))
    }
}
