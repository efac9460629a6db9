//! What a model with mistakes becomes: its struct and signatures, so that nothing else in the user's crate turns red.

use super::tables;
use crate::ir::Ir;
use proc_macro2::TokenStream;
use quote::quote;

/// `Model` without tables and passes; it is never run, since the mistakes end the compilation.
pub fn implementation(ir: &Ir) -> TokenStream {
    let (name, parameters, types) = (ir.self_type(), ir.parameters(), tables::types(ir));
    let objective = ir.objective.as_ref().map(|_| objective(ir));
    let forward = quote! {
        pass: &dl::Pass<'_, D>,
        net: dl::View<'_, D, Self>,
        input: dl::View<'_, D, Self::Input>,
    };
    let backward = quote! {
        #forward
        slots: &mut (),
        output: dl::View<'_, D, Self::Output>,
        d_output: dl::ViewMut<'_, D, Self::Output>,
        d_net: dl::Grad<'_, D, Self>,
        d_input: dl::Option<dl::ViewMut<'_, D, Self::Input>>,
    };
    quote! {
        #[allow(unused_variables)]
        impl #parameters dl::Model for #name {
            #types
            const TENSORS: dl::Tensors = dl::Tensors(&[]);
            const LAYERS: &'static [dl::LayerInfo] = &[];
            type Inference<D: dl::Device> = ();
            type Training<D: dl::Device> = ();
            const INFERENCE_FLOATS: usize = 0;
            const TRAINING_FLOATS: usize = 0;

            fn init_weights(&mut self, rng: &mut dl::Rng) {}
            fn inference_memory<D: dl::Device>(allocator: &mut dl::Allocator<'_, D>) {}
            fn training_memory<D: dl::Device>(allocator: &mut dl::Allocator<'_, D>) {}
            fn infer<D: dl::Device>(#forward slots: &mut (), output: dl::ViewMut<'_, D, Self::Output>) {}
            fn forward<D: dl::Device>(
                pass: &dl::Pass<'_, D>,
                net: dl::ViewMut<'_, D, Self>,
                input: dl::View<'_, D, Self::Input>,
                slots: &mut (),
                output: dl::ViewMut<'_, D, Self::Output>,
            ) {
            }
            fn backward<D: dl::Device>(#backward) {}
            fn inspect<D: dl::Device>(
                slots: &(),
                samples: usize,
                see: &mut dyn ::core::ops::FnMut(&'static str, D::Ref<'_, f32>),
            ) {
            }
        }
        #objective
    }
}

fn objective(ir: &Ir) -> TokenStream {
    let (name, parameters, table) = (ir.self_type(), ir.parameters(), tables::objective(ir));
    let forward = quote! {
        pass: &dl::Pass<'_, D>,
        net: dl::View<'_, D, Self>,
        input: dl::View<'_, D, Self::Input>,
    };
    let target = quote!(target: dl::View<'_, D, Self::Target>, slots: &mut (),);
    let backward = quote! {
        d_output: dl::ViewMut<'_, D, Self::Output>,
        d_net: dl::Grad<'_, D, Self>,
        d_input: dl::Option<dl::ViewMut<'_, D, Self::Input>>,
    };
    quote! {
        #[allow(unused_variables)]
        impl #parameters dl::Objective for #name {
            #table
            type Evaluation<D: dl::Device> = ();
            fn evaluation_memory<D: dl::Device>(allocator: &mut dl::Allocator<'_, D>) {}
            fn evaluate<D: dl::Device>(
                #forward
                #target
                output: dl::ViewMut<'_, D, Self::Output>,
                terms: dl::PartsMut<'_, D, f32>,
            ) {
            }
            fn loss<D: dl::Device>(
                #forward
                #target
                output: dl::View<'_, D, Self::Output>,
                terms: dl::PartsMut<'_, D, f32>,
            ) {
            }
            fn backward_loss<D: dl::Device>(
                #forward
                #target
                output: dl::View<'_, D, Self::Output>,
                terms: dl::Parts<'_, D, f32>,
                d_terms: dl::PartsMut<'_, D, f32>,
                #backward
            ) {
            }
            fn backward_body<D: dl::Device>(
                #forward
                slots: &mut (),
                output: dl::View<'_, D, Self::Output>,
                #backward
            ) {
            }
        }
    }
}
