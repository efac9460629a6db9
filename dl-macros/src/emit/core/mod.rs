//! Writes what prediction without a heap needs: the table of tensors, the memory between layers, and the steps of inference on one sample,
//! or on one row of a stream, as calls of the operations of `dl-core`.

mod memory;
mod stepping;
mod steps;

use super::stepping::inner;
use super::{condition, records, settings, tables};
use crate::ir::{Config, Ir};
use crate::names::rename_facade;
use crate::schedule::Schedule;
use crate::types::Type;
use proc_macro2::TokenStream;
use quote::quote;

/// Writes the table of tensors and the memory, and the block of code in which `dl` is the part of the facade that `dl-core` is.
pub fn code(krate: &TokenStream, irs: &[Ir], ir: &Ir) -> (TokenStream, TokenStream) {
    let schedule = Schedule::new(ir, crate::fuse::Mode::Core);
    let sequence = !ir.lengths.is_empty();
    let obstacle = if sequence && !ir.broken { stepping::obstacle(irs, ir) } else { None };
    let runs = obstacle.is_none() && !ir.broken;
    let (definition, memory) = if runs { memory::memory(&schedule) } else { (quote!(), quote!(())) };
    let prediction = (!sequence || ir.broken).then(|| prediction(irs, &schedule));
    let step = match obstacle {
        Some(obstacle) => stepping::refusal(ir, &obstacle),
        None if sequence || ir.broken => stepping::implementation(irs, &schedule),
        None => quote!(),
    };
    let settings = if runs { settings(ir, [&&schedule].into_iter()) } else { quote!() };
    let declared = declared(ir, &memory);
    let code = rename_facade(&ir.reserved, quote!(#settings #prediction #step));
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

/// Returns whether a model is from outside of the `model!`, or has one inside: then only rustc knows whether it predicts.
fn external(irs: &[Ir], ty: &Type) -> bool {
    let Some(inner) = inner(irs, ty) else { return true };
    inner.nodes.iter().any(|node| matches!(&node.op.config, Config::Model(ty) if external(irs, ty)))
}
