//! The forward calls: one for each operation, in layer order.

use super::arguments::Direction;
use super::memory::saved_name;
use super::{Schedule, operation};
use crate::fuse::Mode;
use crate::ir::{Config, Inference, Node, Shape};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

impl Schedule<'_> {
    /// The calls of nodes `range`.
    pub fn forward(&self, range: std::ops::Range<usize>, direction: Direction) -> TokenStream {
        range.map(|i| self.forward_node(i, direction)).collect()
    }

    fn forward_node(&self, i: usize, direction: Direction) -> TokenStream {
        let (node, run) = (&self.nodes[i], &self.plan.runs[i]);
        let infers = self.mode != Mode::Training && node.op.inference == Inference::Infer;
        let method = if infers { "infer" } else { "forward" };
        match &node.op.config {
            Config::Reshape if run.copies => return self.copy(node, direction),
            Config::Reshape => return quote!(),
            Config::Model(ty) => return self.forward_model(node, ty, direction),
            _ => {}
        }
        let (op, weights, output) = (self.operation(node), self.weights(node), self.write_value(node.output));
        if run.in_place {
            let method = format_ident!("{method}_in_place");
            return quote!(#op.#method(pass, #weights #output););
        }
        let method = format_ident!("{method}");
        let inputs: Vec<_> = self.read_inputs(node, direction).collect();
        if node.op.each_input {
            let calls = inputs.iter().enumerate().map(|(k, input)| {
                let output = self.write_value(node.output);
                let k = proc_macro2::Literal::usize_unsuffixed(k);
                quote!(#op.#method(pass, #k, #input, #output);)
            });
            return calls.collect();
        }
        let saved = if self.mode == Mode::Training { self.saved(node, quote!(write)) } else { quote!() };
        quote!(#op.#method(pass, #weights #(#inputs,)* #output, #saved);)
    }

    /// The passes of a model inside this one.
    fn forward_model(&self, node: &Node, ty: &TokenStream, direction: Direction) -> TokenStream {
        let method = if self.mode == Mode::Training { quote!(forward) } else { quote!(infer) };
        let (weights, slots) = (self.weights(node), self.model_memory(node));
        let input = as_model(node, ty, "Input", self.read_value(node.inputs[0], direction));
        let output = as_model(node, ty, "Output", self.write_value(node.output));
        let pass = self.pass(node);
        quote!(<#ty as dl::Model>::#method(#pass, #weights #input, #slots, #output);)
    }

    /// The pass of a model inside this one: its random numbers are its own.
    pub fn pass(&self, node: &Node) -> TokenStream {
        let index = proc_macro2::Literal::usize_unsuffixed(node.output);
        quote!(&pass.copy(#index))
    }

    /// A reshape that must copy.
    fn copy(&self, node: &Node, direction: Direction) -> TokenStream {
        let input = self.read(self.place(node.inputs[0]), self.shape(node.output), direction);
        let output = self.write_value(node.output);
        quote!(dl::ops::Activation::Identity.forward(pass, #input, #output);)
    }

    /// The settings of a node.
    pub fn operation(&self, node: &Node) -> TokenStream {
        operation(self.ir, node, self.mode)
    }
    /// The shape in which a node reads an input.
    pub fn input_shape(&self, node: &Node, k: usize) -> &Shape {
        self.shape(node.inputs[if node.op.same_shape { 0 } else { k }])
    }
    /// The inputs of a node.
    pub fn read_inputs<'a>(&'a self, node: &'a Node, direction: Direction) -> impl Iterator<Item = TokenStream> + 'a {
        let inputs = node.inputs.iter().enumerate();
        inputs.map(move |(k, &input)| self.read(self.place(input), self.input_shape(node, k), direction))
    }
    /// The weights of a node, with a comma.
    pub fn weights(&self, node: &Node) -> TokenStream {
        node.field.map_or(quote!(), |field| {
            let path = self.ir.access(field);
            let cast = node.weights_as.as_ref().map(|ty| quote!(.cast::<#ty>()));
            quote!(dl::field!(net.#path) #cast,)
        })
    }
    /// What a node saves for backward: a view, with a comma.
    pub fn saved(&self, node: &Node, access: TokenStream) -> TokenStream {
        node.op.saved.as_ref().map_or(quote!(), |saved| {
            let (name, ty) = (saved_name(self.ir, node), &saved.ty);
            let count = if saved.per_sample { quote!(n) } else { quote!(1) };
            quote!(slots.#name.#access::<#ty>(#count),)
        })
    }
    /// The memory of a model inside this one.
    pub fn model_memory(&self, node: &Node) -> TokenStream {
        let name: Ident = saved_name(self.ir, node);
        quote!(&mut slots.#name)
    }
}

/// The view of what flows into or out of a model, as the model has it: one from elsewhere is checked apart, and a mistake
/// is said once.
pub fn as_model(node: &Node, ty: &TokenStream, side: &str, view: TokenStream) -> TokenStream {
    let side = Ident::new(side, proc_macro2::Span::mixed_site());
    if node.op.elsewhere { quote!(#view.cast_checked_apart::<<#ty as dl::Model>::#side>()) } else { view }
}
