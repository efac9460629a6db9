//! Fuses activations into the operations before them, and removes nodes that a mode does not run.

use crate::ir::{Config, Inference, Ir, Node};

/// The mode in which a network runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The forward and backward passes, with the loss.
    Training,
    /// The forward pass of inference, and then the loss.
    Evaluation,
    /// The forward pass alone.
    Inference,
}

/// Returns the nodes of `ir` as `mode` runs them.
pub fn fuse(ir: &Ir, mode: Mode) -> Vec<Node> {
    let mut nodes = ir.nodes.clone();
    if mode == Mode::Inference && ir.objective.is_some() {
        nodes.truncate(ir.body_len(&nodes));
        remove_unused(ir, &mut nodes);
    }
    if mode != Mode::Training {
        for node in &mut nodes {
            if node.op.inference == Inference::Identity {
                node.op.config = Config::Reshape;
            }
        }
    }
    let mut i = 0;
    while i < nodes.len() {
        if let Some(next) = fusable(ir, &nodes, i, mode) {
            let activation = nodes.remove(next);
            nodes[i].output = activation.output;
            nodes[i].activation = activation.op.activation;
        }
        i += 1;
    }
    nodes
}

/// Removes the nodes that only the loss reads.
fn remove_unused(ir: &Ir, nodes: &mut Vec<Node>) {
    let mut used = vec![false; ir.values.len()];
    ir.outputs.iter().for_each(|output| used[output.value] = true);
    for node in nodes.iter().rev() {
        if used[node.output] {
            node.inputs.iter().for_each(|&input| used[input] = true);
        }
    }
    nodes.retain(|node| used[node.output]);
}

/// Returns the activation node that can be fused into node `i`: it must be the only reader of the output of `i`.
fn fusable(ir: &Ir, nodes: &[Node], i: usize, mode: Mode) -> Option<usize> {
    let node = &nodes[i];
    let given = ir.gradient_sources().any(|value| value == node.output);
    if !matches!(node.op.config, Config::Settings { activation: true, .. }) || given {
        return None;
    }
    let mut readers = (0..nodes.len()).filter(|&n| nodes[n].inputs.contains(&node.output));
    let (next, None) = (readers.next()?, readers.next()) else { return None };
    // The body and the loss are separate passes.
    let body = ir.body_len(nodes);
    if (i < body) != (next < body) {
        return None;
    }
    let activation = nodes[next].op.activation.as_ref()?;
    (mode != Mode::Training || activation.backward_reads_output).then_some(next)
}
