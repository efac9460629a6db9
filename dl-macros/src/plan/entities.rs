//! Numbers everything that has a place in memory.

use crate::ir::{Node, Value, ValueId};
use crate::steps::{NodeId, Passes, Tensor};

/// The index of a value, a gradient, or what a checkpoint computes again.
pub type Entity = usize;

/// The numbers of the entities of one mode: all values, the gradients to them, and for each depth of checkpoints the values again; then
/// the tensors that nodes save inside checkpoints, for the forward pass and for each depth.
#[derive(Clone, Copy)]
pub struct Entities {
    values: usize,
    /// The number of nodes; 0 without checkpoints.
    nodes: usize,
    /// The greatest number of checkpoints inside each other; 0 if none computes anything again.
    depth: usize,
}

/// An entity by its meaning.
pub enum Kind {
    Value(ValueId),
    Gradient(ValueId),
    /// A value, with the depth of the checkpoint that computes it again.
    Again(ValueId, usize),
    /// The tensor that a node saves, with that depth or 0.
    Saved(NodeId, usize),
}

impl Entities {
    pub fn of(values: &[Value], nodes: &[Node], passes: &Passes) -> Self {
        let depths = passes.steps().flat_map(|step| &step.arguments).filter_map(|argument| match argument.tensor {
            Tensor::Again(_, depth) | Tensor::SavedAgain(_, depth) => Some(depth),
            _ => None,
        });
        let depth = depths.max();
        let nodes = depth.map_or(0, |_| nodes.len());
        Entities { values: values.len(), nodes, depth: depth.unwrap_or(0) }
    }
    /// Returns how many there are.
    pub fn count(self) -> usize {
        (self.depth + 2) * self.values + (self.depth + 1) * self.nodes
    }
    /// Returns whether there are values that live in one pass because of a checkpoint.
    pub fn checkpoints(self) -> bool {
        self.nodes > 0
    }
    /// Returns the entity of a tensor; `None` for weights, and for tensors with a place of their own.
    pub fn entity(self, tensor: Tensor) -> Option<Entity> {
        Some(match tensor {
            Tensor::Value(value) => value,
            Tensor::Gradient(value) => self.values + value,
            Tensor::Again(value, depth) => (depth + 1) * self.values + value,
            Tensor::SavedAgain(node, depth) => (self.depth + 2) * self.values + depth * self.nodes + node,
            Tensor::Weights(_)
            | Tensor::WeightGradient(_)
            | Tensor::Saved(_)
            | Tensor::Memory(_)
            | Tensor::Scratch(_) => return None,
        })
    }
    /// Returns what an entity is.
    pub fn kind(self, entity: Entity) -> Kind {
        match entity.checked_sub((self.depth + 2) * self.values) {
            Some(saved) => Kind::Saved(saved % self.nodes, saved / self.nodes),
            None => match (entity % self.values, entity / self.values) {
                (value, 0) => Kind::Value(value),
                (value, 1) => Kind::Gradient(value),
                (value, depth) => Kind::Again(value, depth - 1),
            },
        }
    }
}
