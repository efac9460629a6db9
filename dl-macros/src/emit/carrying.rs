//! Writes what training can carry from batch to batch: the states of recurrent layers, which lie one after another in one block.

use super::stepping::inner;
use crate::dim::Dim;
use crate::ir::{Config, Ir, Node, Stepping, ValueId};
use crate::schedule::Schedule;
use proc_macro2::TokenStream;
use quote::quote;

/// The memory that a layer or model has of earlier rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Memory {
    /// Nothing: it works on each row by itself.
    None,
    /// The state of recurrent layers.
    Recurrent,
    /// Something else, or it looks ahead.
    Other,
}

/// Returns whether training can carry the state of a model: it has recurrent layers, and no other layer looks along time.
pub fn carries(irs: &[Ir], ir: &Ir) -> bool {
    memory_of_model(irs, ir) == Memory::Recurrent
}

fn memory_of_model(irs: &[Ir], ir: &Ir) -> Memory {
    let body = &ir.nodes[..ir.body_len(&ir.nodes)];
    body.iter().map(|node| memory(irs, node)).fold(Memory::None, |sum, node| match (sum, node) {
        (Memory::Other, _) | (_, Memory::Other) => Memory::Other,
        (Memory::None, Memory::None) => Memory::None,
        _ => Memory::Recurrent,
    })
}

fn memory(irs: &[Ir], node: &Node) -> Memory {
    match (&node.op.config, &node.op.step, &node.op.carried) {
        // Models from elsewhere may remember anything.
        (Config::Model(ty), ..) => inner(irs, ty).map_or(Memory::Other, |inner| memory_of_model(irs, inner)),
        (_, Stepping::Rows, _) => Memory::None,
        (_, Stepping::State { .. }, Some(_)) => Memory::Recurrent,
        (_, Stepping::State { .. } | Stepping::Position | Stepping::Ahead, _) => Memory::Other,
    }
}

/// Returns where the state of each node of the body begins in that of the model, and the length of all. Both are nothing unless the model
/// carries one.
pub fn offsets(irs: &[Ir], ir: &Ir) -> (Vec<(ValueId, TokenStream)>, Option<TokenStream>) {
    if !carries(irs, ir) {
        return (Vec::new(), None);
    }
    let (mut of_layers, mut of_models, mut offsets) = (Dim::Known(0), Vec::new(), Vec::new());
    let sum = |of_layers: &Dim, of_models: &[TokenStream]| {
        let of_layers = (of_models.is_empty() || of_layers.known() != Some(0)).then(|| quote!(#of_layers));
        let terms = of_layers.iter().chain(of_models);
        quote!(#(#terms)+*)
    };
    for node in ir.nodes[..ir.body_len(&ir.nodes)].iter().filter(|node| memory(irs, node) == Memory::Recurrent) {
        offsets.push((node.output, sum(&of_layers, &of_models)));
        match (&node.op.config, &node.op.carried) {
            (Config::Model(ty), _) => of_models.push(quote!(<#ty as dl::Passes>::CARRIED)),
            (_, Some(floats)) => of_layers = of_layers.add(floats),
            (_, None) => {}
        }
    }
    (offsets, Some(sum(&of_layers, &of_models)))
}

impl Schedule<'_> {
    /// Writes the states that a node starts from, as an argument of its pass in training.
    pub fn carried_by(&self, node: &Node, backward: bool) -> TokenStream {
        let reference = if backward { quote!(as_ref) } else { quote!(as_mut) };
        match self.carried.iter().find(|(output, _)| *output == node.output) {
            Some((_, offset)) => quote!(carried.#reference().map(|carried| carried.at(#offset))),
            None => quote!(dl::None),
        }
    }
}
