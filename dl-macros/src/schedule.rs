//! Schedules a network in one mode: its fused operations, the steps of its passes, and their memory.

use crate::blocks::in_blocks;
use crate::checkpoint::recompute;
use crate::differentiate::{Gradients, differentiate};
use crate::forward::forward;
use crate::fuse::{Mode, fuse};
use crate::ir::{FieldId, Ir, Node, Value, ValueId};
use crate::plan::{Plan, plan};
use crate::steps::Passes;
use proc_macro2::TokenStream;
use std::borrow::Cow;

/// A network in one mode.
pub struct Schedule<'a> {
    pub ir: &'a Ir,
    pub mode: Mode,
    /// The operations, fused for the mode.
    pub nodes: Vec<Node>,
    /// [`Ir::values`], with the layouts of the mode, and then what conversions between layouts make.
    pub values: Cow<'a, [Value]>,
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
        let mut nodes = fuse(ir, mode);
        let mut body = ir.body_len(&nodes);
        let mut values = Cow::Borrowed(ir.values.as_slice());
        if let Mode::Evaluation | Mode::Inference = mode {
            let blocked = in_blocks(ir, nodes, body);
            (nodes, body, values) = (blocked.nodes, blocked.body, Cow::Owned(blocked.values));
        }
        let (mut passes, mut gradients) = (Passes::default(), Gradients::none(ir));
        for (i, node) in nodes.iter().enumerate() {
            let pass = if i < body { &mut passes.forward } else { &mut passes.loss };
            forward(i, node, mode, pass);
        }
        if mode == Mode::Training {
            gradients = differentiate(ir, &nodes, &mut passes);
            recompute(ir, &nodes, &mut passes);
        }
        let plan = plan(ir, &values, &nodes, mode, &gradients, &mut passes);
        Schedule { ir, mode, nodes, values, passes, plan, fields: ir.fields_in_memory(), carried: Vec::new() }
    }
}
