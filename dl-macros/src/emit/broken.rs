//! What a model with mistakes becomes: its struct and signatures, so that nothing else in the user's crate turns red.

use super::tables;
use crate::ir::Ir;
use proc_macro2::TokenStream;
use quote::quote;

/// `Model` without tables and passes; it is never run, since the mistakes end the compilation.
pub fn implementation(ir: &Ir) -> TokenStream {
    let (name, types) = (&ir.name, tables::types(ir));
    quote! {
        #[allow(unused_variables)]
        impl dl::Model for #name {
            #types
            const TENSORS: &'static [dl::TensorInfo] = &[];
            const LAYERS: &'static [dl::LayerInfo] = &[];
            type Inference<D: dl::Device> = ();
            type Training<D: dl::Device> = ();
            const INFERENCE_FLOATS: usize = 0;
            const TRAINING_FLOATS: usize = 0;

            fn init_weights(&mut self, rng: &mut dl::Rng) {}
            fn inference_memory<D: dl::Device>(device: &D, samples: usize) -> dl::Result<()> {
                ::core::result::Result::Ok(())
            }
            fn training_memory<D: dl::Device>(device: &D, samples: usize) -> dl::Result<()> {
                ::core::result::Result::Ok(())
            }
            fn infer<D: dl::Device>(
                pass: &dl::Pass<'_, D>,
                net: dl::View<'_, D, Self>,
                input: dl::View<'_, D, Self::Input>,
                slots: &mut (),
                output: dl::ViewMut<'_, D, Self::Output>,
            ) {
            }
            fn forward<D: dl::Device>(
                pass: &dl::Pass<'_, D>,
                net: dl::View<'_, D, Self>,
                input: dl::View<'_, D, Self::Input>,
                slots: &mut (),
                output: dl::ViewMut<'_, D, Self::Output>,
            ) {
            }
            fn backward<D: dl::Device>(
                pass: &dl::Pass<'_, D>,
                net: dl::View<'_, D, Self>,
                input: dl::View<'_, D, Self::Input>,
                slots: &mut (),
                output: dl::View<'_, D, Self::Output>,
                d_output: dl::ViewMut<'_, D, Self::Output>,
                d_net: dl::ViewMut<'_, D, Self>,
                d_input: ::core::option::Option<dl::ViewMut<'_, D, Self::Input>>,
            ) {
            }
            fn inspect<D: dl::Device>(
                slots: &(),
                samples: usize,
                see: &mut dyn ::core::ops::FnMut(&'static str, D::Ref<'_, f32>),
            ) {
            }
        }
    }
}
