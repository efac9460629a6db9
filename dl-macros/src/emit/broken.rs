//! The code of a model with mistakes: its struct and its signatures, so that no other code of the user's is an error.

use super::tables;
use crate::ir::Ir;
use proc_macro2::TokenStream;
use quote::quote;

/// `Model` without tables and passes; it is never run, since the mistakes end the compilation.
pub fn implementation(ir: &Ir) -> TokenStream {
    let (name, parameters, types, d) = (ir.self_type(), ir.parameters(), tables::types(ir), ir.device());
    let objective = ir.objective.as_ref().map(|_| objective(ir));
    let forward = quote! {
        context: &dl::Context<'_, #d>,
        net: dl::View<'_, #d, Self>,
        input: dl::View<'_, #d, Self::Input>,
    };
    let backward = quote! {
        #forward
        memory: &mut (),
        output: dl::View<'_, #d, Self::Output>,
        d_output: dl::ViewMut<'_, #d, Self::Output>,
        d_net: dl::Grad<'_, #d, Self>,
        d_input: dl::Option<dl::ViewMut<'_, #d, Self::Input>>,
    };
    quote! {
        #[allow(unused_variables)]
        impl #parameters dl::Model for #name {
            #types
            const TENSORS: dl::Tensors = dl::Tensors(&[]);
            const LAYERS: &'static [dl::LayerInfo] = &[];
            type Inference<#d: dl::Device> = ();
            type Training<#d: dl::Device> = ();
            const INFERENCE_FLOATS: usize = 0;
            const TRAINING_FLOATS: usize = 0;

            fn init_weights(&mut self, rng: &mut dl::Rng) {}
            fn inference_memory<#d: dl::Device>(allocator: &mut dl::Allocator<'_, #d>) {}
            fn training_memory<#d: dl::Device>(allocator: &mut dl::Allocator<'_, #d>) {}
            fn infer<#d: dl::Device>(#forward memory: &mut (), output: dl::ViewMut<'_, #d, Self::Output>) {}
            fn forward<#d: dl::Device>(
                context: &dl::Context<'_, #d>,
                net: dl::ViewMut<'_, #d, Self>,
                input: dl::View<'_, #d, Self::Input>,
                memory: &mut (),
                output: dl::ViewMut<'_, #d, Self::Output>,
            ) {
            }
            fn backward<#d: dl::Device>(#backward) {}
            fn inspect<#d: dl::Device>(
                memory: &(),
                samples: usize,
                see: &mut dyn ::core::ops::FnMut(&'static str, #d::Ref<'_, f32>),
            ) {
            }
        }
        #objective
    }
}

fn objective(ir: &Ir) -> TokenStream {
    let (name, parameters, table, d) = (ir.self_type(), ir.parameters(), tables::objective(ir), ir.device());
    let forward = quote! {
        context: &dl::Context<'_, #d>,
        net: dl::View<'_, #d, Self>,
        input: dl::View<'_, #d, Self::Input>,
    };
    let target = quote!(target: dl::View<'_, #d, Self::Target>, memory: &mut (),);
    let backward = quote! {
        d_output: dl::ViewMut<'_, #d, Self::Output>,
        d_net: dl::Grad<'_, #d, Self>,
        d_input: dl::Option<dl::ViewMut<'_, #d, Self::Input>>,
    };
    quote! {
        #[allow(unused_variables)]
        impl #parameters dl::Objective for #name {
            #table
            type Evaluation<#d: dl::Device> = ();
            fn evaluation_memory<#d: dl::Device>(allocator: &mut dl::Allocator<'_, #d>) {}
            fn evaluate<#d: dl::Device>(
                #forward
                #target
                output: dl::ViewMut<'_, #d, Self::Output>,
                terms: dl::PartsMut<'_, #d, f32>,
            ) {
            }
            fn loss<#d: dl::Device>(
                #forward
                #target
                output: dl::View<'_, #d, Self::Output>,
                terms: dl::PartsMut<'_, #d, f32>,
            ) {
            }
            fn backward_loss<#d: dl::Device>(
                #forward
                #target
                output: dl::View<'_, #d, Self::Output>,
                terms: dl::Parts<'_, #d, f32>,
                d_terms: dl::PartsMut<'_, #d, f32>,
                #backward
            ) {
            }
            fn backward_body<#d: dl::Device>(
                #forward
                memory: &mut (),
                output: dl::View<'_, #d, Self::Output>,
                #backward
            ) {
            }
        }
    }
}
