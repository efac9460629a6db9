//! Writes the code of a model with mistakes: its struct and signatures, so that the user's other code still compiles.

use super::tables;
use crate::ir::Ir;
use proc_macro2::TokenStream;
use quote::quote;

/// Writes the traits with empty tables and passes. They never run, since the mistakes stop the compilation.
pub fn implementation(ir: &Ir) -> TokenStream {
    let (name, parameters, types, d) = (ir.self_type(), ir.parameters(), tables::types(ir), ir.device());
    let objective = ir.objective.as_ref().map(|_| objective(ir));
    quote! {
        #[allow(unused_variables)]
        impl #parameters dl::Passes for #name {
            #types
            const LAYERS: &'static [dl::LayerInfo] = &[];
            type Inference<#d: dl::Device> = ();
            type Training<#d: dl::Device> = ();
            type Evaluation<#d: dl::Device> = ();
            const INFERENCE_FLOATS: usize = 0;
            const TRAINING_FLOATS: usize = 0;

            fn init_weights(&mut self, rng: &mut dl::Rng) {}
            fn inference_memory<#d: dl::Device>(allocator: &mut dl::Allocator<'_, #d>) {}
            fn training_memory<#d: dl::Device>(allocator: &mut dl::Allocator<'_, #d>) {}
            fn evaluation_memory<#d: dl::Device>(allocator: &mut dl::Allocator<'_, #d>) {}
            fn infer<#d: dl::Device>(_: dl::Infer<'_, #d, Self>) {}
            fn forward<#d: dl::Device>(_: dl::Forward<'_, #d, Self>) {}
            fn backward<#d: dl::Device>(_: dl::Backward<'_, #d, Self>) {}
            fn inspect<#d: dl::Device>(
                memory: &(),
                batch: dl::Batch<'_, #d>,
                see: &mut dyn ::core::ops::FnMut(&'static str, #d::Ref<'_, f32>),
            ) {
            }
        }
        #objective
    }
}

fn objective(ir: &Ir) -> TokenStream {
    let (name, parameters, table, d) = (ir.self_type(), ir.parameters(), tables::objective(ir), ir.device());
    quote! {
        impl #parameters dl::LossPasses for #name {
            #table
            fn evaluate<#d: dl::Device>(_: dl::Evaluate<'_, #d, Self, Self::Target>) {}
            fn loss<#d: dl::Device>(_: dl::ComputeLoss<'_, #d, Self, Self::Target>) {}
        }
    }
}
