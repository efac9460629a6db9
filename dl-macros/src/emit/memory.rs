//! The memory of a mode: a struct of slots, and how it is allocated.

use super::Schedule;
use crate::dim::Dim;
use crate::fuse::Mode;
use crate::ir::{Ir, Node};
use crate::plan::Slot;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

/// The struct.
pub fn definition(schedule: &Schedule) -> TokenStream {
    let name = schedule.memory();
    let slots = schedule.plan.slots.iter().map(|slot| &slot.name);
    let saved = saved(schedule).map(|(name, ..)| name);
    let device = if schedule.is_empty() {
        // A struct must use its parameter.
        quote!(device: ::core::marker::PhantomData<D>)
    } else {
        quote!()
    };
    quote! {
        pub struct #name<D: dl::Device> {
            #(#slots: dl::Slot<D>,)*
            #(#saved: dl::Slot<D>,)*
            #device
        }
    }
}

/// The members of `Model` about memory.
pub fn members(training: &Schedule, inference: &Schedule) -> TokenStream {
    let (infer, train) = (inference.memory(), training.memory());
    let (infer_new, train_new) = (allocation(inference), allocation(training));
    let (infer_floats, train_floats) = (floats(inference), floats(training));
    quote! {
        type Inference<D: dl::Device> = #infer<D>;
        type Training<D: dl::Device> = #train<D>;
        const INFERENCE_FLOATS: usize = #infer_floats;
        const TRAINING_FLOATS: usize = #train_floats;

        fn inference_memory<D: dl::Device>(device: &D, samples: usize) -> dl::Result<#infer<D>> {
            ::core::result::Result::Ok(#infer { #infer_new })
        }
        fn training_memory<D: dl::Device>(device: &D, samples: usize) -> dl::Result<#train<D>> {
            ::core::result::Result::Ok(#train { #train_new })
        }
    }
}

fn allocation(schedule: &Schedule) -> TokenStream {
    let slots = schedule.plan.slots.iter().map(|slot| {
        let (name, size) = (&slot.name, largest(slot));
        quote!(#name: dl::Slot::new(device, samples, #size)?,)
    });
    let saved = saved(schedule).map(|(name, ty, per_sample)| {
        let samples = if per_sample { quote!(samples) } else { quote!(1) };
        quote!(#name: dl::Slot::new(device, #samples, <#ty as dl::Plain>::LEN)?,)
    });
    let device = schedule.is_empty().then(|| quote!(device: ::core::marker::PhantomData));
    quote!(#(#slots)* #(#saved)* #device)
}

/// Numbers for one sample.
fn floats(schedule: &Schedule) -> TokenStream {
    let slots = schedule.plan.slots.iter().map(largest);
    let saved =
        saved(schedule).filter(|(_, _, per_sample)| *per_sample).map(|(_, ty, _)| quote!(<#ty as dl::Plain>::LEN));
    quote!(0 #(+ #slots)* #(+ #saved)*)
}

/// Size of a slot: of the largest value that lives there.
fn largest(slot: &Slot) -> TokenStream {
    let known: Option<Vec<usize>> = slot.sizes.iter().map(Dim::known).collect();
    match known {
        Some(sizes) => {
            let size = Dim::Known(sizes.into_iter().max().unwrap_or(0));
            quote!(#size)
        }
        None => {
            let sizes = &slot.sizes;
            // `const`: rustc says what is wrong with a constant as it does for the struct, and so only once.
            quote!(const { dl::dim::largest(&[#(#sizes),*]) })
        }
    }
}

/// What forward computes for backward alone: field, type, whether per sample.
pub fn saved<'a>(schedule: &'a Schedule) -> impl Iterator<Item = (Ident, &'a TokenStream, bool)> + 'a {
    let training = schedule.mode == Mode::Training;
    schedule.nodes.iter().filter(move |_| training).filter_map(|node| {
        let saved = node.op.saved.as_ref()?;
        Some((saved_name(schedule.ir, node), &saved.ty, saved.per_sample))
    })
}

/// The field for what a node saves.
pub fn saved_name(ir: &Ir, node: &Node) -> Ident {
    format_ident!("saved_{}", ir.values[node.output].name, span = Span::mixed_site())
}

impl Schedule<'_> {
    /// Whether the mode needs no memory.
    fn is_empty(&self) -> bool {
        self.plan.slots.is_empty() && saved(self).next().is_none()
    }
}
