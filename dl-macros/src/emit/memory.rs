//! Writes the memory of a mode: a struct of slots, and its allocation.

use crate::dim::Dim;
use crate::fuse::Mode;
use crate::ir::{Config, Node};
use crate::names::parameter;
use crate::plan::Slot;
use crate::schedule::Schedule;
use crate::types::Type;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// One field of the struct.
struct Member {
    name: Ident,
    ty: TokenStream,
    /// The expression that allocates it.
    new: TokenStream,
    /// The number of `f32` for one sample.
    floats: TokenStream,
}

/// Writes the struct.
pub fn definition(schedule: &Schedule) -> TokenStream {
    let (name, parameters, d) = (schedule.memory(), schedule.ir.const_parameters(), schedule.ir.device());
    let members = members(schedule).map(|Member { name, ty, .. }| quote!(#name: #ty,));
    let mut members = members.collect::<TokenStream>();
    if members.is_empty() {
        // A struct must use its type parameter.
        members = quote!(device: ::core::marker::PhantomData<#d>);
    }
    let slots = slots_definition(schedule);
    quote! {
        pub struct #name<#d: dl::Device, #parameters> { #members }
        #slots
    }
}

/// Writes the struct of the slots that a pass takes from its arena; nothing if there are none.
fn slots_definition(schedule: &Schedule) -> Option<TokenStream> {
    schedule.plan.arena().next()?;
    let (name, d) = (schedule.slots(), schedule.ir.device());
    let fields = schedule.plan.arena().map(|slot| &slot.name);
    Some(quote!(pub struct #name<'a, #d: dl::Device> { #(#fields: dl::Slot<'a, #d>,)* }))
}

/// Writes the statement by which a pass takes its slots from its arena; nothing if there are none. What is left is for models inside.
pub fn take_slots(schedule: &Schedule) -> Option<TokenStream> {
    schedule.plan.arena().next()?;
    let rows = if schedule.ir.lengths.len() > 1 { quote!(batch.most_rows()) } else { quote!(rows) };
    let fields = schedule.plan.arena().map(|slot| {
        let (name, size) = (&slot.name, largest(slot));
        let count = if slot.rows { &rows } else { &quote!(n) };
        quote!(#name: arena.take(#count * #size),)
    });
    let name = schedule.slots();
    Some(quote!(let mut slots = #name { #(#fields)* };))
}

/// Writes the size of the arena: that of the slots, and of the models inside, which use the rest one after the other. Nothing if there is
/// neither.
fn arena(schedule: &Schedule) -> Option<TokenStream> {
    let mut models: Vec<&Type> = Vec::new();
    for node in &schedule.nodes {
        if let Config::Model(ty) = &node.op.config
            && !models.contains(&ty)
        {
            models.push(ty);
        }
    }
    let inside = models.iter().map(|ty| quote!(<#ty as dl::Passes>::ARENA)).reduce(|a, b| quote!(#a.or(#b)));
    let slots: Vec<&Slot> = schedule.plan.arena().collect();
    let own = (!slots.is_empty()).then(|| {
        let count = proc_macro2::Literal::usize_unsuffixed(slots.len());
        let sum = |rows: bool| {
            let sizes = slots.iter().filter(|slot| slot.rows == rows).map(|slot| largest(slot)).collect::<Vec<_>>();
            if sizes.is_empty() { quote!(0) } else { quote!(#(#sizes)+*) }
        };
        let (of_sample, of_row) = (sum(false), sum(true));
        quote!(dl::ArenaSize { slots: #count, of_sample: #of_sample, of_row: #of_row })
    });
    let size = match (own, inside) {
        (Some(own), Some(inside)) => quote!(#own.and(#inside)),
        (own, inside) => own.or(inside)?,
    };
    Some(quote!(const ARENA: dl::ArenaSize = #size;))
}

/// Writes the members of `Passes` that concern memory.
pub fn members_of_passes(training: &Schedule, inference: &Schedule, evaluation: Option<&Schedule>) -> TokenStream {
    let (mut infer, train, d) = (inference.memory_type(), training.memory_type(), training.ir.device());
    let (mut infer_new, train_new) = (inference.allocation(), training.allocation());
    let (mut infer_floats, train_floats, arena) = (floats(inference), floats(training), arena(training));
    if inference.ir.in_blocks {
        infer = quote!(dl::BlockMemory<#infer, #d>);
        infer_new = quote!(dl::BlockMemory::new::<Self>(#infer_new, allocator));
        infer_floats = quote!(#infer_floats + dl::block_floats::<Self>());
    }
    let evaluate = evaluation.map_or_else(|| quote!(()), Schedule::memory_type);
    let evaluation_memory = evaluation.map_or_else(
        || quote!({}),
        |evaluation| {
            let new = evaluation.allocation();
            quote!(-> #evaluate { #new })
        },
    );
    quote! {
        type Inference<#d: dl::Device> = #infer;
        type Training<#d: dl::Device> = #train;
        type Evaluation<#d: dl::Device> = #evaluate;
        const INFERENCE_FLOATS: usize = #infer_floats;
        const TRAINING_FLOATS: usize = #train_floats;
        #arena

        fn inference_memory<#d: dl::Device>(allocator: &mut dl::Allocator<'_, #d>) -> #infer {
            #infer_new
        }
        fn training_memory<#d: dl::Device>(allocator: &mut dl::Allocator<'_, #d>) -> #train {
            #train_new
        }
        fn evaluation_memory<#d: dl::Device>(allocator: &mut dl::Allocator<'_, #d>) #evaluation_memory
    }
}

/// Returns all fields: slots, tensors that the forward pass saves for the backward pass, and the memory of models inside this one.
fn members<'a>(schedule: &'a Schedule<'a>) -> impl Iterator<Item = Member> + 'a {
    let memory = schedule.plan.slots.iter().filter(|slot| !slot.in_arena).map(|slot| {
        let size = largest(slot);
        let items = if slot.of_several { Items::Several } else { Items::of(slot.rows) };
        slot_member(schedule, slot.name.clone(), items, size)
    });
    let saved = schedule.nodes.iter().filter_map(move |node| saved(schedule, node));
    let scratch = schedule.scratch().map(|(name, shape)| {
        let ty = shape.ty();
        slot_member(schedule, name, Items::of(shape.length.is_some()), quote!(<#ty as dl::Pod>::LEN))
    });
    memory.chain(saved).chain(scratch)
}

/// A slot of memory holds one value for each of these.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Items {
    /// Each sample.
    Samples,
    /// Each sample, if there are several.
    Several,
    /// Each row of the sequences.
    Rows,
    /// The batch.
    Batch,
}

impl Items {
    fn of(rows: bool) -> Self {
        if rows { Items::Rows } else { Items::Samples }
    }
}

fn slot_member(schedule: &Schedule, name: Ident, items: Items, size: TokenStream) -> Member {
    let method = match items {
        Items::Samples => quote!(workspace),
        Items::Several => quote!(of_several),
        Items::Rows => quote!(rows),
        Items::Batch => quote!(single),
    };
    let (new, d) = (quote!(allocator.#method(#size)), schedule.ir.device());
    Member { name, ty: quote!(dl::Workspace<#d>), new, floats: if items == Items::Batch { quote!(0) } else { size } }
}

/// Returns the field for the tensor that a node saves, or for the memory of a model.
fn saved(schedule: &Schedule, node: &Node) -> Option<Member> {
    let name = super::names::saved(&schedule.values, node);
    let training = schedule.mode == Mode::Training;
    if let Config::Model(ty) = &node.op.config {
        let (memory, new, floats) = if training {
            (quote!(Training), quote!(training_memory), quote!(TRAINING_FLOATS))
        } else {
            (quote!(Inference), quote!(inference_memory), quote!(INFERENCE_FLOATS))
        };
        let (model, d) = (quote!(<#ty as dl::Passes>), schedule.ir.device());
        return Some(Member {
            name,
            ty: quote!(#model::#memory<#d>),
            new: quote!(#model::#new(allocator)),
            floats: quote!(#model::#floats),
        });
    }
    let saved = node.op.saved.as_ref().filter(|_| training && !node.saves_again())?;
    let ty = saved.shape.ty();
    let of = schedule.shape(*node.inputs.first().unwrap_or(&node.output));
    let items = if saved.per_sample { Items::of(of.length.is_some()) } else { Items::Batch };
    Some(slot_member(schedule, name, items, quote!(<#ty as dl::Pod>::LEN)))
}

/// Writes the number of `f32` that the memory takes for one sample.
fn floats(schedule: &Schedule) -> TokenStream {
    let floats = members(schedule).map(|member| member.floats);
    let floats: Vec<TokenStream> = floats.collect();
    if floats.is_empty() { quote!(0) } else { quote!(#(#floats)+*) }
}

/// Writes the size of a slot, which is that of the largest value in it.
pub(super) fn largest(slot: &Slot) -> TokenStream {
    let known: Option<Vec<usize>> = slot.sizes.iter().map(Dim::known).collect();
    match known {
        Some(sizes) => {
            let size = Dim::Known(sizes.into_iter().max().unwrap_or(0));
            quote!(#size)
        }
        None => {
            let sizes = &slot.sizes;
            // In a `const`, rustc reports a mistake in a constant as it does in the struct, and so only once.
            quote!(const { dl::dim::largest(&[#(#sizes),*]) })
        }
    }
}

impl Schedule<'_> {
    /// Returns the name of the struct of slots in the arena.
    fn slots(&self) -> Ident {
        self.ir.memory_name("Slots")
    }
    /// Writes the type of the struct.
    pub fn memory_type(&self) -> TokenStream {
        let (name, d, arguments) = (self.memory(), self.ir.device(), self.ir.generics.iter().map(parameter));
        quote!(#name<#d #(, #arguments)*>)
    }
    /// Writes the expression that allocates the struct.
    fn allocation(&self) -> TokenStream {
        let name = self.memory();
        let mut fields = members(self).map(|Member { name, new, .. }| quote!(#name: #new,)).collect::<TokenStream>();
        if fields.is_empty() {
            fields = quote!(device: ::core::marker::PhantomData);
        }
        quote!(#name { #fields })
    }
}
