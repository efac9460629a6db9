//! Schedules a network in one mode: its fused operations, the steps of its passes, and their memory.

use crate::checkpoint::recompute;
use crate::differentiate::{Gradients, differentiate};
use crate::forward::forward;
use crate::fuse::{Mode, fuse};
use crate::ir::{FieldId, Ir, Node, ValueId};
use crate::plan::{Plan, plan};
use crate::steps::Passes;
use proc_macro2::TokenStream;

/// A network in one mode.
pub struct Schedule<'a> {
    pub ir: &'a Ir,
    pub mode: Mode,
    /// The operations, fused for the mode.
    pub nodes: Vec<Node>,
    /// The steps of its passes.
    pub passes: Passes,
    /// The memory of its values and gradients.
    pub plan: Plan,
    /// [`Ir::fields_in_memory`].
    pub fields: Vec<FieldId>,
    /// For each node that carries a state from batch to batch, where it begins in the state of the model; empty if the model carries none.
    pub carried: Vec<(ValueId, TokenStream)>,
}

impl<'a> Schedule<'a> {
    /// Schedules `ir` in `mode`.
    pub fn new(ir: &'a Ir, mode: Mode) -> Self {
        let nodes = fuse(ir, mode);
        let body = ir.body_len(&nodes);
        let (mut passes, mut gradients) = (Passes::default(), Gradients::none(ir));
        for (i, node) in nodes.iter().enumerate() {
            let pass = if i < body { &mut passes.forward } else { &mut passes.loss };
            forward(i, node, mode, pass);
        }
        if mode == Mode::Training {
            gradients = differentiate(ir, &nodes, &mut passes);
            recompute(ir, &nodes, &mut passes);
        }
        let plan = plan(ir, &nodes, mode, &gradients, &mut passes);
        Schedule { ir, mode, nodes, passes, plan, fields: ir.fields_in_memory(), carried: Vec::new() }
    }
}
