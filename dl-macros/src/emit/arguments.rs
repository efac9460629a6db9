//! Writes how a pass accesses its data: its arguments, unpacked where there are several values, and the slots of its memory.

use crate::dim::Dim;
use crate::ir::{Element, Ir, Shape, ValueId};
pub use crate::names::{gradient, local};
use crate::names::{of_output, of_term, of_value};
use crate::plan::{Part, Place, Slot};
use crate::schedule::Schedule;
use crate::steps::{Access, Tensor};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// The pass that is being written. It decides whether outputs and terms are writable views.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Writes outputs and terms.
    Forward,
    /// Writes outputs, and continues streams.
    Step,
    /// Writes terms, and reads outputs.
    Loss,
    /// Reads outputs and terms.
    Backward,
}

/// Returns whether inputs, outputs or targets are fields of a generated struct; a single one is passed as it is.
pub fn several(values: &[ValueId]) -> bool {
    values.len() != 1
}

impl Ir {
    /// Returns the variable of input `k`.
    pub fn input_name(&self, k: usize) -> Ident {
        of_value(&self.values[self.inputs[k]].name)
    }
    /// Returns the argument that holds the inputs; a single input is the argument itself.
    pub fn input_argument(&self) -> Ident {
        if several(&self.inputs) { local("input") } else { self.input_name(0) }
    }
    /// Returns the variable of output `k`.
    pub fn output_name(&self, k: usize) -> Ident {
        if self.outputs.len() == 1 { local("output") } else { of_output(&self.outputs[k].name) }
    }
    /// Returns the variable of target `k`.
    pub fn target_name(&self, k: usize) -> Ident {
        of_value(&self.values[self.targets()[k]].name)
    }
    /// Returns the argument that holds the targets.
    pub fn target_argument(&self) -> Ident {
        if several(self.targets()) { local("target") } else { self.target_name(0) }
    }
    /// Returns the targets of the loss.
    pub fn targets(&self) -> &[ValueId] {
        self.objective.as_ref().map_or(&[], |objective| &objective.targets)
    }
    fn float_inputs(&self) -> Vec<usize> {
        let float = |k: &usize| self.values[self.inputs[*k]].shape.element == Element::F32;
        (0..self.inputs.len()).filter(float).collect()
    }
    /// Writes `calls` under the condition that the caller asks for the gradients to the inputs.
    pub fn with_input_gradients(&self, calls: TokenStream, otherwise: TokenStream) -> TokenStream {
        let names: Vec<Ident> = self.float_inputs().into_iter().map(|k| gradient(&self.input_name(k))).collect();
        if let [name] = names.as_slice() {
            return quote!(if let dl::Some(#name) = #name.as_mut() { #calls } #otherwise);
        }
        quote! {
            if let (#(dl::Some(#names),)*) = (#(#names.as_mut(),)*) { #calls } #otherwise
        }
    }

    /// Writes a variable for each of several inputs.
    pub fn unpack_inputs(&self) -> TokenStream {
        let inputs = self.inputs.iter().enumerate().map(|(k, &v)| (self.input_name(k), &self.values[v].shape));
        unpack(self, &local("input"), inputs, false)
    }
    /// Writes a variable for each of several targets.
    pub fn unpack_targets(&self) -> TokenStream {
        let targets = self.targets().iter().enumerate();
        unpack(self, &local("target"), targets.map(|(k, &v)| (self.target_name(k), &self.values[v].shape)), false)
    }
    /// Writes a variable for each of several outputs or their gradients; `wrap` makes its name from that of the output.
    pub fn unpack_outputs(&self, from: &str, wrap: fn(&Ident) -> Ident, writable: bool) -> TokenStream {
        let outputs = self.outputs.iter().enumerate().map(|(k, output)| (wrap(&self.output_name(k)), &output.shape));
        unpack(self, &local(from), outputs, writable)
    }
    /// Writes a variable for each term or its gradient.
    pub fn unpack_terms(&self, from: &str, wrap: fn(&Ident) -> Ident) -> TokenStream {
        let (terms, from) = (self.objective.iter().flat_map(|objective| &objective.terms).count(), local(from));
        let names = (0..terms).map(|k| wrap(&of_term(k)));
        quote!(#(let mut #names = #from.take::<f32>();)*)
    }
    /// Writes a variable for the gradient to each of several inputs, which is `None` unless the caller asks for them.
    pub fn unpack_input_gradients(&self) -> TokenStream {
        if !several(&self.inputs) {
            return quote!();
        }
        let names = (0..self.inputs.len()).map(|k| gradient(&self.input_name(k)));
        let takes = self.inputs.iter().map(|&input| take(self, &self.values[input].shape));
        let d_input = local("d_input");
        quote! {
            let mut d_inputs = #d_input.map(dl::ViewMut::parts);
            #(let mut #names = d_inputs.as_mut().map(|parts| parts.#takes);)*
        }
    }
}

/// Writes `let name = ….take::<type>();` for each part of the struct in variable `from`; nothing for a single one.
fn unpack<'a>(ir: &Ir, from: &Ident, parts: impl Iterator<Item = (Ident, &'a Shape)>, writable: bool) -> TokenStream {
    let parts: Vec<_> = parts.collect();
    if parts.len() < 2 {
        return quote!();
    }
    let mutable = writable.then(|| quote!(mut));
    let lets = parts.iter().map(|(name, shape)| {
        let take = take(ir, shape);
        quote!(let #mutable #name = parts.#take;)
    });
    quote!(let mut parts = #from.parts(); #(#lets)*)
}

/// Writes the call that takes a value of shape `shape` from the parts of a batch.
fn take(ir: &Ir, shape: &Shape) -> TokenStream {
    let ty = shape.ty();
    if ir.lengths.is_empty() {
        return quote!(take::<#ty>());
    }
    let count = count(ir, shape);
    quote!(take_items::<#ty>(#count))
}

/// Writes the number of values of shape `shape` in a batch: its samples, or the rows of a sequence.
pub fn count(ir: &Ir, shape: &Shape) -> TokenStream {
    match (&shape.length, ir.lengths.len()) {
        (None, _) => quote!(n),
        (Some(_), ..=1) => quote!(rows),
        (Some(length), _) => {
            let index = proc_macro2::Literal::usize_unsuffixed(length.index);
            quote!(rows[#index])
        }
    }
}

/// Returns the name itself.
pub fn same(name: &Ident) -> Ident {
    name.clone()
}

impl Schedule<'_> {
    pub fn shape(&self, value: ValueId) -> &Shape {
        &self.values[value].shape
    }
    /// Writes a view of `place` that has the shape `shape`.
    pub fn read(&self, place: Place, shape: &Shape, direction: Direction) -> TokenStream {
        let (ir, ty, count) = (self.ir, shape.ty(), count(self.ir, shape));
        let view = |name: Ident, writable: bool| if writable { quote!(#name.view()) } else { quote!(#name) };
        let scalar = Shape::of([]).with_length(shape.length.clone());
        let (view, own) = match place {
            Place::Slot(slot) => return self.slot(slot, &ty, count, Access::Read),
            Place::Part(part) => return self.part(part, &ty, Access::Read),
            Place::Input(k) => (view(ir.input_name(k), false), &ir.values[ir.inputs[k]].shape),
            Place::Target(k) => (view(ir.target_name(k), false), self.shape(ir.targets()[k])),
            Place::Output(k) => (
                view(ir.output_name(k), matches!(direction, Direction::Forward | Direction::Step)),
                &ir.outputs[k].shape,
            ),
            Place::Term(k) => (view(of_term(k), direction != Direction::Backward), &scalar),
            Place::OutputGradient(k) => (view(gradient(&ir.output_name(k)), true), &ir.outputs[k].shape),
            Place::TermGradient(k) => (view(gradient(&of_term(k)), true), &scalar),
            Place::InputGradient(k) => (view(gradient(&ir.input_name(k)), true), self.shape(ir.inputs[k])),
        };
        cast(view, own, shape)
    }
    /// Writes a writable view of `place` that has the shape `shape`.
    pub fn write(&self, place: Place, shape: &Shape) -> TokenStream {
        let (ir, ty, count) = (self.ir, shape.ty(), count(self.ir, shape));
        let scalar = Shape::of([]).with_length(shape.length.clone());
        let (name, own) = match place {
            Place::Slot(slot) => return self.slot(slot, &ty, count, Access::Write),
            Place::Part(part) => return self.part(part, &ty, Access::Write),
            Place::Output(k) => (ir.output_name(k), &ir.outputs[k].shape),
            Place::Term(k) => (of_term(k), &scalar),
            Place::OutputGradient(k) => (gradient(&ir.output_name(k)), &ir.outputs[k].shape),
            Place::TermGradient(k) => (gradient(&of_term(k)), &scalar),
            Place::InputGradient(k) => (gradient(&ir.input_name(k)), self.shape(ir.inputs[k])),
            Place::Input(_) | Place::Target(_) => unreachable!("the plan never writes over what flows in"),
        };
        cast(quote!(#name.reborrow()), own, shape)
    }
    /// Writes a view of a slot, which is in the memory of the model or in the arena.
    pub fn slot(&self, slot: usize, ty: &TokenStream, count: TokenStream, access: Access) -> TokenStream {
        let Slot { name, in_arena, .. } = &self.plan.slots[slot];
        let of = if *in_arena { quote!(slots) } else { quote!(memory) };
        if access == Access::Read {
            quote!(#of.#name.read::<#ty>(#count))
        } else {
            quote!(#of.#name.write::<#ty>(#count))
        }
    }
    /// Writes a view of a value that for one sample is a part of another one.
    fn part(&self, Part { own, whole, start }: Part, ty: &TokenStream, access: Access) -> TokenStream {
        let [own, whole] = [own, whole].map(|slot| &self.plan.slots[slot].name);
        let start = Dim::Known(start);
        if access == Access::Read {
            quote!(memory.#own.read_part::<#ty>(&memory.#whole, #start, n))
        } else {
            quote!(memory.#own.write_part::<#ty>(&mut memory.#whole, #start, n))
        }
    }
    pub fn place(&self, tensor: Tensor) -> Place {
        self.plan.place(tensor).expect("values of scheduled nodes, and gradients that flow to them, have places")
    }
    pub fn read_value(&self, value: ValueId, direction: Direction) -> TokenStream {
        self.read(self.place(Tensor::Value(value)), self.shape(value), direction)
    }
}

/// Writes a cast of `view` from shape `from` to shape `to`, unless they are the same.
fn cast(view: TokenStream, from: &Shape, to: &Shape) -> TokenStream {
    let ty = to.ty();
    if from == to {
        view
    } else if from.len().known().is_some() && to.len().known().is_some() {
        quote!(#view.cast::<#ty>())
    } else {
        // The checks of the layer compare sizes that only rustc knows; this cast must not report a mistake again.
        quote!(#view.cast_checked_apart::<#ty>())
    }
}
