//! Writes the steps of a pass in order, each as one call with its arguments as views.

use super::arguments::{Direction, count, gradient};
use super::names;
use super::operation;
use crate::fuse::Mode;
use crate::ir::{Blocks, Config, FieldId, Node, Op, Shape, Stepping, ValueId};
use crate::plan::Place;
use crate::schedule::Schedule;
use crate::steps::{Access, Argument, Call, NodeId, Step, Tensor, Towards, Want};
use crate::types::Type;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

impl Schedule<'_> {
    /// Writes the calls of `steps`, under the conditions that something needs them.
    pub fn print(&self, steps: &[Step], direction: Direction) -> TokenStream {
        let together = steps.chunk_by(|a, b| a.guard == b.guard);
        let print = |steps: &[Step]| {
            let calls = steps.iter().map(|step| self.step(step, direction)).collect();
            match steps[0].guard {
                Want::ForInput => self.ir.with_input_gradients(calls, quote!()),
                Want::Trained(field) => match self.is_trained_up_to(field, direction) {
                    Some(condition) => quote!(if #condition { #calls }),
                    None => calls,
                },
                Want::Never | Want::Always => calls,
            }
        };
        together.map(print).collect()
    }
    /// Writes the condition that a weight is trained up to a field, counted in memory; `None` for the last one, up to which it always is,
    /// and in the loss, whose gradients are few.
    fn is_trained_up_to(&self, field: usize, direction: Direction) -> Option<TokenStream> {
        if direction == Direction::Loss {
            return None;
        }
        let next = self.ir.access(*self.fields.get(field + 1)?);
        Some(quote!(trained <= dl::offset_of!(Self, #next)))
    }

    fn step(&self, step: &Step, direction: Direction) -> TokenStream {
        let node = step.call.node().map(|i| &self.nodes[i]);
        let of_several = step.of_several;
        let arguments = step.arguments.iter().map(|argument| self.argument(argument, node, direction, of_several));
        let mut arguments: Vec<TokenStream> = arguments.collect();
        let (context, callee) = match (step.call, node) {
            (Call::Clear, _) => return quote!(#(#arguments)*.clear(context);),
            (Call::Copy, _) => (quote!(context), quote!(dl::ops::Activation::Identity.forward)),
            // Identity reads no value, so its argument for the saved value can be any view.
            (Call::Sum, _) => {
                let kept = &arguments[0];
                (quote!(context, #kept), quote!(dl::ops::Activation::Identity.backward))
            }
            (Call::Activation(_), node) => {
                let activation = node.and_then(|node| node.activation.as_ref()).map(|activation| &activation.expr);
                (quote!(context), quote!(#activation.backward_in_place))
            }
            (Call::Forward(..) | Call::Again(..) | Call::Backward(..), node) => {
                let node = node.expect("the call of a node");
                if let Config::Model(ty) = &node.op.config {
                    return self.pass_of_model(step, node, ty, &arguments, direction);
                }
                if let (Direction::Step, Stepping::State { .. }) = (direction, &node.op.step) {
                    let name = names::saved(&self.values, node);
                    arguments.insert(arguments.len() - 1, quote!(state.#name.data_mut()));
                }
                if let Some(norm) = &node.batch_norm {
                    self.with_batch_norm(node, norm, &mut arguments);
                }
                self.callee(step, node, direction)
            }
        };
        let call = quote!(#callee(#context, #(#arguments),*););
        if of_several { quote!(if n > 1 { #call }) } else { call }
    }

    /// Writes the call of a pass of a model inside this one.
    fn pass_of_model(
        &self,
        step: &Step,
        node: &Node,
        ty: &Type,
        arguments: &[TokenStream],
        direction: Direction,
    ) -> TokenStream {
        let state = names::saved(&self.values, node);
        let (pass, method, last) = match step.call {
            _ if direction == Direction::Step => ("Step", "step", Some(quote!(streams, state: &mut state.#state))),
            Call::Backward(..) => {
                let carried = self.carried_by(node, true);
                ("Backward", "backward", Some(quote!(arena: arena.rest(), carried: #carried, own_loss: false)))
            }
            _ if self.in_blocks(node) => ("Infer", "infer_in_blocks", None),
            _ if self.mode != Mode::Training => ("Infer", "infer", None),
            _ => {
                let carried = self.carried_by(node, false);
                ("Forward", "forward", Some(quote!(arena: arena.rest(), carried: #carried)))
            }
        };
        let word = |word: &str| Ident::new(word, Span::mixed_site());
        let fields = ["net", "input", "memory", "output", "d_output", "d_net", "d_input"].map(word);
        // All arguments share one lifetime, and views do not shorten their lifetime implicitly.
        let shorten = step.arguments.iter().map(|a| (a.access == Access::Read).then(|| quote!(.shorten())));
        let (pass, method) = (word(pass), word(method));
        let implementation = word(match direction {
            Direction::Step => "Steps",
            _ if self.in_blocks(node) => "BlockPasses",
            _ => "Passes",
        });
        // Each model draws random numbers of its own.
        let copy = Literal::usize_unsuffixed(node.output);
        // A model counts the lengths of its own inputs.
        let length = node.inputs.iter().find_map(|&input| self.shape(input).length.as_ref());
        let batch = match length {
            Some(length) if self.ir.lengths.len() > 1 => {
                let index = Literal::usize_unsuffixed(length.index);
                quote!(batch: dl::Batch { samples: n, sequences: &[batch.sequences[#index]] })
            }
            _ => quote!(batch),
        };
        quote! {
            <#ty as dl::#implementation>::#method(dl::#pass {
                context: &context.copy(#copy), #batch, #(#fields: #arguments #shorten,)* #last
            });
        }
    }

    /// Returns whether it calls the pass of a model whose images are in blocks.
    fn in_blocks(&self, node: &Node) -> bool {
        self.mode != Mode::Training && node.op.blocks == Blocks::Model
    }

    /// Turns the weights of a batch norm, which come second, and the summand into arguments of `infer`.
    fn with_batch_norm(&self, node: &Node, norm: &Node, arguments: &mut Vec<TokenStream>) {
        let (op, weights) = (operation(self.ir, norm, self.mode), &arguments[1]);
        arguments[1] = quote!(#op.by_running(#weights));
        let summand = node.adds_last.then(|| arguments.remove(3));
        arguments.insert(3, summand.map_or(quote!(dl::None), |summand| quote!(dl::Some(#summand))));
    }

    /// Returns the first arguments of the call of a node, and the function.
    fn callee(&self, step: &Step, node: &Node, direction: Direction) -> (TokenStream, TokenStream) {
        let infers = self.mode != Mode::Training;
        let continues = direction == Direction::Step && !matches!(node.op.step, Stepping::Rows);
        let (method, input) = match step.call {
            _ if continues => ("step", None),
            Call::Backward(_, Towards::All) => ("backward", None),
            Call::Backward(_, Towards::Input(k)) => ("backward", Some(k)),
            Call::Forward(_, input) if infers && node.infers() => ("infer", input),
            Call::Forward(_, input) => ("forward", input),
            // The forward pass updated the state, and read the carried one.
            Call::Again(_, input) if node.op.updates_state || node.op.carried.is_some() => ("forward_again", input),
            Call::Again(_, input) => ("forward", input),
            Call::Activation(_) | Call::Copy | Call::Sum | Call::Clear => unreachable!("the calls of nodes"),
        };
        let method = format!("{method}{}", if step.in_place { "_in_place" } else { "" });
        let (op, method) = (operation(self.ir, node, self.mode), Ident::new(&method, Span::mixed_site()));
        let input = input.map(Literal::usize_unsuffixed).into_iter();
        let sequences = node.op.sequences.iter();
        let sequences = sequences.map(|&k| self.sequences(node.inputs.get(k).copied().unwrap_or(node.output)));
        let streams = continues.then(|| quote!(, streams));
        let backward = matches!(step.call, Call::Again(..) | Call::Backward(..));
        let carried = (!infers && node.op.carried.is_some()).then(|| self.carried_by(node, backward));
        let carried = carried.into_iter();
        (quote!(context #(, #sequences)* #streams #(, #carried)* #(, #input)*), quote!(#op.#method))
    }

    /// Writes the sequences of a value, as operations along time take them.
    fn sequences(&self, value: ValueId) -> TokenStream {
        let shape = self.shape(value);
        if let Some(length) = &shape.length {
            let index = Literal::usize_unsuffixed(length.index);
            return quote!(batch.sequences[#index]);
        }
        let steps = shape.dims.first();
        quote!(dl::Sequences::equal(n, #steps))
    }

    /// Writes an argument of a call; `node` is the called node, if any. A call of several samples alone finds no parts of other values.
    fn argument(
        &self,
        argument: &Argument,
        node: Option<&Node>,
        direction: Direction,
        of_several: bool,
    ) -> TokenStream {
        let view = match argument.optional {
            Some(Want::Never) => return quote!(dl::None),
            _ => self.view(argument, node, direction, of_several),
        };
        let view = match (argument.tensor, argument.access) {
            (Tensor::WeightGradient(_), Access::Add) => quote!(dl::Grad { to: #view, write: dl::Write::Add }),
            (Tensor::WeightGradient(_), _) => quote!(dl::Grad { to: #view, write }),
            (_, Access::Set) => quote!(dl::Grad::set(#view)),
            (_, Access::Add) => quote!(dl::Grad::add(#view)),
            _ => view,
        };
        match (argument.optional, argument.tensor) {
            (Some(Want::Trained(field)), _) => match self.is_trained_up_to(field, direction) {
                Some(condition) => quote!(if #condition { dl::Some(#view) } else { dl::None }),
                None => quote!(dl::Some(#view)),
            },
            (Some(Want::Always), _) => quote!(dl::Some(#view)),
            (Some(Want::ForInput), Tensor::Gradient(value)) => {
                if let Some(Place::InputGradient(k)) = self.plan.gradient(value) {
                    let name = gradient(&self.ir.input_name(k));
                    return quote!(#name.as_mut().map(|#name| #view));
                }
                self.ir.with_input_gradients(quote!(dl::Some(#view)), quote!(else { dl::None }))
            }
            _ => view,
        }
    }

    /// Writes the view of an argument.
    fn view(&self, argument: &Argument, node: Option<&Node>, direction: Direction, of_several: bool) -> TokenStream {
        let mut shape = self.shape(argument.shape);
        // The pass of a model in blocks has the types of the other one.
        let planes;
        if let Some(Node { op: Op { blocks: Blocks::Model, .. }, .. }) = node {
            planes = Shape { in_blocks: false, ..shape.clone() };
            shape = &planes;
        }
        let slot = |name: Ident, shape: &TokenStream, count: TokenStream| match argument.access {
            Access::Read => quote!(memory.#name.read::<#shape>(#count)),
            _ => quote!(memory.#name.write::<#shape>(#count)),
        };
        let view = match argument.tensor {
            Tensor::Value(_) | Tensor::Again(..) | Tensor::Gradient(_) => {
                let place = match self.place(argument.tensor) {
                    Place::Part(part) if of_several => Place::Slot(part.own),
                    place => place,
                };
                self.placed(place, shape, argument.access, direction)
            }
            Tensor::Scratch(node) => {
                let name = names::scratch(&self.values, &self.nodes[node]);
                slot(name, &shape.ty(), count(self.ir, shape))
            }
            Tensor::Saved(node) | Tensor::SavedAgain(node, _) => {
                let node = &self.nodes[node];
                let Some(saved) = &node.op.saved else { return quote!() };
                let of = self.shape(*node.inputs.first().unwrap_or(&node.output));
                let (ty, count) = (saved.shape.ty(), if saved.per_sample { count(self.ir, of) } else { quote!(1) });
                if let Some(Place::Slot(place)) = self.plan.place(argument.tensor) {
                    return self.slot(place, &ty, count, argument.access);
                }
                return slot(names::saved(&self.values, node), &ty, count);
            }
            Tensor::Memory(node) => {
                let name = names::saved(&self.values, &self.nodes[node]);
                return quote!(&mut memory.#name);
            }
            Tensor::Weights(field) | Tensor::WeightGradient(field) => return self.weights(field, argument, node),
        };
        // Inputs and outputs of an external model are checked elsewhere; this cast must not report a mistake again.
        match node.map(|node| (node, &node.op.config)) {
            Some((node, Config::Model(ty))) if node.op.is_external_model => {
                let side =
                    Ident::new(if node.output == argument.shape { "Output" } else { "Input" }, Span::mixed_site());
                quote!(#view.cast_checked_apart::<<#ty as dl::Passes>::#side>())
            }
            _ => view,
        }
    }

    fn placed(&self, place: Place, shape: &Shape, access: Access, direction: Direction) -> TokenStream {
        if access == Access::Read { self.read(place, shape, direction) } else { self.write(place, shape) }
    }

    /// Writes the weights of a field or their gradient, cast if the node reads them as those of another kind of layer.
    fn weights(&self, field: FieldId, argument: &Argument, node: Option<&Node>) -> TokenStream {
        let path = self.ir.access(field);
        let cast = node.and_then(|node| node.weights_as.as_ref()).map(|ty| quote!(.cast::<#ty>()));
        match (argument.tensor, argument.access) {
            (Tensor::WeightGradient(_), _) => quote!(dl::field_mut!(d_net.#path) #cast),
            (_, Access::Read) => quote!(dl::field!(net.#path) #cast),
            _ => quote!(dl::field_mut!(net.#path) #cast),
        }
    }

    /// Returns the fields and types of the scratch memory, into which models inside this one write gradients that must be added.
    pub fn scratch(&self) -> impl Iterator<Item = (Ident, &Shape)> + '_ {
        let arguments = self.passes.steps().flat_map(|step| &step.arguments);
        arguments.filter_map(|argument| match (argument.tensor, argument.access) {
            (Tensor::Scratch(node), Access::Write) => {
                Some((names::scratch(&self.values, &self.nodes[node]), self.shape(argument.shape)))
            }
            _ => None,
        })
    }
}

impl Call {
    /// Returns the node that is called.
    fn node(self) -> Option<NodeId> {
        match self {
            Call::Forward(node, _) | Call::Again(node, _) | Call::Backward(node, _) | Call::Activation(node) => {
                Some(node)
            }
            Call::Copy | Call::Sum | Call::Clear => None,
        }
    }
}
