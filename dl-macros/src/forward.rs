//! Writes the forward steps of nodes: the calls, what they read and write, and which may share memory.

use crate::fuse::Mode;
use crate::ir::{Blocks, Config, Int8, Node};
use crate::steps::{Access, Argument, Call, NodeId, Sharing, Step, Tensor};

/// Adds the forward steps of node `i` to `pass`.
pub fn forward(i: NodeId, node: &Node, mode: Mode, pass: &mut Vec<Step>) {
    let training = mode == Mode::Training;
    let output = Argument::value(node.output, Access::Write);
    if let Config::Reshape = node.op.config {
        let input = Argument::new(Tensor::Value(node.inputs[0]), Access::Read, node.output);
        pass.push(Step::new(Call::Copy, vec![input, output]).sharing(Sharing::Same));
        return;
    }
    let inputs = node.inputs.iter().enumerate().map(|(k, &input)| {
        let summand = node.adds_last && k + 1 == node.inputs.len();
        let shape = if summand { node.output } else { node.shape_of_input(k) };
        Argument::new(Tensor::Value(input), Access::Read, shape)
    });
    if node.op.each_input {
        // Along the channels, the parts of a sample follow each other.
        let sharing = if node.op.blocks == Blocks::Preserves { Sharing::Part } else { Sharing::Apart };
        let piece = |(k, input)| Step::new(Call::Forward(i, Some(k)), vec![input, output.clone()]).sharing(sharing);
        pass.extend(inputs.enumerate().map(piece));
        return;
    }
    let state = training && node.op.updates_state;
    let access = if state { Access::Update } else { Access::Read };
    let weights = node.field.map(|field| Argument::new(Tensor::Weights(field), access, node.output));
    let norm = node.batch_norm.as_ref().filter(|_| mode != Mode::Int8).and_then(|norm| norm.field);
    let norm = norm.map(|field| Argument::new(Tensor::Weights(field), Access::Read, node.output));
    let arguments = weights.into_iter().chain(norm).chain(inputs);
    let arguments: Vec<Argument> = if let Config::Model(_) = node.op.config {
        let memory = Argument::new(Tensor::Memory(i), Access::Update, node.output);
        arguments.chain([memory, output]).collect()
    } else {
        let saved = node.op.saved.as_ref().filter(|_| training);
        let saved = saved.map(|_| Argument::new(Tensor::Saved(i), Access::Write, node.output));
        arguments.chain([output]).chain(saved).collect()
    };
    let in_place = match mode {
        Mode::Int8 => matches!(node.op.int8, Int8::Activation),
        _ => node.may_run_in_place(training),
    };
    let sharing = if in_place { Sharing::InPlace } else { Sharing::Apart };
    pass.push(Step::new(Call::Forward(i, None), arguments).sharing(sharing));
}
