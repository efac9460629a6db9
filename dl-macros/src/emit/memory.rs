//! The memory of a mode: a struct of slots, and how it is allocated.

use crate::dim::Dim;
use crate::fuse::Mode;
use crate::ir::{Config, Node};
use crate::names::parameter;
use crate::plan::Slot;
use crate::schedule::Schedule;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// One field of the struct.
struct Member {
    name: Ident,
    ty: TokenStream,
    new: TokenStream,
    /// Numbers for one sample.
    floats: TokenStream,
}

/// The struct.
pub fn definition(schedule: &Schedule) -> TokenStream {
    let (name, parameters, d) = (schedule.memory(), schedule.ir.const_parameters(), schedule.ir.device());
    let members = members(schedule).map(|Member { name, ty, .. }| quote!(#name: #ty,));
    let mut members = members.collect::<TokenStream>();
    if members.is_empty() {
        // A struct must use its parameter.
        members = quote!(device: ::core::marker::PhantomData<#d>);
    }
    quote!(pub struct #name<#d: dl::Device, #parameters> { #members })
}

/// The members of `Model` about memory.
pub fn of_model(training: &Schedule, inference: &Schedule) -> TokenStream {
    let (infer, train, d) = (inference.memory_type(), training.memory_type(), training.ir.device());
    let (infer_new, train_new) = (inference.allocation(), training.allocation());
    let (infer_floats, train_floats) = (floats(inference), floats(training));
    quote! {
        type Inference<#d: dl::Device> = #infer;
        type Training<#d: dl::Device> = #train;
        const INFERENCE_FLOATS: usize = #infer_floats;
        const TRAINING_FLOATS: usize = #train_floats;

        fn inference_memory<#d: dl::Device>(allocator: &mut dl::Allocator<'_, #d>) -> #infer {
            #infer_new
        }
        fn training_memory<#d: dl::Device>(allocator: &mut dl::Allocator<'_, #d>) -> #train {
            #train_new
        }
    }
}

/// The members of `Objective` about memory.
pub fn of_objective(evaluation: &Schedule) -> TokenStream {
    let (ty, new, d) = (evaluation.memory_type(), evaluation.allocation(), evaluation.ir.device());
    quote! {
        type Evaluation<#d: dl::Device> = #ty;
        fn evaluation_memory<#d: dl::Device>(allocator: &mut dl::Allocator<'_, #d>) -> #ty {
            #new
        }
    }
}

/// All fields: slots, what forward saves for backward, and the memory of models inside this one.
fn members<'a>(schedule: &'a Schedule<'a>) -> impl Iterator<Item = Member> + 'a {
    let memory = schedule.plan.slots.iter().map(|slot| {
        let size = largest(slot);
        slot_member(schedule, slot.name.clone(), true, size)
    });
    let saved = schedule.nodes.iter().filter_map(move |node| saved(schedule, node));
    let scratch = schedule.scratch().map(|(name, ty)| slot_member(schedule, name, true, quote!(<#ty as dl::Pod>::LEN)));
    memory.chain(saved).chain(scratch)
}

fn slot_member(schedule: &Schedule, name: Ident, per_sample: bool, size: TokenStream) -> Member {
    let method = if per_sample { quote!(workspace) } else { quote!(single) };
    let (new, d) = (quote!(allocator.#method(#size)), schedule.ir.device());
    Member { name, ty: quote!(dl::Workspace<#d>), new, floats: if per_sample { size } else { quote!(0) } }
}

/// What a node keeps beside values.
fn saved(schedule: &Schedule, node: &Node) -> Option<Member> {
    let name = super::names::saved(schedule.ir, node);
    let training = schedule.mode == Mode::Training;
    if let Config::Model(ty) = &node.op.config {
        let (memory, new, floats) = if training {
            (quote!(Training), quote!(training_memory), quote!(TRAINING_FLOATS))
        } else {
            (quote!(Inference), quote!(inference_memory), quote!(INFERENCE_FLOATS))
        };
        let (model, d) = (quote!(<#ty as dl::Model>), schedule.ir.device());
        return Some(Member {
            name,
            ty: quote!(#model::#memory<#d>),
            new: quote!(#model::#new(allocator)),
            floats: quote!(#model::#floats),
        });
    }
    let saved = node.op.saved.as_ref().filter(|_| training)?;
    let ty = &saved.ty;
    Some(slot_member(schedule, name, saved.per_sample, quote!(<#ty as dl::Pod>::LEN)))
}

/// Numbers for one sample.
fn floats(schedule: &Schedule) -> TokenStream {
    let floats = members(schedule).map(|member| member.floats);
    let floats: Vec<TokenStream> = floats.collect();
    if floats.is_empty() { quote!(0) } else { quote!(#(#floats)+*) }
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

impl Schedule<'_> {
    /// The type of the struct.
    pub fn memory_type(&self) -> TokenStream {
        let (name, d, arguments) = (self.memory(), self.ir.device(), self.ir.generics.iter().map(parameter));
        quote!(#name<#d #(, #arguments)*>)
    }
    /// A value of the struct.
    fn allocation(&self) -> TokenStream {
        let name = self.memory();
        let mut fields = members(self).map(|Member { name, new, .. }| quote!(#name: #new,)).collect::<TokenStream>();
        if fields.is_empty() {
            fields = quote!(device: ::core::marker::PhantomData);
        }
        quote!(#name { #fields })
    }
}
