//! `dense(outputs)` is a fully connected layer: every output is a weighted sum of all inputs.

use super::*;
use crate::check;
use quote::quote;

pub struct Dense;

impl Layer for Dense {
    fn name(&self) -> &'static str {
        "dense"
    }
    fn doc(&self) -> Doc {
        Doc::new(
            Chapter::Weights,
            "`[n]` → `[outputs]`, `[t, n]` → `[t, outputs]`; `[…, n]` → `[…, outputs]` with `axis: -1`",
            "computes `W·x + b`: a fully connected layer, PyTorch's `Linear`",
        )
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::positional("outputs", Kind::Size, Default::Required, "number of output features")
                    .counting("output"),
                Parameter::named(
                    "bias",
                    Kind::Flag,
                    Default::Flag(true),
                    "whether a learned bias is added to each output",
                ),
                Parameter::named(
                    "axis",
                    Kind::Axis,
                    Default::ByLayer,
                    "`-1` for an input of any shape, each of whose rows, along the last dimension, is one of features",
                ),
                Parameter::named(
                    "init",
                    Kind::Init,
                    Default::ByLayer,
                    "initialisation of the weights, `pytorch` by default",
                ),
                Parameter::named(
                    "bias_init",
                    Kind::Init,
                    Default::ByLayer,
                    "initialisation of the bias, by default `pytorch`, or `zeros` if `init` is given",
                ),
                lora::RANK,
                lora::ALPHA,
            ]
        }
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        let outputs = call.given_size("outputs")?;
        let mut dims = call.known_input().filter(|_| call.is_given("axis")).map_or(Vec::new(), |input| input.dims);
        dims.pop();
        dims.push(outputs);
        Some(Shape::of(dims))
    }
    fn check(&self, call: &Call) -> bool {
        check::not_zero(call) & check::bias_is_used(call) & lora::check(call)
    }
    fn inferred(&self) -> Option<Inferred> {
        Some(Inferred::Features)
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let (inputs, rows) = if call.is_given("axis") { last_axis(call)? } else { check::rows(call)? };
        let outputs = call.size("outputs");
        let update = lora::Update::of(call, &inputs, &outputs)?;
        let mut tensors = vec![Tensor::new("weight", &[&outputs, &inputs], Role::Weight)];
        let (mut sizes, none) = (vec![&inputs, &outputs], Dim::Known(0));
        if call.flag("bias") {
            tensors.push(Tensor::new("bias", &[&outputs], Role::Bias));
        } else {
            sizes.push(&none);
        }
        let ty = Type::layer(quote!(dl::layers::Dense), sizes);
        let config = Config::with_activation(quote!(dl::ops::dense::DenseOp), quote!());
        let multiply_adds = Dim::product(rows.iter().chain([&inputs, &outputs]));
        let output: Vec<Dim> = rows.iter().cloned().chain([outputs.clone()]).collect();
        let parameters = Type::layer(quote!(dl::int8::Dense), [&inputs, &outputs]);
        // Low-rank updates are merged before.
        let int8 = if update.is_some() {
            Int8::None
        } else {
            Int8::operation("Dense", quote!({ outputs: #outputs }), Some(quote!(#parameters)))
        };
        let built = Built::new(Shape::of(output), Op::new(config, BackwardReads::INPUTS).on_int8(int8));
        let built = built.with_weights(Weights { ty, tensors, init: call.init() }, multiply_adds);
        Some(match update {
            Some(update) => update.add_to(built, &rows, [&inputs, &outputs]),
            None => built,
        })
    }
}

/// Returns the number of features of an input of any shape, along its last dimension, and the other dimensions.
fn last_axis(call: &Call) -> Option<(Dim, Vec<Dim>)> {
    let input = call.input();
    let axis = check::axis(call, "axis", &input)?;
    let (features, rows) = input.dims.split_last()?;
    if axis != rows.len() {
        let text = "`dense` works along the last dimension, `axis: -1`; `transpose` puts another one there";
        call.diagnostics.error(call.at("axis"), text);
        return None;
    }
    Some((features.clone(), rows.to_vec()))
}
