//! Gradient checkpointing: the values inside `checkpoint { … }` are not kept. The backward pass computes them again before it needs them.
//!
//! Source: Chen, Xu, Zhang, Guestrin, "Training deep nets with sublinear memory cost", arXiv:1604.06174, 2016. The forward steps of a
//! checkpoint are inserted into the backward pass before the first step that reads one of its values, and write instances of them
//! (`Tensor::Again`) that live from there to their last reader. Steps whose results nobody reads are left out, such as a last dense
//! layer. A model inside a checkpoint keeps what it keeps, so its steps are not repeated.

use crate::forward::forward;
use crate::fuse::Mode;
use crate::ir::{CheckpointId, Config, Ir, Node, ValueId};
use crate::steps::{Access, Call, NodeId, Passes, Step, Tensor, Want};

/// Rewrites `passes` so that the values inside the checkpoints of `ir` are computed again.
pub fn recompute(ir: &Ir, nodes: &[Node], passes: &mut Passes) {
    if ir.checkpoints.is_empty() {
        return;
    }
    let inside = Inside::of(ir, nodes);
    for argument in passes.forward.iter_mut().flat_map(|step| &mut step.arguments) {
        if let Tensor::Saved(i) = argument.tensor
            && inside.saves_again(i)
        {
            argument.tensor = Tensor::SavedAgain(i, 0);
        }
    }
    for argument in passes.backward.iter_mut().flat_map(|step| &mut step.arguments) {
        argument.tensor = match argument.tensor {
            Tensor::Value(value) => inside.seen(value),
            Tensor::Saved(i) if inside.saves_again(i) => Tensor::SavedAgain(i, inside.depth(nodes[i].checkpoint)),
            tensor => tensor,
        };
    }
    // Inner checkpoints come first, since they read values that the outer ones compute again.
    let mut checkpoints: Vec<CheckpointId> = (0..ir.checkpoints.len()).collect();
    checkpoints.sort_by_key(|&id| std::cmp::Reverse(inside.depth(Some(id))));
    checkpoints.into_iter().for_each(|id| inside.insert(id, &mut passes.backward));
}

/// The innermost checkpoint around each value.
struct Inside<'a> {
    ir: &'a Ir,
    nodes: &'a [Node],
    /// For each value, the innermost checkpoint with all its readers; `None` for a value that is kept if the backward pass reads it.
    values: Vec<Option<CheckpointId>>,
}

impl<'a> Inside<'a> {
    fn of(ir: &'a Ir, nodes: &'a [Node]) -> Self {
        let mut readers = vec![Vec::new(); ir.values.len()];
        nodes.iter().for_each(|node| node.inputs.iter().for_each(|&input| readers[input].push(node.checkpoint)));
        // The caller reads these.
        ir.gradient_sources().for_each(|value| readers[value].push(None));
        let mut inside = Inside { ir, nodes, values: vec![None; ir.values.len()] };
        for node in nodes.iter().filter(|node| !matches!(node.op.config, Config::Model(_))) {
            let around = std::iter::successors(node.checkpoint, |&id| ir.checkpoints[id]);
            let holds =
                |id: &CheckpointId| readers[node.output].iter().all(|&reader| inside.contains(Some(*id), reader));
            inside.values[node.output] = around.into_iter().find(holds);
        }
        inside
    }

    /// Returns the number of checkpoints around a place, with its own.
    fn depth(&self, checkpoint: Option<CheckpointId>) -> usize {
        std::iter::successors(checkpoint, |&id| self.ir.checkpoints[id]).count()
    }
    /// Returns whether `place` is in the checkpoint `outer` or in one inside it.
    fn contains(&self, outer: Option<CheckpointId>, place: Option<CheckpointId>) -> bool {
        std::iter::successors(place, |&id| self.ir.checkpoints[id]).any(|id| Some(id) == outer)
    }
    /// Returns whether a node writes what it saves for its backward pass again. What belongs to the whole batch is small, and kept.
    fn saves_again(&self, i: NodeId) -> bool {
        self.nodes[i].saves_again()
    }
    /// Returns the instance of a value that the backward pass sees.
    fn seen(&self, value: ValueId) -> Tensor {
        match self.values[value] {
            Some(id) => Tensor::Again(value, self.depth(Some(id))),
            None => Tensor::Value(value),
        }
    }

    /// Inserts the forward steps of a checkpoint before the first of `steps` that reads a value inside it.
    fn insert(&self, id: CheckpointId, steps: &mut Vec<Step>) {
        let depth = self.depth(Some(id));
        let mut values = vec![false; self.ir.values.len()];
        let mut saved = vec![false; self.nodes.len()];
        let (mut first, mut guard) = (None, Want::ForInput);
        for (at, step) in steps.iter().enumerate() {
            for argument in &step.arguments {
                let wanted = match argument.tensor {
                    Tensor::Again(value, _) if self.values[value] == Some(id) => &mut values[value],
                    Tensor::SavedAgain(i, _) if self.nodes[i].checkpoint == Some(id) => &mut saved[i],
                    _ => continue,
                };
                *wanted = true;
                first.get_or_insert(at);
                guard = guard.max(step.guard);
            }
        }
        let Some(first) = first else { return };
        let mut again = Vec::new();
        for (i, node) in self.nodes.iter().enumerate().rev() {
            if !(values[node.output] || saved[i]) {
                continue;
            }
            let inside = |value: &&ValueId| self.contains(Some(id), self.values[**value]);
            node.inputs.iter().filter(inside).for_each(|&input| values[input] = true);
            again.push(self.again(i, id, depth, guard));
        }
        steps.splice(first..first, again.into_iter().rev().flatten());
    }

    /// Returns the forward steps of a node as the checkpoint `id` runs them again.
    fn again(&self, i: NodeId, id: CheckpointId, depth: usize, guard: Want) -> Vec<Step> {
        let mut steps = Vec::new();
        forward(i, &self.nodes[i], Mode::Training, &mut steps);
        for step in &mut steps {
            step.guard = guard;
            if let Call::Forward(i, input) = step.call {
                step.call = Call::Again(i, input);
            }
            for argument in &mut step.arguments {
                argument.tensor = match argument.tensor {
                    Tensor::Value(value) if argument.access == Access::Write => Tensor::Again(value, depth),
                    Tensor::Value(value) if self.contains(Some(id), self.values[value]) => Tensor::Again(value, depth),
                    Tensor::Value(value) => self.seen(value),
                    Tensor::Saved(i) if self.saves_again(i) => Tensor::SavedAgain(i, depth),
                    tensor => tensor,
                };
                // The state was updated by the forward pass, and what belongs to the whole batch is still there.
                if matches!(argument.tensor, Tensor::Weights(_) | Tensor::Saved(_)) {
                    argument.access = Access::Read;
                }
            }
        }
        steps
    }
}

impl Node {
    /// Returns whether the node is in a checkpoint that computes the tensor again that it saves for its backward pass.
    pub fn saves_again(&self) -> bool {
        self.checkpoint.is_some() && self.op.saved.as_ref().is_some_and(|saved| saved.per_sample)
    }
}
