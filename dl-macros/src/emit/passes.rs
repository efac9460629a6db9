//! The passes: one call for each operation, in layer order forward and in reverse backward.

use super::memory::saved_name;
use super::{Schedule, operation};
use crate::ir::{Config, Inference, Node, Shape, ValueId};
use crate::plan::Place;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// `infer`, `forward`, `backward` and `inspect`.
pub fn passes(training: &Schedule, inference: &Schedule) -> TokenStream {
    let input = &training.ir.values[training.ir.inputs[0]].name;
    let d_input = training.d_input();
    let (infer_slots, train_slots) = (inference.memory(), training.memory());
    let infer = (0..inference.nodes.len()).map(|i| inference.infer(i));
    let forward = (0..training.nodes.len()).map(|i| training.forward(i));
    let backward = backward(training);
    let inspect = inspect(training);
    quote! {
        fn infer<D: dl::Device>(
            pass: &dl::Pass<'_, D>,
            net: dl::View<'_, D, Self>,
            #input: dl::View<'_, D, Self::Input>,
            slots: &mut #infer_slots<D>,
            mut output: dl::ViewMut<'_, D, Self::Output>,
        ) {
            let n = #input.len();
            #(#infer)*
        }
        fn forward<D: dl::Device>(
            pass: &dl::Pass<'_, D>,
            net: dl::View<'_, D, Self>,
            #input: dl::View<'_, D, Self::Input>,
            slots: &mut #train_slots<D>,
            mut output: dl::ViewMut<'_, D, Self::Output>,
        ) {
            let n = #input.len();
            #(#forward)*
        }
        fn backward<D: dl::Device>(
            pass: &dl::Pass<'_, D>,
            net: dl::View<'_, D, Self>,
            #input: dl::View<'_, D, Self::Input>,
            slots: &mut #train_slots<D>,
            output: dl::View<'_, D, Self::Output>,
            mut d_output: dl::ViewMut<'_, D, Self::Output>,
            mut d_net: dl::ViewMut<'_, D, Self>,
            mut #d_input: ::core::option::Option<dl::ViewMut<'_, D, Self::Input>>,
        ) {
            let n = #input.len();
            #backward
        }
        fn inspect<D: dl::Device>(
            slots: &#train_slots<D>,
            n: usize,
            see: &mut dyn ::core::ops::FnMut(&'static str, D::Ref<'_, f32>),
        ) {
            #inspect
        }
    }
}

/// Which pass is being written: decides how the argument `output` is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forward,
    Backward,
}

impl Schedule<'_> {
    fn shape(&self, value: ValueId) -> &Shape {
        &self.ir.values[value].shape
    }
    /// The argument for the gradient to the input.
    fn d_input(&self) -> proc_macro2::Ident {
        let input = &self.ir.values[self.ir.inputs[0]].name;
        format_ident!("d_{input}", span = proc_macro2::Span::mixed_site())
    }
    /// `place` as a view of `shape`.
    fn read(&self, place: Place, shape: &Shape, direction: Direction) -> TokenStream {
        let ty = shape.ty();
        let (view, own) = match place {
            Place::Slot(slot) => {
                let name = &self.plan.slots[slot].name;
                return quote!(slots.#name.read::<#ty>(n));
            }
            Place::Input => {
                let (name, shape) = (&self.ir.values[self.ir.inputs[0]].name, self.shape(self.ir.inputs[0]));
                (quote!(#name), shape)
            }
            Place::Output if direction == Direction::Forward => (quote!(output.view()), &self.ir.declared_output),
            Place::Output => (quote!(output), &self.ir.declared_output),
            Place::OutputGradient => (quote!(d_output.view()), &self.ir.declared_output),
            Place::InputGradient => {
                let name = self.d_input();
                (quote!(#name.view()), self.shape(self.ir.inputs[0]))
            }
        };
        cast(view, own, shape)
    }
    /// `place` as a writable view of `shape`.
    fn write(&self, place: Place, shape: &Shape) -> TokenStream {
        let ty = shape.ty();
        let (view, own) = match place {
            Place::Slot(slot) => {
                let name = &self.plan.slots[slot].name;
                return quote!(slots.#name.write::<#ty>(n));
            }
            Place::Output => (quote!(output.reborrow()), &self.ir.declared_output),
            Place::OutputGradient => (quote!(d_output.reborrow()), &self.ir.declared_output),
            Place::InputGradient => {
                let name = self.d_input();
                (quote!(#name.reborrow()), self.shape(self.ir.inputs[0]))
            }
            Place::Input => unreachable!("the plan never writes over the input"),
        };
        cast(view, own, shape)
    }
    fn value(&self, value: ValueId) -> Place {
        self.plan.value(value).expect("values of scheduled nodes have places")
    }
    fn gradient(&self, value: ValueId) -> Place {
        self.plan.gradient(value).expect("values of scheduled nodes have gradients")
    }
    fn read_value(&self, value: ValueId, direction: Direction) -> TokenStream {
        self.read(self.value(value), self.shape(value), direction)
    }
    /// The inputs of a node; all in the shape of the first, which the checks have found equal where there are two.
    fn read_inputs<'a>(&'a self, node: &'a Node, direction: Direction) -> impl Iterator<Item = TokenStream> + 'a {
        let shape = self.shape(node.inputs[0]);
        node.inputs.iter().map(move |&input| self.read(self.value(input), shape, direction))
    }
    /// The weights of a node, with a comma.
    fn weights(&self, node: &Node) -> TokenStream {
        node.field.map_or(quote!(), |field| {
            let name = &self.ir.fields[field].name;
            quote!(dl::field!(net.#name),)
        })
    }
    /// What a node saves for backward: a view, with a comma.
    fn saved(&self, node: &Node, access: TokenStream) -> TokenStream {
        node.op.saved.as_ref().map_or(quote!(), |saved| {
            let (name, ty) = (saved_name(self.ir, node), &saved.ty);
            let count = if saved.per_sample { quote!(n) } else { quote!(1) };
            quote!(slots.#name.#access::<#ty>(#count),)
        })
    }
    /// A reshape that must copy.
    fn copy(&self, node: &Node) -> TokenStream {
        let input = self.read(self.value(node.inputs[0]), self.shape(node.output), Direction::Forward);
        let output = self.write(self.value(node.output), self.shape(node.output));
        quote!(dl::ops::Activation::Identity.forward(pass, #input, #output);)
    }

    /// Node `i` at inference.
    fn infer(&self, i: usize) -> TokenStream {
        let (node, run) = (&self.nodes[i], self.plan.runs[i]);
        let differs = node.op.inference == Inference::Infer;
        self.run_forward(i, if differs { "infer" } else { "forward" }, quote!(), run.in_place)
    }
    /// Node `i` in training.
    fn forward(&self, i: usize) -> TokenStream {
        let saved = self.saved(&self.nodes[i], quote!(write));
        self.run_forward(i, "forward", saved, self.plan.runs[i].in_place)
    }
    fn run_forward(&self, i: usize, method: &str, saved: TokenStream, in_place: bool) -> TokenStream {
        let node = &self.nodes[i];
        if matches!(node.op.config, Config::Reshape) {
            return if self.plan.runs[i].copies { self.copy(node) } else { quote!() };
        }
        let (op, weights) = (operation(node, self.mode), self.weights(node));
        let output = self.write(self.value(node.output), self.shape(node.output));
        if in_place {
            let method = format_ident!("{method}_in_place");
            return quote!(#op.#method(pass, #weights #output););
        }
        let (method, inputs) = (format_ident!("{method}"), self.read_inputs(node, Direction::Forward));
        quote!(#op.#method(pass, #weights #(#inputs,)* #output, #saved);)
    }
}

/// `view` of a batch of `from` as one of `to`, where they are not written alike.
fn cast(view: TokenStream, from: &Shape, to: &Shape) -> TokenStream {
    let ty = to.ty();
    if from.ty().to_string() == ty.to_string() { view } else { quote!(#view.cast::<#ty>()) }
}

/// The calls of the backward pass.
fn backward(schedule: &Schedule) -> TokenStream {
    let mut writer = Backward {
        schedule,
        values: vec![false; schedule.ir.values.len()],
        fields: vec![false; schedule.ir.fields.len()],
    };
    (0..schedule.nodes.len()).rev().map(|i| writer.node(i)).collect()
}

/// Writes the backward pass, keeping in mind which gradients hold a part of their sum already.
struct Backward<'a> {
    schedule: &'a Schedule<'a>,
    values: Vec<bool>,
    fields: Vec<bool>,
}

impl Backward<'_> {
    fn node(&mut self, i: usize) -> TokenStream {
        let s = self.schedule;
        let (node, run) = (&s.nodes[i], s.plan.runs[i]);
        let op = operation(node, s.mode);
        let d_output = s.gradient(node.output);
        let shape = s.shape(node.output);
        let kept = {
            let inputs = s.read_inputs(node, Direction::Backward).filter(|_| node.op.keeps.inputs);
            let output = node.op.keeps.output.then(|| s.read_value(node.output, Direction::Backward)).into_iter();
            let saved = s.saved(node, quote!(read));
            quote!(#(#inputs,)* #(#output,)* #saved)
        };
        let mut calls = TokenStream::new();
        if let Some(activation) = &node.activation {
            let (expr, output) = (&activation.expr, s.read_value(node.output, Direction::Backward));
            let d = s.write(d_output, shape);
            calls.extend(quote!(#expr.backward_in_place(pass, #output, #d);));
        }
        let read_d_output = s.read(d_output, shape, Direction::Backward);
        if let Some(field) = node.field {
            let weights = s.weights(node);
            let name = &s.ir.fields[field].name;
            let d_weights = grad(&mut self.fields[field], quote!(dl::field!(d_net.#name)));
            let d_input = self.optional_gradient(node.inputs[0]);
            calls.extend(quote!(#op.backward(pass, #weights #kept #read_d_output, #d_weights, #d_input);));
        } else if run.backward_in_place {
            let d = s.write(d_output, shape);
            calls.extend(quote!(#op.backward_in_place(pass, #kept #d);));
            self.values[node.inputs[0]] = true;
        } else if matches!(node.op.config, Config::Reshape) {
            if !run.gradient_is_there[0] {
                let input = s.shape(node.inputs[0]);
                let d_output = s.read(d_output, input, Direction::Backward);
                let d_input = self.gradient(node.inputs[0], input);
                calls.extend(quote!(dl::ops::Activation::Identity.backward(pass, #d_output, #d_output, #d_input);));
            }
            self.values[node.inputs[0]] = true;
        } else {
            // The gradient that stays where it is comes last: the others are read from the same memory.
            let methods: &[&str] =
                if node.inputs.len() == 2 { &["backward_left", "backward_right"] } else { &["backward"] };
            for (k, method) in methods.iter().enumerate().rev() {
                let input = node.inputs[k];
                if !run.gradient_is_there[k] {
                    let method = format_ident!("{method}");
                    let d_input = self.gradient(input, s.shape(node.inputs[0]));
                    let call = quote!(#op.#method(pass, #kept #read_d_output, #d_input););
                    calls.extend(if s.plan.trained[node.output] { self.wanted(input, call) } else { call });
                }
                self.values[input] = true;
            }
        }
        // Nothing before this node is trained: all of it is for the gradient to the input.
        self.wanted(node.output, calls)
    }

    /// `calls` for the gradient to `value`, only when the gradient to the input is asked for if they serve nothing else.
    fn wanted(&self, value: ValueId, calls: TokenStream) -> TokenStream {
        if self.schedule.plan.trained[value] || calls.is_empty() {
            return calls;
        }
        let d_input = self.schedule.d_input();
        quote!(if let ::core::option::Option::Some(#d_input) = #d_input.as_mut() { #calls })
    }

    /// The gradient to a value as a `Grad` in `shape`.
    fn gradient(&mut self, value: ValueId, shape: &Shape) -> TokenStream {
        let to = self.schedule.write(self.schedule.gradient(value), shape);
        grad(&mut self.values[value], to)
    }

    /// The gradient to a value as an `Option<Grad>`: `None` when only the input would want it, and nobody wants that.
    fn optional_gradient(&mut self, value: ValueId) -> TokenStream {
        let s = self.schedule;
        let gradient = self.gradient(value, s.shape(value));
        if s.plan.trained[value] {
            return quote!(::core::option::Option::Some(#gradient));
        }
        let d_input = s.d_input();
        quote! {
            match #d_input.as_mut() {
                ::core::option::Option::Some(#d_input) => ::core::option::Option::Some(#gradient),
                ::core::option::Option::None => ::core::option::Option::None,
            }
        }
    }
}

/// `to` as a `Grad`: set the first time, added to after that.
fn grad(written: &mut bool, to: TokenStream) -> TokenStream {
    let write = if std::mem::replace(written, true) { quote!(add) } else { quote!(set) };
    quote!(dl::Grad::#write(#to))
}

/// Shows every value that is still there after the forward pass.
fn inspect(schedule: &Schedule) -> TokenStream {
    schedule
        .nodes
        .iter()
        .filter(|node| {
            schedule.plan.kept[node.output] && matches!(schedule.plan.value(node.output), Some(Place::Slot(_)))
        })
        .map(|node| {
            let (label, value) = (&node.label, schedule.read_value(node.output, Direction::Backward));
            quote!(see(#label, #value.data());)
        })
        .collect()
}
