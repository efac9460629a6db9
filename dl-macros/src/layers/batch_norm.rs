//! `batch_norm` normalises each feature or channel to mean 0 and variance 1 over the batch.

use super::*;
use crate::check;
use crate::ir::Saved;
use quote::quote;

pub struct BatchNorm;

impl Layer for BatchNorm {
    fn name(&self) -> &'static str {
        "batch_norm"
    }
    fn doc(&self) -> Doc {
        Doc::new(
            Chapter::Weights,
            "`[n]` or `[c, h, w]`, unchanged",
            "normalises each feature or channel to mean 0 and variance 1 over the batch, then scales and shifts it",
        )
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::named(
                    "momentum",
                    Kind::Number,
                    Default::Number(0.1),
                    "weight of the current batch in the running statistics, as in PyTorch",
                ),
                Parameter::named(
                    "epsilon",
                    Kind::Number,
                    Default::Number(1e-5),
                    "small number added to the variance to avoid division by zero",
                ),
            ]
        }
    }
    fn check(&self, call: &Call) -> bool {
        check::rate(call, "momentum") & check::positive(call, "epsilon")
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.known_input()
    }
    fn inferred(&self) -> Option<Inferred> {
        Some(Inferred::Channels)
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let channels = check::features_or_image(call)?;
        let (momentum, epsilon) = (call.number("momentum"), call.number("epsilon"));
        let fields = quote!(momentum: #momentum, epsilon: #epsilon,);
        let config = Config::with_activation(quote!(dl::ops::batch_norm::BatchNormOp), fields);
        let mut op = Op::new(config, BackwardReads::INPUTS).in_place();
        op.saved = Some(Saved { shape: Shape::of([Dim::Known(2), channels.clone()]), per_sample: false });
        op.inference = Inference::Infer;
        op.updates_state = true;
        op.blocks = Blocks::Preserves;
        op.int8 = Int8::BatchNorm { epsilon: quote!(#epsilon) };
        // A variance needs two elements of a channel: one sample suffices if it has two, else the batch needs two
        // samples.
        let elements = Dim::product(&call.input().dims[1..]);
        op.min_batch = Some(Dim::Known(3).sub(&elements.min(&Dim::Known(2))));
        let weights = Weights {
            ty: Type::layer(quote!(dl::layers::BatchNorm), [&channels]),
            tensors: vec![
                Tensor::new("weight", &[&channels], Role::Scale),
                Tensor::new("bias", &[&channels], Role::Bias),
                Tensor::new("running_mean", &[&channels], Role::Statistic),
                Tensor::new("running_var", &[&channels], Role::Statistic),
            ],
            init: quote!(),
        };
        Some(Built::new(call.input(), op).with_weights(weights, Dim::Known(0)))
    }
}
