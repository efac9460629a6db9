//! Plans memory: values that the backward pass reads are kept, and all others share buffers by lifetime. In a model with checkpoints,
//! buffers of values that no pass leaves to a later one are apart from the others, in an arena that all models of a pass share.
//!
//! Times are the indices of the steps of all passes in order. Every value and every gradient lives from its first write to its last
//! read. Values that alias each other (a reshape, a step in place) form one class; classes whose lifetimes do not overlap share a
//! slot.

mod classes;
mod entities;
mod parts;
mod share;
#[cfg(test)]
mod tests;

use crate::differentiate::Gradients;
use crate::dim::Dim;
use crate::fuse::Mode;
use crate::ir::{Element, Ir, Node, Value, ValueId};
use crate::steps::{Argument, Passes, Step, Tensor, Want};
use classes::Classes;
use entities::{Entities, Entity, Kind};
use parts::Parts;
use proc_macro2::{Ident, Span};

/// The memory of a value or a gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The input with this index.
    Input(usize),
    /// An output.
    Output(usize),
    /// The gradient to an output, which the caller provides.
    OutputGradient(usize),
    /// The gradient to an input, which exists only if the caller asks for it.
    InputGradient(usize),
    /// A target of the loss.
    Target(usize),
    /// A term of the loss.
    Term(usize),
    /// The gradient to a term, which the caller provides.
    TermGradient(usize),
    /// A slot of the plan.
    Slot(usize),
    /// A slot of the plan, or for one sample a part of the value in another one.
    Part(Part),
}

/// The places of a value that is a part of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The slot in which the value is alone, of several samples.
    pub own: usize,
    /// The slot of the value of which it is a part, of one sample.
    pub whole: usize,
    /// The number of elements before it.
    pub start: usize,
}

/// One buffer.
pub struct Slot {
    /// The field of the memory struct, named after the first value in the slot.
    pub name: Ident,
    /// `true` if its values are rows of sequences, `false` if they are samples.
    pub rows: bool,
    /// `true` if each of its values lives in one pass alone, so that it is in the arena.
    pub in_arena: bool,
    /// `true` if there is nothing in it for one sample: its values are then parts of others.
    pub of_several: bool,
    /// The sizes of all values in the slot, of which the largest counts.
    pub sizes: Vec<Dim>,
}

/// The plan of one mode.
pub struct Plan {
    /// All buffers.
    pub slots: Vec<Slot>,
    /// For each value, `true` if the backward pass reads it.
    pub kept: Vec<bool>,
    places: Vec<Option<Place>>,
    entities: Entities,
}

impl Plan {
    /// Returns the memory of a tensor; `None` for weights, for tensors with memory of their own, and for values that fusion removed.
    pub fn place(&self, tensor: Tensor) -> Option<Place> {
        self.places[self.entities.entity(tensor)?]
    }
    /// Returns the memory of a value; `None` if fusion removed it.
    pub fn value(&self, value: ValueId) -> Option<Place> {
        self.place(Tensor::Value(value))
    }
    /// Returns the memory of the gradient to a value.
    pub fn gradient(&self, value: ValueId) -> Option<Place> {
        self.place(Tensor::Gradient(value))
    }
    /// Returns the buffers in the arena.
    pub fn arena(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(|slot| slot.in_arena)
    }
}

/// Times at which the caller accesses memory.
#[derive(Clone, Copy)]
struct Times {
    /// The caller reads the outputs and terms, and provides their gradients.
    given: usize,
    /// All passes have ended.
    end: usize,
    /// The backward pass of the body begins; the forward pass of the body ended with so many steps.
    backward: usize,
    forward: usize,
}

/// The state of planning one mode.
struct Planner<'a> {
    ir: &'a Ir,
    values: &'a [Value],
    nodes: &'a [Node],
    gradients: &'a Gradients,
    entities: Entities,
    classes: Classes,
    parts: Parts,
}

/// Plans the memory of `passes`, which are the steps of `nodes` on `values` in `mode`, and rewrites the steps that need no memory of their own.
pub fn plan(ir: &Ir, values: &[Value], nodes: &[Node], mode: Mode, gradients: &Gradients, passes: &mut Passes) -> Plan {
    let forward = passes.forward.len() + passes.loss.len();
    let end = forward + 1 + passes.backward_steps().count();
    let times = Times {
        given: forward,
        end,
        backward: forward + 1 + passes.backward_loss.len(),
        forward: passes.forward.len(),
    };
    let entities = Entities::of(values, nodes, passes);
    let (classes, parts) = (Classes::new(entities.count()), Parts::default());
    let mut planner = Planner { ir, values, nodes, gradients, entities, classes, parts };
    planner.measure_arguments(mode, times);
    let mut kept = vec![false; values.len()];
    for (time, step) in timed(passes) {
        for argument in step.arguments.iter() {
            if let Some(entity) = planner.entity(argument) {
                planner.classes.extend_lifetime(entity, time);
            }
            if let (Tensor::Value(value), true) = (argument.tensor, time > forward) {
                kept[value] = true;
            }
        }
    }
    planner.share(mode, passes);
    planner.assign(kept, times)
}

/// Returns the steps with their times. The time between the forward and backward passes has no step.
fn timed(passes: &Passes) -> impl Iterator<Item = (usize, &Step)> {
    let forward = passes.forward.len() + passes.loss.len();
    passes.steps().enumerate().map(move |(i, step)| (if i < forward { i } else { i + 1 }, step))
}

impl Planner<'_> {
    fn gradient(&self, value: ValueId) -> Entity {
        self.values.len() + value
    }
    /// Returns the value or gradient of an argument; `None` for weights, saved tensors and omitted arguments.
    fn entity(&self, argument: &Argument) -> Option<Entity> {
        match argument.tensor {
            _ if argument.optional == Some(Want::Never) => None,
            tensor => self.entities.entity(tensor),
        }
    }

    /// Records the places and lifetimes of arguments that the caller allocates: inputs, outputs, targets, terms and their gradients.
    fn measure_arguments(&mut self, mode: Mode, times: Times) {
        let ir = self.ir;
        let training = mode == Mode::Training;
        for (k, &input) in ir.inputs.iter().enumerate() {
            self.argument(input, Place::Input(k), 0);
            self.given_gradient(input, training, Place::InputGradient(k), times.end);
        }
        for (k, output) in ir.outputs.iter().enumerate() {
            self.argument(output.value, Place::Output(k), times.end);
            self.given_gradient(output.value, training, Place::OutputGradient(k), times.given);
        }
        let Some(objective) = ir.objective.as_ref().filter(|_| !mode.predicts()) else { return };
        for (k, &target) in objective.targets.iter().enumerate() {
            self.argument(target, Place::Target(k), 0);
        }
        for (k, term) in objective.terms.iter().enumerate() {
            self.argument(term.value, Place::Term(k), times.end);
            self.given_gradient(term.value, training, Place::TermGradient(k), times.given);
        }
    }
    /// Records a value that the caller allocates, and a time at which it is alive.
    fn argument(&mut self, value: ValueId, place: Place, at: usize) {
        self.classes.set_place(value, place);
        self.classes.extend_lifetime(value, at);
    }
    /// Records the gradient to a value that the caller allocates.
    fn given_gradient(&mut self, value: ValueId, training: bool, place: Place, at: usize) {
        if training && self.values[value].shape.element == Element::F32 {
            self.argument(self.gradient(value), place, at);
        }
    }

    /// Assigns a slot to every class: in order of first write, the free slot whose size fits best.
    fn assign(self, kept: Vec<bool>, times: Times) -> Plan {
        let mut slots: Vec<(Slot, usize)> = Vec::new();
        let mut places = vec![None; self.entities.count()];
        for (class, first, last) in self.classes.unplaced() {
            let (size, rows) = self.size(class);
            let one_pass = last < times.forward || first >= times.backward;
            let in_arena = self.entities.checkpoints() && one_pass;
            let of_several = self.parts.of(class).is_some();
            let alike = |slot: &Slot| (slot.rows, slot.in_arena, slot.of_several) == (rows, in_arena, of_several);
            let free = (0..slots.len()).filter(|&s| slots[s].1 < first && alike(&slots[s].0));
            let slot = free.min_by_key(|&s| misfit(&slots[s].0, &size)).unwrap_or_else(|| {
                let name = self.name(class);
                slots.push((Slot { name, rows, in_arena, of_several, sizes: vec![] }, 0));
                slots.len() - 1
            });
            slots[slot].0.sizes.push(size);
            slots[slot].1 = last;
            places[class] = Some(slot);
        }
        let classes = &self.classes;
        let place = |class: Entity| {
            let own = places[class]?;
            Some(match self.parts.of(class) {
                Some((whole, start)) => Place::Part(Part { own, whole: places[whole]?, start }),
                None => Place::Slot(own),
            })
        };
        let places = (0..self.entities.count()).map(|e| classes.place(e).or_else(|| place(classes.of(e)))).collect();
        Plan { slots: slots.into_iter().map(|(slot, _)| slot).collect(), kept, places, entities: self.entities }
    }

    /// Returns the size of a class, and whether its values are rows of sequences.
    fn size(&self, class: Entity) -> (Dim, bool) {
        match self.entities.kind(class) {
            Kind::Value(value) | Kind::Gradient(value) | Kind::Again(value, _) => {
                let shape = &self.values[value].shape;
                (shape.len(), shape.length.is_some())
            }
            Kind::Saved(node, _) => {
                let node = &self.nodes[node];
                let of = &self.values[*node.inputs.first().unwrap_or(&node.output)].shape;
                let size = node.op.saved.as_ref().map_or(Dim::Known(0), |saved| saved.shape.len());
                (size, of.length.is_some())
            }
        }
    }

    /// Returns the name of a class: its first written value, `d_…` for gradients, or `again_…` for what a checkpoint computes again.
    fn name(&self, class: Entity) -> Ident {
        let name = |value: ValueId| &self.values[value].name;
        let first = self.nodes.iter().map(|node| node.output).find(|&v| self.classes.of(v) == class);
        if let Some(value) = first {
            return crate::names::of_value(name(value));
        }
        let member = (0..self.entities.count()).find(|&entity| self.classes.of(entity) == class).unwrap_or(class);
        match self.entities.kind(member) {
            Kind::Value(value) | Kind::Gradient(value) => crate::names::gradient_slot(name(value)),
            Kind::Again(value, depth) => crate::names::again(depth, &crate::names::of_value(name(value))),
            Kind::Saved(node, depth) => {
                let saved = crate::names::prefixed("saved_", name(self.nodes[node].output), Span::mixed_site());
                crate::names::again(depth, &saved)
            }
        }
    }
}

/// Returns how badly `size` fits a slot: the difference between the two sizes.
fn misfit(slot: &Slot, size: &Dim) -> usize {
    let largest = slot.sizes.iter().map(Dim::known).try_fold(0, |a, b| Some(a.max(b?)));
    match (largest, size.known()) {
        (Some(a), Some(b)) => a.abs_diff(b),
        _ => usize::MAX,
    }
}
