//! Writes what prediction without a heap needs: the table of tensors, the memory between layers, and the steps of inference on one sample
//! as calls of the operations of `dl-core`. It is the same schedule that the other passes have.

mod memory;
mod steps;

use super::stepping::inner;
use super::{condition, records, settings, tables};
use crate::ir::{Config, Ir, Node};
use crate::names::{ident, rename_facade};
use crate::schedule::Schedule;
use crate::types::Type;
use proc_macro2::{Span, TokenStream};
use quote::quote;

/// Writes the table of tensors and the memory, and the block of code in which `dl` is the part of the facade that `dl-core` is.
pub fn code(krate: &TokenStream, irs: &[Ir], ir: &Ir) -> (TokenStream, TokenStream) {
    let schedule = Schedule::new(ir, crate::fuse::Mode::Inference);
    let obstacle = if ir.broken { None } else { obstacle(irs, ir) };
    let predicts = obstacle.is_none() && !ir.broken;
    let (definition, memory) = if predicts { memory::memory(&schedule) } else { (quote!(), quote!(())) };
    let prediction = match obstacle {
        Some(obstacle) => refusal(ir, &obstacle),
        None => prediction(irs, &schedule),
    };
    let settings = if predicts { settings(ir, [&&schedule].into_iter()) } else { quote!() };
    let declared = declared(ir, &memory);
    let code = rename_facade(&ir.reserved, quote!(#settings #prediction));
    let imports = ir.imports(&quote!(#krate::private::core));
    let block = quote! {
        const _: () = {
            #imports
            #code
        };
    };
    (quote!(#definition #declared), block)
}

/// Implements `Declared`, which a broken model has, too.
fn declared(ir: &Ir, memory: &TokenStream) -> TokenStream {
    let (name, parameters) = (ir.self_type(), ir.parameters());
    let tensors = if ir.broken { Vec::new() } else { tables::tensors(ir) };
    // The checks of a generic model, which rustc makes once its parameters are known.
    let checks = (!ir.generics.is_empty() && !ir.broken).then(|| {
        let checks = ir.checks.iter().map(condition);
        quote!(const CHECKED: () = { #(#checks;)* };)
    });
    let (takes, makes, text) = (records::inputs(ir).row(ir), records::outputs(ir).row(ir), ir.name.to_string());
    quote! {
        impl #parameters dl::Declared for #name {
            const NAME: &'static str = #text;
            const TENSORS: dl::Tensors = dl::Tensors(&[#(#tensors),*]);
            #checks
            type Takes = #takes;
            type Makes = #makes;
            type Memory = #memory;
        }
    }
}

/// Implements `Predict`.
fn prediction(irs: &[Ir], schedule: &Schedule) -> TokenStream {
    let ir = schedule.ir;
    let (name, parameters, input) = (ir.self_type(), ir.parameters(), ir.input_argument());
    let calls = if ir.broken { quote!() } else { steps::print(irs, schedule) };
    let bounds = if ir.broken { Vec::new() } else { steps::bounds(irs, schedule) };
    let bounds = (!bounds.is_empty()).then(|| quote!(where #(#bounds),*));
    quote! {
        #[allow(unused_variables)]
        impl #parameters dl::Predict for #name #bounds {
            #[inline]
            fn predict_with(&self, #input: &Self::Takes, output: &mut Self::Makes, memory: &mut Self::Memory) {
                #calls
            }
        }
    }
}

/// Writes what rustc says about a prediction of a model that has none.
fn refusal(ir: &Ir, obstacle: &str) -> TokenStream {
    let (model, parameters) = (ir.self_type(), ir.const_parameters());
    let message = format!("`{}` cannot be predicted without a heap: {obstacle}", ir.name);
    let bound = ident(&ir.reserved.free("Predicts"), Span::call_site());
    quote!(dl::no_predict!([#parameters] #bound: #model, #message);)
}

/// Returns why a model cannot be predicted without a heap.
fn obstacle(irs: &[Ir], ir: &Ir) -> Option<String> {
    if !ir.lengths.is_empty() {
        return Some("its input is a sequence of run-time length".to_owned());
    }
    let nodes = crate::fuse::fuse(ir, crate::fuse::Mode::Inference);
    nodes.iter().find_map(|node| unknown(irs, node))
}

/// Returns what is said of a node that `dl-core` has no operation for, or of such a node in a model inside it.
fn unknown(irs: &[Ir], node: &Node) -> Option<String> {
    match &node.op.config {
        Config::Reshape => None,
        Config::Model(ty) => {
            let inside = obstacle(irs, inner(irs, ty)?)?;
            Some(format!("in `{}`, {inside}", node.label))
        }
        _ if node.op.core => None,
        _ => {
            let label = node.label.trim_end_matches(".context");
            Some(format!("`{label}`, `{}`, has no operation for it yet", node.text))
        }
    }
}

/// Returns whether a model is from outside of the `model!`, or has one inside: then only rustc knows whether it predicts.
fn external(irs: &[Ir], ty: &Type) -> bool {
    let Some(inner) = inner(irs, ty) else { return true };
    inner.nodes.iter().any(|node| matches!(&node.op.config, Config::Model(ty) if external(irs, ty)))
}
