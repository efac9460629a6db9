//! Schedules a network in one mode: its fused operations, the steps of its passes, and their memory.

use crate::checkpoint::recompute;
use crate::differentiate::{Gradients, differentiate};
use crate::fuse::{Mode, fuse};
use crate::ir::{Config, Ir, Node, ValueId};
use crate::plan::{Plan, plan};
use crate::steps::{Access, Argument, Call, NodeId, Passes, Sharing, Step, Tensor};
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
        Schedule { ir, mode, nodes, passes, plan, carried: Vec::new() }
    }
}

/// Adds the forward steps of node `i` to `pass`.
pub fn forward(i: NodeId, node: &Node, mode: Mode, pass: &mut Vec<Step>) {
    let training = mode == Mode::Training;
    let output = Argument::value(node.output, Access::Write);
    if let Config::Reshape = node.op.config {
        let input = Argument::new(Tensor::Value(node.inputs[0]), Access::Read, node.output);
        pass.push(Step::new(Call::Copy, vec![input, output]).sharing(Sharing::Same));
        return;
    }
    let inputs = node.inputs.iter().enumerate();
    let inputs = inputs.map(|(k, &input)| Argument::new(Tensor::Value(input), Access::Read, node.shape_of_input(k)));
    if node.op.each_input {
        let pieces = inputs.enumerate();
        pass.extend(pieces.map(|(k, input)| Step::new(Call::Forward(i, Some(k)), vec![input, output.clone()])));
        return;
    }
    let state = training && node.op.updates_state;
    let access = if state { Access::Update } else { Access::Read };
    let weights = node.field.map(|field| Argument::new(Tensor::Weights(field), access, node.output));
    let arguments = weights.into_iter().chain(inputs);
    let arguments: Vec<Argument> = if let Config::Model(_) = node.op.config {
        let memory = Argument::new(Tensor::Memory(i), Access::Update, node.output);
        arguments.chain([memory, output]).collect()
    } else {
        let saved = node.op.saved.as_ref().filter(|_| training);
        let saved = saved.map(|_| Argument::new(Tensor::Saved(i), Access::Write, node.output));
        arguments.chain([output]).chain(saved).collect()
    };
    let sharing = if node.may_run_in_place(training) { Sharing::InPlace } else { Sharing::Apart };
    pass.push(Step::new(Call::Forward(i, None), arguments).sharing(sharing));
}
