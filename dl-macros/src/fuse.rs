//! Fusion: the operations as they are run, in training and at inference, with activations inside the layers before them.

use crate::ir::{Config, Inference, Ir, Node, ValueId};

/// What a pass is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Forward and backward.
    Training,
    /// Forward only.
    Inference,
}

/// The nodes of `ir` as `mode` runs them.
pub fn fuse(ir: &Ir, mode: Mode) -> Vec<Node> {
    let mut nodes = ir.nodes.clone();
    if mode == Mode::Inference {
        for node in &mut nodes {
            if node.op.inference == Inference::Identity {
                node.op.config = Config::Reshape;
            }
        }
    }
    let mut i = 0;
    while i < nodes.len() {
        if let Some(next) = fusable(&nodes, i, ir.output, mode) {
            let activation = nodes.remove(next);
            nodes[i].output = activation.output;
            nodes[i].activation = activation.op.activation;
        }
        i += 1;
    }
    nodes
}

/// The node whose activation node `i` can apply itself: the only reader of its output.
fn fusable(nodes: &[Node], i: usize, output: ValueId, mode: Mode) -> Option<usize> {
    let node = &nodes[i];
    if !matches!(node.op.config, Config::Settings { activation: true, .. }) || node.output == output {
        return None;
    }
    let mut readers = (0..nodes.len()).filter(|&n| nodes[n].inputs.contains(&node.output));
    let (next, None) = (readers.next()?, readers.next()) else { return None };
    let activation = nodes[next].op.activation.as_ref()?;
    (mode == Mode::Inference || activation.keeps_output).then_some(next)
}
