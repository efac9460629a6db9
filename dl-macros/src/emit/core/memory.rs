//! Writes the memory of a prediction: a struct with a slot for each buffer of the plan, and the memory of models inside.

use crate::emit::names;
use crate::ir::{Config, Shape};
use crate::names::parameter;
use crate::plan::Place;
use crate::schedule::Schedule;
use proc_macro2::TokenStream;
use quote::quote;

/// Writes the struct with its zeros, and its type; nothing and `()` for a model that needs no memory.
pub fn memory(schedule: &Schedule) -> (TokenStream, TokenStream) {
    let ir = schedule.ir;
    let slots = schedule.plan.slots.iter().enumerate().map(|(k, slot)| {
        let ty = largest(&values(schedule, k));
        (slot.name.clone(), quote!(dl::Buffer<#ty>))
    });
    let models = schedule.nodes.iter().filter_map(|node| match &node.op.config {
        Config::Model(ty) => Some((names::saved(&schedule.values, node), quote!(<#ty as dl::Declared>::Memory))),
        _ => None,
    });
    let (names, types): (Vec<_>, Vec<_>) = slots.chain(models).unzip();
    if names.is_empty() {
        return (quote!(), quote!(()));
    }
    let (name, parameters, arguments) = (ir.memory_name("Scratch"), ir.parameters(), ir.generics.iter().map(parameter));
    let ty = if ir.generics.is_empty() { quote!(#name) } else { quote!(#name<#(#arguments),*>) };
    let definition = quote! {
        pub struct #name #parameters { #(#names: #types,)* }
        impl #parameters dl::Zeroed for #ty {
            const ZERO: Self = #name { #(#names: <#types as dl::Zeroed>::ZERO,)* };
        }
    };
    (definition, ty)
}

/// Returns the shapes of the values in a slot.
fn values<'a>(schedule: &'a Schedule, slot: usize) -> Vec<&'a Shape> {
    let outputs = schedule.nodes.iter().map(|node| node.output);
    outputs.filter(|&value| schedule.plan.value(value) == Some(Place::Slot(slot))).map(|v| schedule.shape(v)).collect()
}

/// Writes a type that is as large as the largest of these values.
fn largest(shapes: &[&Shape]) -> TokenStream {
    let known: Option<Vec<usize>> = shapes.iter().map(|shape| shape.len().known()).collect();
    if let Some(known) = known {
        let size = crate::dim::Dim::Known(known.into_iter().max().unwrap_or(0));
        return quote!([f32; #size]);
    }
    let mut different: Vec<&Shape> = Vec::new();
    shapes.iter().for_each(|shape| {
        if !different.contains(shape) {
            different.push(shape);
        }
    });
    let types = different.into_iter().map(|shape| Shape { element: crate::ir::Element::F32, ..shape.clone() }.ty());
    types.reduce(|a, b| quote!(dl::Larger<#a, #b>)).unwrap_or_else(|| quote!([f32; 0]))
}
