//! Writes the step of a stream without a heap: one more row, against a state of constant size.

use super::steps;
use crate::emit::names;
use crate::emit::stepping::{self, inner};
use crate::ir::{Config, Ir, Node, Stepping};
use crate::names::{ident, parameter};
use crate::schedule::Schedule;
use proc_macro2::{Span, TokenStream};
use quote::quote;

/// Returns why a stream cannot be continued without a heap: a layer looks ahead, or its state has no constant size.
pub fn obstacle(irs: &[Ir], ir: &Ir) -> Option<String> {
    let obstacle = stepping::obstacle(irs, ir);
    if obstacle.is_some() {
        return obstacle;
    }
    if ir.outputs.len() > 1 && ir.outputs.iter().any(|output| output.shape.length.is_some()) {
        return Some("one of its outputs is a sequence, which must then be the only one".to_owned());
    }
    ir.nodes[..ir.body_len(&ir.nodes)].iter().find_map(|node| not_constant(irs, ir, node))
}

/// Returns what is said of a node whose state has no constant size, or of such a node in a model inside it.
fn not_constant(irs: &[Ir], ir: &Ir, node: &Node) -> Option<String> {
    let state = match (&node.op.config, &node.op.step) {
        (Config::Model(ty), _) => {
            let inside = obstacle(irs, inner(irs, ty)?)?;
            return Some(format!("in `{}`, {inside}", node.label));
        }
        (_, Stepping::State { constant, .. }) => constant,
        (_, Stepping::Rows | Stepping::Position | Stepping::Ahead) => return None,
    };
    let layer = format!("`{}`, `{}`,", node.label.trim_end_matches(".context"), node.text);
    let Some(state) = state else {
        return Some(format!(
            "{layer} remembers every row, and there may be any number of them; give it a `window`, or the input a largest length, such as \
            `[..=256, 8]`"
        ));
    };
    let parameter = state.computed_from(&ir.generics)?;
    Some(format!(
        "{layer} has a state whose size is computed from the parameter `{parameter}`, and stable Rust cannot compute with a parameter in a type"
    ))
}

/// Writes what rustc says about a step of a model that has none.
pub fn refusal(ir: &Ir, obstacle: &str) -> TokenStream {
    let (model, parameters) = (ir.self_type(), ir.const_parameters());
    let message = format!("`{}` cannot be continued step by step without a heap: {obstacle}", ir.name);
    let bound = ident(&ir.reserved.free("PredictsSteps"), Span::call_site());
    quote!(dl::no_predict_steps!([#parameters] #bound: #model, #message);)
}

/// Implements `PredictSteps`.
pub fn implementation(irs: &[Ir], schedule: &Schedule) -> TokenStream {
    let ir = schedule.ir;
    let (name, parameters, input) = (ir.self_type(), ir.parameters(), ir.input_argument());
    let (definition, state, calls) = if ir.broken {
        (quote!(), quote!(()), quote!())
    } else {
        let (definition, state) = state(schedule);
        (definition, state, steps::print(irs, schedule))
    };
    quote! {
        #definition
        #[allow(unused_variables)]
        impl #parameters dl::PredictSteps for #name {
            type State = #state;
            #[inline]
            fn step_with(
                &self,
                #input: &Self::Takes,
                output: &mut Self::Makes,
                state: &mut Self::State,
                memory: &mut Self::Memory,
                position: dl::u64,
            ) {
                #calls
            }
        }
    }
}

/// Writes the struct of what layers remember, with its zeros, and its type; nothing and `()` for a model that remembers nothing.
fn state(schedule: &Schedule) -> (TokenStream, TokenStream) {
    let ir = schedule.ir;
    let fields = schedule.nodes.iter().filter_map(|node| {
        let ty = match (&node.op.config, &node.op.step) {
            (Config::Model(ty), _) => quote!(<#ty as dl::PredictSteps>::State),
            (_, Stepping::State { constant: Some(ty), .. }) => quote!(#ty),
            _ => return None,
        };
        Some((names::saved(&schedule.values, node), ty))
    });
    let (names, types): (Vec<_>, Vec<_>) = fields.unzip();
    if names.is_empty() {
        return (quote!(), quote!(()));
    }
    let (name, parameters, arguments) = (ir.memory_name("Stream"), ir.parameters(), ir.generics.iter().map(parameter));
    let ty = if ir.generics.is_empty() { quote!(#name) } else { quote!(#name<#(#arguments),*>) };
    let definition = quote! {
        pub struct #name #parameters { #(#names: #types,)* }
        impl #parameters dl::Zeroed for #ty {
            const ZERO: Self = #name { #(#names: <#types as dl::Zeroed>::ZERO,)* };
        }
    };
    (definition, ty)
}
