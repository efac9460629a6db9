//! The backward calls: in reverse, with every gradient set by its first part and added to by the others.

use super::Schedule;
use super::arguments::{Direction, gradient};
use super::forward::as_model;
use super::memory::scratch_name;
use crate::ir::{Config, Element, FieldId, Node, Shape, ValueId};
use crate::plan::{Place, Want};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// Writes backward calls, keeping in mind which gradients hold a part of their sum already.
pub struct Backward<'a> {
    schedule: &'a Schedule<'a>,
    values: Vec<bool>,
    fields: Vec<bool>,
}

impl<'a> Backward<'a> {
    /// Of the loss: the gradients to its terms are given.
    pub fn of_loss(schedule: &'a Schedule<'a>) -> Self {
        let mut backward = Backward::new(schedule, vec![false; schedule.ir.values.len()]);
        for term in schedule.ir.objective.iter().flat_map(|objective| &objective.terms) {
            backward.values[term.value] = true;
        }
        backward
    }
    /// Of the body: the gradients to its outputs, and to what the loss reads, are given.
    pub fn of_body(schedule: &'a Schedule<'a>) -> Self {
        Backward::new(schedule, schedule.ir.given_gradients())
    }
    fn new(schedule: &'a Schedule<'a>, values: Vec<bool>) -> Self {
        Backward { schedule, values, fields: vec![false; schedule.ir.fields.len()] }
    }

    /// The calls of nodes `range`.
    pub fn nodes(&mut self, range: std::ops::Range<usize>) -> TokenStream {
        range.rev().map(|i| self.node(i)).collect()
    }

    fn node(&mut self, i: usize) -> TokenStream {
        let s = self.schedule;
        let node = &s.nodes[i];
        let wanted = node.field.is_some() || node.inputs.iter().any(|&input| s.flows(input));
        if !s.plan.reached[node.output] || node.op.stops_gradient || !wanted {
            return quote!();
        }
        let d_output = s.gradient_place(node.output);
        let mut calls = TokenStream::new();
        if let Some(activation) = &node.activation {
            let (expr, output) = (&activation.expr, s.read_value(node.output, Direction::Backward));
            let d = s.write(d_output, s.shape(node.output));
            calls.extend(quote!(#expr.backward_in_place(pass, #output, #d);));
        }
        calls.extend(match (&node.op.config, node.field) {
            (Config::Model(ty), _) => self.model(i, ty),
            (_, Some(field)) => self.layer(node, field),
            (Config::Reshape, None) => self.reshape(i),
            _ if s.plan.runs[i].backward_in_place => {
                let (op, kept, d) = (s.operation(node), self.kept(node), s.write(d_output, s.shape(node.output)));
                self.values[node.inputs[0]] = true;
                quote!(#op.backward_in_place(pass, #kept #d);)
            }
            _ => self.operation(i),
        });
        // Nothing before this node is trained: all of it is for the gradient to the input.
        self.wanted(node.output, calls)
    }

    /// What the backward pass of a node reads beside gradients, with commas.
    fn kept(&self, node: &Node) -> TokenStream {
        let s = self.schedule;
        let inputs = s.read_inputs(node, Direction::Backward).filter(|_| node.op.keeps.inputs);
        let output = node.op.keeps.output.then(|| s.read_value(node.output, Direction::Backward)).into_iter();
        let saved = s.saved(node, quote!(read));
        quote!(#(#inputs,)* #(#output,)* #saved)
    }
    fn read_d_output(&self, node: &Node, shape: &Shape) -> TokenStream {
        self.schedule.read(self.schedule.gradient_place(node.output), shape, Direction::Backward)
    }

    /// A layer with weights.
    fn layer(&mut self, node: &Node, field: FieldId) -> TokenStream {
        let s = self.schedule;
        let (op, weights, kept) = (s.operation(node), s.weights(node), self.kept(node));
        let d_output = self.read_d_output(node, s.shape(node.output));
        let d_weights = self.field(field, node.weights_as.as_ref());
        let input = node.inputs[0];
        let d_input = (s.shape(input).element == Element::F32).then(|| self.optional_gradient(input)).into_iter();
        quote!(#op.backward(pass, #weights #kept #d_output, #d_weights #(, #d_input)*);)
    }

    /// A model inside this one.
    fn model(&mut self, i: usize, ty: &TokenStream) -> TokenStream {
        let s = self.schedule;
        let (node, adds) = (&s.nodes[i], s.plan.runs[i].adds);
        let input = node.inputs[0];
        let (weights, slots, pass) = (s.weights(node), s.model_memory(node), s.pass(node));
        let read = as_model(node, ty, "Input", s.read_value(input, Direction::Backward));
        let output = as_model(node, ty, "Output", s.read_value(node.output, Direction::Backward));
        let d_output = as_model(node, ty, "Output", s.write(s.gradient_place(node.output), s.shape(node.output)));
        let d_weights = node.field.map(|field| self.field(field, None)).into_iter();
        let (mut d_input, mut after) = (quote!(dl::None), quote!());
        if s.flows(input) {
            let (model, ty) = (ty, s.shape(input).ty());
            if adds {
                let scratch = scratch_name(s.ir, node);
                let to = as_model(node, model, "Input", quote!(slots.#scratch.write::<#ty>(n)));
                d_input = quote!(dl::Some(#to));
                let grad = self.gradient(input, s.shape(input));
                let d = quote!(slots.#scratch.read::<#ty>(n));
                after = quote!(dl::ops::Activation::Identity.backward(pass, #d, #d, #grad););
                after = self.wanted(input, after);
            } else {
                let to = as_model(node, model, "Input", s.write(s.gradient_place(input), s.shape(input)));
                d_input = self.option(input, to);
                self.values[input] = true;
            }
        }
        quote! {
            <#ty as dl::Model>::backward(#pass, #weights #read, #slots, #output, #d_output, #(#d_weights,)* #d_input);
            #after
        }
    }

    /// Another shape of the same numbers.
    fn reshape(&mut self, i: usize) -> TokenStream {
        let s = self.schedule;
        let (node, run) = (&s.nodes[i], &s.plan.runs[i]);
        let input = node.inputs[0];
        let mut call = quote!();
        if !run.gradient_is_there[0] {
            let d_output = self.read_d_output(node, s.shape(input));
            let d_input = self.gradient(input, s.shape(input));
            call = quote!(dl::ops::Activation::Identity.backward(pass, #d_output, #d_output, #d_input););
        }
        self.values[input] = true;
        call
    }

    /// An operation without weights.
    fn operation(&mut self, i: usize) -> TokenStream {
        let s = self.schedule;
        let (node, run) = (&s.nodes[i], &s.plan.runs[i]);
        let (op, kept) = (s.operation(node), self.kept(node));
        let d_output = self.read_d_output(node, s.shape(node.output));
        let floats: Vec<usize> =
            (0..node.inputs.len()).filter(|&k| s.shape(node.inputs[k]).element == Element::F32).collect();
        let methods: &[&str] = match floats.len() {
            2 => &["backward_left", "backward_right"],
            3 => &["backward_first", "backward_second", "backward_third"],
            _ => &["backward"],
        };
        let mut calls = TokenStream::new();
        // The gradient that stays where it is comes last: the others are read from the same memory.
        for (m, &k) in floats.iter().enumerate().rev() {
            let input = node.inputs[k];
            if !s.flows(input) {
                continue;
            }
            if !run.gradient_is_there[k] {
                let d_input = self.gradient(input, s.input_shape(node, k));
                let call = if node.op.each_input {
                    quote!(#op.backward(pass, #k, #kept #d_output, #d_input);)
                } else {
                    let method = format_ident!("{}", methods[m.min(methods.len() - 1)]);
                    quote!(#op.#method(pass, #kept #d_output, #d_input);)
                };
                calls.extend(if s.plan.wants[node.output] == Want::Always { self.wanted(input, call) } else { call });
            }
            self.values[input] = true;
        }
        calls
    }

    /// `calls` for the gradient to `value`, only when the gradient to the input is asked for if they serve nothing else.
    fn wanted(&self, value: ValueId, calls: TokenStream) -> TokenStream {
        if self.schedule.plan.wants[value] != Want::ForInput || calls.is_empty() {
            return calls;
        }
        self.schedule.ir.with_input_gradients(calls, quote!())
    }

    /// The gradient to the weights of a field as a `Grad`.
    fn field(&mut self, field: FieldId, weights_as: Option<&TokenStream>) -> TokenStream {
        let path = self.schedule.ir.access(field);
        let again = std::mem::replace(&mut self.fields[field], true);
        let write = if again { quote!(write: dl::Write::Add) } else { quote!(write) };
        let cast = weights_as.map(|ty| quote!(.cast::<#ty>()));
        quote!(dl::Grad { to: dl::field_mut!(d_net.#path) #cast, #write })
    }

    /// The gradient to a value as a `Grad` in `shape`.
    fn gradient(&mut self, value: ValueId, shape: &Shape) -> TokenStream {
        let to = self.schedule.write(self.schedule.gradient_place(value), shape);
        let write = if std::mem::replace(&mut self.values[value], true) { quote!(add) } else { quote!(set) };
        quote!(dl::Grad::#write(#to))
    }

    /// The gradient to a value as an `Option<Grad>`: `None` when only the input would want it, and nobody wants that.
    fn optional_gradient(&mut self, value: ValueId) -> TokenStream {
        if !self.schedule.flows(value) {
            return quote!(dl::None);
        }
        let gradient = self.gradient(value, self.schedule.shape(value));
        self.option(value, gradient)
    }

    /// `Some(gradient)`, for values that only the input wants only when that is asked for.
    fn option(&self, value: ValueId, gradient: TokenStream) -> TokenStream {
        let some = quote!(dl::Some(#gradient));
        if self.schedule.plan.wants[value] == Want::Always {
            return some;
        }
        if let Some(Place::InputGradient(k)) = self.schedule.plan.gradient(value) {
            let name = super::arguments::gradient(&self.schedule.ir.input_name(k));
            return quote!(#name.as_mut().map(|#name| #gradient));
        }
        self.schedule.ir.with_input_gradients(some, quote!(else { dl::None }))
    }

    /// Zeros for what the calls so far have not reached: weights and inputs behind a stopped gradient.
    pub fn rest_of_body(&self) -> TokenStream {
        let ir = self.schedule.ir;
        let fields = (0..ir.fields.len()).filter(|&field| !self.fields[field]).map(|field| {
            let path = ir.access(field);
            quote!(dl::Grad { to: dl::field_mut!(d_net.#path), write }.clear(pass);)
        });
        let inputs = self.clear_inputs(|value| !self.values[value]);
        quote!(#(#fields)* #inputs)
    }

    /// Zeros for the gradients that the body expects, and the calls so far have not written.
    pub fn rest_of_loss(&self) -> TokenStream {
        let s = self.schedule;
        let outputs = s.ir.outputs.iter().map(|output| output.value);
        let seeds = s.ir.objective.iter().flat_map(|objective| objective.seeds.iter().copied());
        let missing = outputs.chain(seeds.filter(|&seed| s.flows(seed))).filter(|&value| !self.values[value]);
        missing.map(|value| s.clear_gradient(value)).collect()
    }

    fn clear_inputs(&self, which: impl Fn(ValueId) -> bool) -> TokenStream {
        let ir = self.schedule.ir;
        let float = |value: ValueId| ir.values[value].shape.element == Element::F32;
        let names: Vec<_> = (0..ir.inputs.len())
            .filter(|&k| float(ir.inputs[k]) && which(ir.inputs[k]))
            .map(|k| gradient(&ir.input_name(k)))
            .collect();
        quote!(#(if let dl::Some(d) = #names.as_mut() { d.reborrow().clear(pass); })*)
    }
}

impl Schedule<'_> {
    /// Whether a gradient flows through a value.
    pub fn flows(&self, value: ValueId) -> bool {
        self.plan.reached[value] && self.plan.wants[value] != Want::Never
    }
    /// Zeros for the gradient to a value, if it has one.
    fn clear_gradient(&self, value: ValueId) -> TokenStream {
        let Some(place) = self.plan.gradient(value) else { return quote!() };
        let to = self.write(place, self.shape(value));
        let clear = quote!(#to.clear(pass););
        if matches!(place, Place::InputGradient(_)) { self.ir.with_input_gradients(clear, quote!()) } else { clear }
    }
    /// Zeros for the gradients that the loss would give, when the caller gives those to the outputs instead.
    pub fn clear_seeds(&self) -> TokenStream {
        let seeds = self.ir.objective.iter().flat_map(|objective| objective.seeds.iter());
        seeds.filter(|&&seed| self.flows(seed)).map(|&seed| self.clear_gradient(seed)).collect()
    }
    /// The memory in which a model inside this one writes what must be added.
    pub fn scratch(&self) -> impl Iterator<Item = (proc_macro2::Ident, TokenStream)> + '_ {
        let training = self.mode == crate::fuse::Mode::Training;
        let nodes = self.nodes.iter().zip(&self.plan.runs).filter(move |(_, run)| training && run.adds);
        nodes.map(|(node, _)| (scratch_name(self.ir, node), self.shape(node.inputs[0]).ty()))
    }
}
