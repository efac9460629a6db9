//! The memory plan: what backward needs is kept, everything else shares buffers by lifetime.
//!
//! Time runs over the forward passes of all nodes and then, in training, over their backward passes in reverse. Every value
//! and every gradient lives from its first write to its last read. Values that are the same memory (a reshape, an operation
//! in place) are one class; classes whose lifetimes do not meet share a slot.

#[cfg(test)]
mod tests;

use crate::dim::Dim;
use crate::fuse::Mode;
use crate::ir::{Config, Element, Ir, Node, ValueId};
use crate::names;
use proc_macro2::Ident;

/// Where a value or gradient lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Input number so and so of the model.
    Input(usize),
    /// An output.
    Output(usize),
    /// The gradient to an output, as the caller gives it.
    OutputGradient(usize),
    /// The gradient to an input, which is there only when it is asked for.
    InputGradient(usize),
    /// A target of the loss.
    Target(usize),
    /// A term of the loss.
    Term(usize),
    /// The gradient to a term, as the caller gives it.
    TermGradient(usize),
    /// A slot of the plan.
    Slot(usize),
}

/// One buffer.
pub struct Slot {
    /// Field of the memory struct: the first value that lives there.
    pub name: Ident,
    /// Sizes of all that live there; the largest decides.
    pub sizes: Vec<Dim>,
}

/// How a node runs in the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// Forward writes over its input.
    pub in_place: bool,
    /// A reshape between two arguments: copies.
    pub copies: bool,
    /// The gradient to input `i` needs no work: it is the gradient to the output, in the same memory.
    pub gradient_is_there: Vec<bool>,
    /// Backward writes over the gradient to the output.
    pub backward_in_place: bool,
    /// A model whose input's gradient holds a part of its sum already: it writes to memory of its own, which is added.
    pub adds: bool,
}

/// Who asks for the gradient to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Want {
    /// Nobody: it depends on nothing that is trained or has a gradient of its own.
    Never,
    /// The caller, if it asks for the gradient to the input.
    ForInput,
    /// Weights before it.
    Always,
}

/// The plan of one mode.
pub struct Plan {
    /// All buffers.
    pub slots: Vec<Slot>,
    /// For each node.
    pub runs: Vec<Run>,
    /// Who asks for the gradient to each value.
    pub wants: Vec<Want>,
    /// Whether a gradient comes to each value: something after it leads to an output or a term.
    pub reached: Vec<bool>,
    /// Whether the backward pass reads each value.
    pub kept: Vec<bool>,
    places: Vec<Option<Place>>,
    values: usize,
}

impl Plan {
    /// Where a value lives; `None` for values that fusion removed.
    pub fn value(&self, value: ValueId) -> Option<Place> {
        self.places[value]
    }
    /// Where the gradient to a value lives.
    pub fn gradient(&self, value: ValueId) -> Option<Place> {
        self.places[self.values + value]
    }
}

/// A value, or (from `values` on) the gradient to one.
type Entity = usize;

struct Planner<'a> {
    ir: &'a Ir,
    nodes: &'a [Node],
    mode: Mode,
    /// Union-find over entities.
    parent: Vec<Entity>,
    /// For each class, by its representative: first write and last read.
    lives: Vec<Option<(usize, usize)>>,
    external: Vec<Option<Place>>,
    wants: Vec<Want>,
    reached: Vec<bool>,
    kept: Vec<bool>,
}

/// Plans the memory of `nodes`, which `fuse` made for `mode`.
pub fn plan(ir: &Ir, nodes: &[Node], mode: Mode) -> Plan {
    let entities = 2 * ir.values.len();
    let mut planner = Planner {
        ir,
        nodes,
        mode,
        parent: (0..entities).collect(),
        lives: vec![None; entities],
        external: vec![None; entities],
        wants: wants(ir, nodes),
        reached: reached(ir, nodes),
        kept: vec![false; ir.values.len()],
    };
    planner.measure_lives();
    let runs = planner.share_memory();
    planner.assign(runs)
}

/// For each value whether a weight lies before it, or at least an input of the model.
fn wants(ir: &Ir, nodes: &[Node]) -> Vec<Want> {
    let mut wants = vec![Want::Never; ir.values.len()];
    for &input in &ir.inputs {
        if ir.values[input].shape.element == Element::F32 {
            wants[input] = Want::ForInput;
        }
    }
    for node in nodes {
        let inputs = node.inputs.iter().map(|&input| wants[input]).max().unwrap_or(Want::Never);
        wants[node.output] = match node.field {
            _ if node.op.stops_gradient => Want::Never,
            Some(_) => Want::Always,
            None => inputs,
        };
    }
    wants
}

/// For each value whether the gradient of what training makes small comes to it.
fn reached(ir: &Ir, nodes: &[Node]) -> Vec<bool> {
    let mut reached = vec![false; ir.values.len()];
    for value in ir.gradient_sources() {
        reached[value] = true;
    }
    for node in nodes.iter().rev() {
        if reached[node.output] && !node.op.stops_gradient {
            for &input in &node.inputs {
                reached[input] = true;
            }
        }
    }
    reached
}

impl Planner<'_> {
    fn gradient(&self, value: ValueId) -> Entity {
        self.ir.values.len() + value
    }
    fn forward_time(&self, node: usize) -> usize {
        node
    }
    fn backward_time(&self, node: usize) -> usize {
        2 * self.nodes.len() - 1 - node
    }
    fn class(&self, mut entity: Entity) -> Entity {
        while self.parent[entity] != entity {
            entity = self.parent[entity];
        }
        entity
    }
    fn live(&mut self, entity: Entity, time: usize) {
        let class = self.class(entity);
        let (first, last) = self.lives[class].unwrap_or((time, time));
        self.lives[class] = Some((first.min(time), last.max(time)));
    }
    fn last(&self, entity: Entity) -> usize {
        self.lives[self.class(entity)].map_or(0, |(_, last)| last)
    }
    fn place(&self, entity: Entity) -> Option<Place> {
        self.external[self.class(entity)]
    }
    /// Whether a node has passes in place: with weights (batch_norm), at inference only.
    fn may_run_in_place(&self, node: &Node) -> bool {
        node.op.in_place && (self.mode != Mode::Training || node.field.is_none())
    }
    /// Makes two entities one class.
    fn unite(&mut self, a: Entity, b: Entity) {
        let (a, b) = (self.class(a), self.class(b));
        if a != b {
            self.parent[b] = a;
            self.lives[a] = match (self.lives[a], self.lives[b]) {
                (Some(x), Some(y)) => Some((x.0.min(y.0), x.1.max(y.1))),
                (x, y) => x.or(y),
            };
            self.external[a] = self.external[a].or(self.external[b]);
        }
    }
    /// Whether two entities can be one class: at most one argument among them.
    fn unitable(&self, a: Entity, b: Entity) -> bool {
        self.class(a) == self.class(b) || self.place(a).is_none() || self.place(b).is_none()
    }

    /// First write and last read of everything, before memory is shared.
    fn measure_lives(&mut self) {
        let (ir, half, end) = (self.ir, self.nodes.len(), 2 * self.nodes.len());
        for (k, &input) in ir.inputs.iter().enumerate() {
            self.argument(input, Place::Input(k), 0, Place::InputGradient(k), end);
        }
        for (k, output) in ir.outputs.iter().enumerate() {
            self.argument(output.value, Place::Output(k), end, Place::OutputGradient(k), half);
        }
        if let Some(objective) = ir.objective.as_ref().filter(|_| self.mode != Mode::Inference) {
            for (k, &target) in objective.targets.iter().enumerate() {
                // A target has no gradient.
                self.external[target] = Some(Place::Target(k));
                self.live(target, 0);
            }
            for (k, term) in objective.terms.iter().enumerate() {
                self.argument(term.value, Place::Term(k), end, Place::TermGradient(k), half);
            }
            if self.mode == Mode::Training {
                for &seed in &objective.seeds {
                    let gradient = self.gradient(seed);
                    self.live(gradient, half);
                }
            }
        }
        for (i, node) in self.nodes.iter().enumerate() {
            let (forward, backward) = (self.forward_time(i), self.backward_time(i));
            for &value in node.inputs.iter().chain([&node.output]) {
                self.live(value, forward);
            }
            if self.mode == Mode::Training {
                if !self.reached[node.output] {
                    continue;
                }
                for &value in node.inputs.iter().chain([&node.output]) {
                    if self.flows(value) {
                        let gradient = self.gradient(value);
                        self.live(gradient, backward);
                    }
                }
                let inputs = node.inputs.iter().filter(|_| node.op.keeps.inputs);
                let output = (node.op.keeps.output || node.activation.is_some()).then_some(&node.output);
                for &value in inputs.chain(output) {
                    self.live(value, backward);
                    self.kept[value] = true;
                }
            }
        }
    }

    /// A value that the caller holds, and its gradient, with a time when both are there.
    fn argument(&mut self, value: ValueId, place: Place, at: usize, gradient_place: Place, gradient_at: usize) {
        self.external[value] = Some(place);
        self.live(value, at);
        if self.mode == Mode::Training && self.ir.values[value].shape.element == Element::F32 {
            let gradient = self.gradient(value);
            self.external[gradient] = Some(gradient_place);
            self.live(gradient, gradient_at);
        }
    }
    /// Whether a gradient flows through a value: it comes there, and someone asks for it.
    fn flows(&self, value: ValueId) -> bool {
        self.reached[value] && self.wants[value] != Want::Never
    }

    /// Finds the nodes that need no memory of their own.
    fn share_memory(&mut self) -> Vec<Run> {
        let mut runs = vec![Run::default(); self.nodes.len()];
        // Reshapes first: that they are the same memory is a fact, all else is a choice that must respect it.
        for (i, node) in self.nodes.iter().enumerate() {
            if matches!(node.op.config, Config::Reshape) {
                runs[i].copies = !self.unitable(node.inputs[0], node.output);
                if !runs[i].copies {
                    self.unite(node.inputs[0], node.output);
                }
            }
        }
        for (i, node) in self.nodes.iter().enumerate() {
            let input = node.inputs[0];
            runs[i].in_place = self.may_run_in_place(node)
                && !matches!(self.place(input), Some(Place::Input(_) | Place::Target(_)))
                && self.last(input) <= self.forward_time(i)
                && self.unitable(input, node.output);
            if runs[i].in_place {
                self.unite(input, node.output);
            }
        }
        if self.mode == Mode::Training {
            let mut written = self.ir.given_gradients();
            for (i, run) in runs.iter_mut().enumerate().rev() {
                if self.reached[self.nodes[i].output] {
                    self.share_gradients(i, run, &mut written);
                }
            }
        }
        runs
    }

    /// The same for the gradients of node `i`; `written` says which gradients hold a part of their sum already.
    fn share_gradients(&mut self, i: usize, run: &mut Run, written: &mut [bool]) {
        let node = &self.nodes[i];
        let reshape = matches!(node.op.config, Config::Reshape) && !run.copies;
        run.gradient_is_there = vec![false; node.inputs.len()];
        if node.op.stops_gradient {
            return;
        }
        run.adds = matches!(node.op.config, Config::Model(_)) && written[node.inputs[0]];
        for (k, &input) in node.inputs.iter().enumerate() {
            if !self.flows(input) || !self.flows(node.output) {
                continue;
            }
            let twice = node.inputs.iter().filter(|&&other| other == input).count() > 1;
            let through = reshape || node.op.passes_gradient.get(k) == Some(&true) && !twice;
            let free = !written[input] && !run.gradient_is_there.contains(&true);
            if (through || self.may_run_in_place(node)) && free && self.gradient_can_move(node.output, input) {
                let (from, to) = (self.gradient(node.output), self.gradient(input));
                self.unite(from, to);
                if through {
                    run.gradient_is_there[k] = true;
                } else {
                    run.backward_in_place = true;
                }
            }
        }
        node.inputs.iter().for_each(|&input| written[input] = true);
    }

    /// Whether the gradient to `to` can be the memory of the gradient to `from`, which nothing reads after.
    fn gradient_can_move(&self, from: ValueId, to: ValueId) -> bool {
        let (d_from, d_to) = (self.gradient(from), self.gradient(to));
        // The argument `d_input` may not be there, but gradients that lead to weights are always needed: that of `from`,
        // and what shares its memory already.
        let (class, values) = (self.class(d_from), self.ir.values.len());
        let wanted = |value: ValueId| self.wants[value] == Want::Always && self.class(values + value) == class;
        let leads_to_weights = (0..values).any(wanted);
        let always_there = !matches!(self.place(d_to), Some(Place::InputGradient(_))) || !leads_to_weights;
        always_there && self.unitable(d_from, d_to)
    }

    /// Gives every class a slot: in order of first write, the free slot whose size fits best.
    fn assign(self, runs: Vec<Run>) -> Plan {
        let values = self.ir.values.len();
        let mut classes: Vec<Entity> = (0..2 * values)
            .filter(|&e| self.parent[e] == e && self.external[e].is_none() && self.lives[e].is_some())
            .collect();
        classes.sort_by_key(|&class| self.lives[class]);
        let mut slots: Vec<(Slot, usize)> = Vec::new();
        let mut places = self.external.clone();
        for class in classes {
            let (first, last) = self.lives[class].expect("only classes that live");
            let size = self.ir.values[class % values].shape.len();
            let free = (0..slots.len()).filter(|&s| slots[s].1 < first);
            let slot = free.min_by_key(|&s| misfit(&slots[s].0, &size)).unwrap_or_else(|| {
                slots.push((Slot { name: self.name(class), sizes: vec![] }, 0));
                slots.len() - 1
            });
            slots[slot].0.sizes.push(size);
            slots[slot].1 = last;
            places[class] = Some(Place::Slot(slot));
        }
        let places = (0..2 * values).map(|e| places[self.class(e)]).collect();
        Plan {
            slots: slots.into_iter().map(|(slot, _)| slot).collect(),
            runs,
            wants: self.wants,
            reached: self.reached,
            kept: self.kept,
            places,
            values,
        }
    }

    /// The name of a class: its first value that is written, `d_…` for gradients.
    fn name(&self, class: Entity) -> Ident {
        let values = self.ir.values.len();
        let first = self.nodes.iter().map(|node| node.output).find(|&v| self.class(v) == class);
        match first {
            Some(value) => names::of_value(&self.ir.values[value].name),
            None => {
                let of = (0..values).find(|&v| self.class(values + v) == class).unwrap_or(class % values);
                names::gradient_slot(&self.ir.values[of].name)
            }
        }
    }
}

/// How badly `size` fits a slot: the numbers that one of them would leave unused.
fn misfit(slot: &Slot, size: &Dim) -> usize {
    let largest = slot.sizes.iter().map(Dim::known).try_fold(0, |a, b| Some(a.max(b?)));
    match (largest, size.known()) {
        (Some(a), Some(b)) => a.abs_diff(b),
        _ => usize::MAX,
    }
}
