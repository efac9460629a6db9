//! Fuses activations, batch norm and sums into the operations before them, and removes nodes that a mode does not run.

use crate::ir::{Config, Inference, Int8, Ir, Node, ValueId};

/// The mode in which a network runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The forward and backward passes, with the loss.
    Training,
    /// The forward pass of inference, and then the loss.
    Evaluation,
    /// The forward pass alone.
    Inference,
    /// The forward pass alone, by the operations of `dl-core`, in which batch norm is an operation of its own.
    Core,
    /// The forward pass alone, on int8.
    Int8,
}

impl Mode {
    /// Returns whether the body runs alone, without a loss.
    pub fn predicts(self) -> bool {
        matches!(self, Mode::Inference | Mode::Core | Mode::Int8)
    }
}

/// Returns the nodes of `ir` as `mode` runs them.
pub fn fuse(ir: &Ir, mode: Mode) -> Vec<Node> {
    let mut nodes = ir.nodes.clone();
    if mode.predicts() && ir.objective.is_some() {
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
        if let Some(next) = foldable(ir, &nodes, i, mode) {
            let norm = nodes.remove(next);
            nodes[i].output = norm.output;
            nodes[i].batch_norm = Some(Box::new(norm));
            if let Some((next, other)) = summed(ir, &nodes, i, mode) {
                nodes[i].output = nodes.remove(next).output;
                nodes[i].inputs.push(other);
                nodes[i].adds_last = true;
            }
        }
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
    let takes = match mode {
        Mode::Int8 => node.op.int8.takes_limits(),
        _ => matches!(node.op.config, Config::Settings { activation: true, .. }),
    };
    let next = only_reader(ir, nodes, i).filter(|_| takes)?;
    let activation = nodes[next].op.activation.as_ref()?;
    let fits = match mode {
        Mode::Training => activation.backward_reads_output,
        Mode::Int8 => activation.limits.is_some(),
        Mode::Evaluation | Mode::Inference | Mode::Core => true,
    };
    fits.then_some(next)
}

/// Returns the batch norm that becomes a part of node `i`.
fn foldable(ir: &Ir, nodes: &[Node], i: usize, mode: Mode) -> Option<usize> {
    let takes = match mode {
        Mode::Training | Mode::Core => false,
        Mode::Evaluation | Mode::Inference => nodes[i].op.takes_batch_norm,
        Mode::Int8 => nodes[i].op.int8.takes_batch_norm(),
    };
    let next = only_reader(ir, nodes, i).filter(|_| takes)?;
    matches!(nodes[next].op.int8, Int8::BatchNorm { .. }).then_some(next)
}

/// Returns the sum that becomes a part of node `i` after its batch norm, with the other summand, which is known before node `i`.
fn summed(ir: &Ir, nodes: &[Node], i: usize, mode: Mode) -> Option<(usize, ValueId)> {
    let takes = mode != Mode::Int8;
    let next = only_reader(ir, nodes, i).filter(|&next| takes && nodes[next].op.is_sum())?;
    let other = *nodes[next].inputs.iter().find(|&&input| input != nodes[i].output)?;
    (!nodes[i..].iter().any(|node| node.output == other)).then_some((next, other))
}

/// Returns the node that alone reads the output of node `i`, unless that is an output of the network, too.
fn only_reader(ir: &Ir, nodes: &[Node], i: usize) -> Option<usize> {
    let node = &nodes[i];
    if ir.gradient_sources().any(|value| value == node.output) {
        return None;
    }
    let mut readers = (0..nodes.len()).filter(|&n| nodes[n].inputs.contains(&node.output));
    let (next, None) = (readers.next()?, readers.next()) else { return None };
    // The body and the loss are separate passes.
    let body = ir.body_len(nodes);
    ((i < body) == (next < body)).then_some(next)
}
