//! The arguments `lora` and `lora_alpha` of dense layers: a low-rank update of the weights (Hu et al., "LoRA", 2021).

use super::*;
use crate::diagnostics::message;
use crate::number::Number;
use quote::quote;

pub const RANK: Parameter = Parameter::named(
    "lora",
    Kind::Size,
    Default::ByLayer,
    "rank of a low-rank update `B·A` of the weights (LoRA), which fine-tuning trains in their place; no update by default",
);
pub const ALPHA: Parameter = Parameter::named(
    "lora_alpha",
    Kind::Number,
    Default::ByLayer,
    "numerator of the factor `lora_alpha / lora` of the update; the rank by default, so that the factor is 1",
);

/// Checks both arguments alone.
pub fn check(call: &Call) -> bool {
    let mut valid = true;
    if let Some(rank) = call.given_size("lora") {
        let text = "the rank of `lora` is at least 1; without `lora`, there is no update";
        valid = call.diagnostics.require(rank.at_least(&Dim::Known(1)), call.at("lora"), message!(text));
    }
    if call.given_at("lora_alpha").is_none() {
        return valid;
    }
    if !call.is_given("lora") {
        call.diagnostics
            .error(call.at("lora_alpha"), "`lora_alpha` scales the update of `lora`; give its rank: `lora: 8`");
        return false;
    }
    valid & crate::check::positive(call, "lora_alpha")
}

/// The low-rank update of a dense layer.
pub struct Update {
    rank: Dim,
    /// The factor of the update.
    scale: TokenStream,
}

impl Update {
    /// Returns the update of weights of these sizes, if the use has one; `None` after a mistake.
    pub fn of(call: &Call, inputs: &Dim, outputs: &Dim) -> Option<Option<Self>> {
        let Some(rank) = call.given_size("lora") else { return Some(None) };
        let start = format!("the rank of the `lora` of `{}` is ", call.name);
        let text = message!(start, &rank, ", more than both sizes of its weights, [", outputs, ", ", inputs, "]");
        let fits = inputs.at_least(&rank).or(outputs.at_least(&rank));
        call.diagnostics.require(fits, call.at("lora"), text).then_some(())?;
        let scale = match (call.is_given("lora_alpha").then(|| call.number("lora_alpha")), rank.known()) {
            (None, _) => quote!(1.0),
            (Some(Number::Known(alpha)), Some(rank)) => {
                let scale = Number::Known(alpha / rank as f64);
                quote!(#scale)
            }
            (Some(alpha), _) => quote!(#alpha / #rank as f32),
        };
        Some(Some(Update { rank, scale }))
    }

    /// Turns a dense node with these sizes, for `rows` in each sample, and its weights into those of a layer with the update.
    pub fn add_to(self, mut built: Built, rows: &[Dim], [inputs, outputs]: [&Dim; 2]) -> Built {
        let Update { rank, scale } = self;
        let config = Config::with_activation(quote!(dl::ops::lora::LoraDenseOp), quote!(scale: #scale,));
        let saved = Shape::of(rows.iter().cloned().chain([rank.clone()]).collect::<Vec<_>>());
        built.op = Op {
            saved: Some(Saved { shape: saved, per_sample: true }),
            inference: Inference::Infer,
            config,
            ..built.op
        };
        built.multiply_adds = built.multiply_adds.add(&Dim::product(rows.iter().chain([&rank, &inputs.add(outputs)])));
        if let Some(weights) = &mut built.weights {
            let none = Dim::Known(0);
            let biased = weights.tensors.len() > 1;
            let sizes = [inputs, outputs, &rank].into_iter().chain((!biased).then_some(&none));
            weights.ty = Type::layer(quote!(dl::layers::LoraDense), sizes);
            weights.tensors.extend([
                Tensor::new("lora_a", &[&rank, inputs], Role::Weight),
                Tensor::new("lora_b", &[outputs, &rank], Role::Weight),
            ]);
        }
        built
    }
}
