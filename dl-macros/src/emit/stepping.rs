//! Writes the step of a model whose layers all go forward in time: one more row, or several, for each of a batch of streams.

use super::{operation, passes};
use crate::ir::{Config, Ir, Node, Stepping};
use crate::names::{ident, parameter};
use crate::schedule::Schedule;
use crate::types::Type;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// Returns whether a model can be continued step by step: its one input is a sequence, and no layer looks ahead.
pub fn goes_forward(irs: &[Ir], ir: &Ir) -> bool {
    obstacle(irs, ir).is_none()
}

/// Returns whether the input of a model is one sequence.
fn reads_one_sequence(ir: &Ir) -> bool {
    ir.lengths.len() == 1 && ir.inputs.len() == 1
}

/// Returns why a model cannot be continued step by step.
pub fn obstacle(irs: &[Ir], ir: &Ir) -> Option<String> {
    if ir.inputs.len() > 1 {
        return Some("it has several inputs, and a step continues one sequence".to_owned());
    }
    if !reads_one_sequence(ir) {
        return Some("its input is no sequence of run-time length, such as `[.., 8]`".to_owned());
    }
    let body = &ir.nodes[..ir.body_len(&ir.nodes)];
    let (label, node) = body.iter().find_map(|node| ahead(irs, node))?;
    Some(match &node.op.config {
        Config::Model(_) => format!("`{label}` is a model that may look at later rows"),
        // The layers of an attention have names of their own.
        _ => format!("`{}`, `{}`, looks at later rows", label.trim_end_matches(".context"), node.text),
    })
}

/// Returns the layer that looks ahead, or may do so, in a node or in the models inside it; with its name from here.
fn ahead<'a>(irs: &'a [Ir], node: &'a Node) -> Option<(String, &'a Node)> {
    let own = || (node.label.clone(), node);
    let Config::Model(ty) = &node.op.config else { return matches!(node.op.step, Stepping::Ahead).then(own) };
    // Models from elsewhere may look ahead.
    let Some(inner) = inner(irs, ty).filter(|inner| reads_one_sequence(inner)) else { return Some(own()) };
    let (label, node) = inner.nodes[..inner.body_len(&inner.nodes)].iter().find_map(|node| ahead(irs, node))?;
    Some((format!("{}.{label}", own().0), node))
}

/// Writes what rustc says about a step of a model that has none.
pub fn refusal(irs: &[Ir], ir: &Ir) -> TokenStream {
    let Some(obstacle) = obstacle(irs, ir) else { return TokenStream::new() };
    let (model, parameters, d) = (ir.self_type(), ir.const_parameters(), ir.device());
    let message = format!("`{}` cannot be continued step by step: {obstacle}", ir.name);
    let bound = ident(&ir.reserved.free("GoesForward"), Span::call_site());
    quote!(dl::no_steps!([#parameters] #d #bound: #model, #message);)
}

/// Returns the model of the same `model!` with this type, or that of the copies of `repeat`.
pub fn inner<'a>(irs: &'a [Ir], ty: &Type) -> Option<&'a Ir> {
    match ty {
        Type::Array(item, _) => inner(irs, item),
        Type::Declared(name, _) => irs.iter().find(|ir| ir.name == *name),
        _ => None,
    }
}

/// One field of the state.
struct Member {
    name: Ident,
    ty: TokenStream,
    /// The expression that allocates it.
    new: TokenStream,
    model: Option<Type>,
    /// The expression is `true` if the state keeps a record of every row.
    truncates: TokenStream,
}

fn members(schedule: &Schedule) -> Vec<Member> {
    let d = schedule.ir.device();
    let member = |node: &Node| {
        let name = super::names::saved(&schedule.values, node);
        match (&node.op.config, &node.op.step) {
            (Config::Model(ty), _) => Some(Member {
                name,
                ty: quote!(<#ty as dl::Steps>::State<#d>),
                new: quote!(<#ty as dl::Steps>::state_memory(allocator)),
                model: Some(ty.clone()),
                truncates: quote!(<#ty as dl::Steps>::TRUNCATES),
            }),
            (_, Stepping::State { floats, truncates, .. }) => {
                let op = operation(schedule.ir, node, schedule.mode);
                Some(Member {
                    name,
                    ty: quote!(dl::Workspace<#d>),
                    new: quote!(allocator.workspace(#op.#floats)),
                    model: None,
                    truncates: quote!(#truncates),
                })
            }
            _ => None,
        }
    };
    schedule.nodes.iter().filter_map(member).collect()
}

/// Writes the struct of the state.
pub fn definition(schedule: &Schedule) -> TokenStream {
    let (ir, d) = (schedule.ir, schedule.ir.device());
    let (name, parameters) = (ir.memory_name("State"), ir.const_parameters());
    let members = members(schedule);
    let mut fields = members.iter().map(|Member { name, ty, .. }| quote!(#name: #ty,)).collect::<TokenStream>();
    if members.is_empty() {
        // A struct must use its type parameter.
        fields = quote!(device: ::core::marker::PhantomData<#d>);
    }
    quote!(pub struct #name<#d: dl::Device, #parameters> { #fields })
}

/// Implements `Steps`.
pub fn implementation(schedule: &Schedule) -> TokenStream {
    let (ir, d) = (schedule.ir, schedule.ir.device());
    let (model, parameters, name) = (ir.self_type(), ir.parameters(), ir.memory_name("State"));
    let arguments = ir.generics.iter().map(parameter);
    let ty = quote!(#name<#d #(, #arguments)*>);
    let members = members(schedule);
    let mut fields = members.iter().map(|Member { name, new, .. }| quote!(#name: #new,)).collect::<TokenStream>();
    if members.is_empty() {
        fields = quote!(device: ::core::marker::PhantomData);
    }
    let see = |method: &str, reference: TokenStream| {
        let method = Ident::new(method, proc_macro2::Span::mixed_site());
        let calls = members.iter().map(|Member { name, model, .. }| match model {
            Some(ty) => quote!(<#ty as dl::Steps>::#method(#reference state.#name, see);),
            None => quote!(see(#reference state.#name);),
        });
        calls.collect::<TokenStream>()
    };
    let (slots, slots_mut) = (see("slots", quote!(&)), see("slots_mut", quote!(&mut)));
    let truncates: Vec<&TokenStream> = members.iter().map(|member| &member.truncates).collect();
    let truncates = if truncates.is_empty() { quote!(true) } else { quote!(#(#truncates)&&*) };
    let step = passes::step(schedule);
    let rows =
        members.iter().any(|member| member.model.is_none()).then(|| quote!(let rows = allocator.rows_of_streams();));
    quote! {
        #[allow(unused_mut, unused_variables)]
        impl #parameters dl::Steps for #model {
            type State<#d: dl::Device> = #ty;
            const TRUNCATES: dl::bool = #truncates;
            fn state_memory<#d: dl::Device>(allocator: &mut dl::Allocator<'_, #d>) -> #ty {
                #rows
                #name { #fields }
            }
            fn slots<'s, #d: dl::Device>(
                state: &'s #ty,
                see: &mut dyn ::core::ops::FnMut(&'s dl::Workspace<#d>),
            ) {
                #slots
            }
            fn slots_mut<'s, #d: dl::Device>(
                state: &'s mut #ty,
                see: &mut dyn ::core::ops::FnMut(&'s mut dl::Workspace<#d>),
            ) {
                #slots_mut
            }
            #step
        }
    }
}
