//! The projections of attention: dense layers over the rows of a sequence, each with a field of its own.

use super::*;
use crate::check;
use quote::quote;

/// Returns the arguments of `init` of projections whose weights begin by `rule` unless the use gives another.
pub fn inits(call: &Call, rule: Init) -> TokenStream {
    let (weight, bias) = rules(call, rule);
    quote!(#weight, #bias)
}

/// Returns the initialisations of the weights and of the biases.
fn rules(call: &Call, rule: Init) -> (TokenStream, TokenStream) {
    (call.init_or(rule), call.init_of("bias_init", Init::Rule(Rule::Zeros)))
}

/// Returns a dense layer over the rows of a sequence, without its weights.
pub fn dense_node(time: &check::Time, outputs: &Dim) -> Built {
    let config = Config::with_activation(quote!(dl::ops::dense::DenseOp), quote!());
    Built::new(time.with_features(outputs.clone()), Op::new(config, BackwardReads::INPUTS))
}

/// Returns `parts` and one that joins the features of those from `first` on.
pub fn joined(time: &check::Time, mut parts: Vec<Part>, first: usize) -> Vec<Part> {
    let sizes: Vec<Dim> = parts[first..].iter().filter_map(|part| part.built.output.dims.last().cloned()).collect();
    let features = sizes[1..].iter().fold(sizes[0].clone(), |sum, size| sum.add(size));
    let (outer, sizes) = (time.counted_steps(), list(&sizes));
    let config = Config::settings(quote!(dl::ops::concat::ConcatOp), quote!(outer: #outer, parts: #sizes, inner: 1,));
    let op = Op { each_input: true, ..Op::new(config, BackwardReads::NOTHING) };
    let inputs = (first..parts.len()).map(Source::Part).collect();
    let built = Built::new(time.with_features(features), op);
    parts.push(Part { name: "projected", text: "projections side by side", inputs, built, weights_as: None });
    parts
}

/// A projection with weights of its own.
pub struct Projection<'a> {
    pub name: &'static str,
    pub text: &'static str,
    pub outputs: &'a Dim,
    /// `true` if it has the low-rank update of the use.
    pub updated: bool,
    /// The number of outputs of all projections that are initialised as one layer, if this is one of several.
    pub together: Option<Dim>,
}

impl Projection<'_> {
    /// Returns its node over the rows of a sequence, whose weights begin by `rule`; `None` after a mistake.
    pub fn part(self, call: &Call, time: &check::Time, rule: Rule, input: Source) -> Option<Part> {
        let Projection { name, text, outputs, updated, together } = self;
        let inputs = &time.features;
        let update = if updated { lora::Update::of(call, inputs, outputs)? } else { None };
        let mut tensors = vec![Tensor::new("weight", &[outputs, inputs], Role::Weight)];
        let mut sizes = vec![inputs.clone(), outputs.clone()];
        if call.flag("bias") {
            tensors.push(Tensor::new("bias", &[outputs], Role::Bias));
        } else {
            sizes.push(Dim::Known(0));
        }
        let ty = Type::layer(quote!(dl::layers::Dense), &sizes);
        let init = match together {
            Some(outputs) => {
                let (weight, bias) = rules(call, Init::Rule(rule));
                quote!(#weight.of_part(#inputs, #outputs), #bias)
            }
            None => inits(call, Init::Rule(rule)),
        };
        let weights = Weights { ty, tensors, init };
        let multiply_adds = time.counted_steps().mul(inputs).mul(outputs);
        let mut built = dense_node(time, outputs).with_weights(weights, multiply_adds);
        if let Some(update) = update {
            let rows: Vec<Dim> = time.steps.iter().cloned().collect();
            built = update.add_to(built, &rows, [inputs, outputs]);
        }
        Some(Part { name, text, inputs: vec![input], built, weights_as: None })
    }
}
