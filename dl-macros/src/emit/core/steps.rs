//! Writes the steps of inference on one sample, or on one row of a stream, each as one call with references to its arguments.

use super::external;
use crate::emit::arguments::several;
use crate::emit::{names, operation};
use crate::ir::{Config, Inference, Ir, Node, Shape, Stepping};
use crate::plan::Place;
use crate::schedule::Schedule;
use crate::steps::{Access, Argument, Call, Step, Tensor};
use crate::types::Type;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

/// Writes the calls of the forward pass.
pub fn print(irs: &[Ir], schedule: &Schedule) -> TokenStream {
    schedule.passes.forward.iter().map(|step| schedule.core_step(irs, step)).collect()
}

/// Writes what must hold of the models inside that only rustc knows. The bounds have a lifetime, so that rustc asks for them only where a
/// program predicts.
pub fn bounds(irs: &[Ir], schedule: &Schedule) -> Vec<TokenStream> {
    let external = schedule.nodes.iter().filter_map(|node| match &node.op.config {
        Config::Model(ty) if external(irs, ty) => Some((node, ty)),
        _ => None,
    });
    let bound = |(node, ty): (&Node, &Type)| {
        let [input, output] = [node.inputs[0], node.output].map(|value| schedule.shape(value).ty());
        quote!(for<'a> &'a #ty: dl::PredictInside<#input, #output, <#ty as dl::Declared>::Memory>)
    };
    let mut bounds: Vec<TokenStream> = Vec::new();
    for bound in external.map(bound) {
        // Copies of a model state the same.
        if !bounds.iter().any(|other| other.to_string() == bound.to_string()) {
            bounds.push(bound);
        }
    }
    bounds
}

impl Schedule<'_> {
    fn core_step(&self, irs: &[Ir], step: &Step) -> TokenStream {
        let node = match step.call {
            Call::Forward(node, _) => Some(&self.nodes[node]),
            _ => None,
        };
        let mut arguments: Vec<TokenStream> =
            step.arguments.iter().map(|argument| self.core_argument(argument, node)).collect();
        let Some(node) = node else {
            return quote!(dl::ops::Activation::Identity.forward(#(#arguments),*););
        };
        let (continues, state) = (!self.ir.lengths.is_empty(), names::saved(&self.values, node));
        if let (Config::Model(_), true) = (&node.op.config, continues) {
            let [net, input, memory, output] = &arguments[..] else { unreachable!("the arguments of a model") };
            let method = Ident::new("step_with", Span::mixed_site());
            return quote!(dl::PredictSteps::#method(#net, #input, #output, &mut state.#state, #memory, position););
        }
        if let Config::Model(ty) = &node.op.config {
            let (implementation, method) =
                if external(irs, ty) { ("PredictInside", "predict_inside") } else { ("Predict", "predict_with") };
            let [implementation, method] = [implementation, method].map(|word| Ident::new(word, Span::mixed_site()));
            let [net, input, memory, output] = &arguments[..] else { unreachable!("the arguments of a model") };
            return quote!(dl::#implementation::#method(#net, #input, #output, #memory););
        }
        let continues = continues && !matches!(node.op.step, Stepping::Rows);
        if let (true, Stepping::State { .. }) = (continues, &node.op.step) {
            arguments.insert(arguments.len() - 1, quote!(&mut state.#state));
        }
        if continues {
            arguments.insert(0, quote!(position));
        }
        let method = match node.op.inference {
            _ if continues => "step",
            Inference::Infer => "infer",
            Inference::Forward | Inference::Identity => "forward",
        };
        let method = format!("{method}{}", if step.in_place { "_in_place" } else { "" });
        let (op, method) = (operation(self.ir, node, self.mode), Ident::new(&method, Span::mixed_site()));
        let input = match step.call {
            Call::Forward(_, Some(k)) => Some(Literal::usize_unsuffixed(k)),
            _ => None,
        };
        let input = input.into_iter();
        quote!(#op.#method(#(#input,)* #(#arguments),*);)
    }

    fn core_argument(&self, argument: &Argument, node: Option<&Node>) -> TokenStream {
        let shape = self.shape(argument.shape);
        match argument.tensor {
            Tensor::Weights(field) => {
                let path = self.ir.access(field);
                match node.and_then(|node| node.weights_as.as_ref()) {
                    Some(ty) => quote!(dl::cast::<_, #ty>(&self.#path)),
                    None => quote!(&self.#path),
                }
            }
            Tensor::Memory(node) => {
                let name = names::saved(&self.values, &self.nodes[node]);
                quote!(&mut memory.#name)
            }
            tensor => self.core_value(self.place(tensor), shape, argument.access),
        }
    }

    /// Writes a reference to a value that has the shape `shape`.
    fn core_value(&self, place: Place, shape: &Shape, access: Access) -> TokenStream {
        let (ir, ty, reads) = (self.ir, shape.ty(), access == Access::Read);
        let (value, own) = match place {
            Place::Slot(slot) => {
                let name = &self.plan.slots[slot].name;
                return if reads { quote!(memory.#name.read::<#ty>()) } else { quote!(memory.#name.write::<#ty>()) };
            }
            Place::Input(k) => {
                let (argument, name) = (ir.input_argument(), &ir.values[ir.inputs[k]].name);
                let value = if several(&ir.inputs) { quote!(&#argument.#name) } else { quote!(#argument) };
                (value, self.shape(ir.inputs[k]))
            }
            Place::Output(k) => {
                let output = &ir.outputs[k];
                let name = (ir.outputs.len() > 1).then_some(&output.name).into_iter();
                let value = if ir.outputs.len() > 1 { quote!(output #(.#name)*) } else { quote!(*output) };
                (if reads { quote!(&#value) } else { quote!(&mut #value) }, &output.shape)
            }
            _ => unreachable!("the places of inference"),
        };
        match (own == shape, reads) {
            (true, _) => value,
            (false, true) => quote!(dl::cast::<_, #ty>(#value)),
            (false, false) => quote!(dl::cast_mut::<_, #ty>(#value)),
        }
    }
}
