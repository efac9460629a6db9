//! Decides which images of inference lie in blocks of eight channels, in which convolutions are faster on a CPU, and inserts the
//! conversions to and from them.
//!
//! Each mark is a part of a shape (`Shape::in_blocks`), so that the generated code has it in the type of a value. Values from outside of
//! the network and its outputs are in blocks only where another model of the same `model!` calls it, which then hands over blocks: between
//! the copies of `repeat` nothing is converted. A model whose sizes only rustc knows has none.

#[cfg(test)]
mod tests;

use crate::dim::Dim;
use crate::fuse::{Mode, fuse};
use crate::ir::{BackwardReads, Blocks, Channels, Config, Ir, Node, Op, Value, ValueId};
use crate::types::Type;
use quote::quote;

/// The number of channels of a block.
const BLOCK: usize = 8;
/// The most input channels of a convolution that reads planes, each of them several times: those of a picture.
const FEW: usize = 4;

/// A network with conversions.
pub struct Blocked {
    /// The nodes; those that were in the body come first.
    pub nodes: Vec<Node>,
    /// The number of nodes of the body.
    pub body: usize,
    /// All values, those of the network first.
    pub values: Vec<Value>,
}

/// Finds the models that others call with images in blocks, and marks both the models and their uses.
pub fn models(irs: &mut [Ir]) {
    let mut found = true;
    // A model may take blocks because of a model inside it.
    while std::mem::take(&mut found) {
        for user in 0..irs.len() {
            for node in 0..irs[user].nodes.len() {
                let Node { op, .. } = &irs[user].nodes[node];
                let (Config::Model(ty), Blocks::None) = (&op.config, &op.blocks) else { continue };
                let Some(used) = position(irs, ty).filter(|&used| takes_blocks(&irs[used])) else { continue };
                irs[used].in_blocks = true;
                irs[user].nodes[node].op.blocks = Blocks::Model;
                found = true;
            }
        }
    }
}

/// Returns the place of the model with this type, or of that of the copies of `repeat`.
fn position(irs: &[Ir], ty: &Type) -> Option<usize> {
    match ty {
        Type::Array(item, _) => position(irs, item),
        Type::Declared(name, _) => irs.iter().position(|ir| ir.name == *name),
        _ => None,
    }
}

/// Returns whether a model makes an image in blocks if it reads one in blocks, which is better for an operation that reads it.
fn takes_blocks(ir: &Ir) -> bool {
    let ([input], [output]) = (&*ir.inputs, &*ir.outputs) else { return false };
    if ir.broken || ir.without_std || ir.objective.is_some() || !is_image(ir, *input) || !is_image(ir, output.value) {
        return false;
    }
    let nodes = fuse(ir, Mode::Inference);
    marks(ir, &nodes, true)[output.value] && gains(ir, &nodes, false)[*input]
}

/// Returns the `nodes`, of which `body` are not those of a loss, with the conversions between layouts.
pub fn in_blocks(ir: &Ir, nodes: Vec<Node>, body: usize) -> Blocked {
    let marked = marks(ir, &nodes[..body], ir.in_blocks);
    let mut writer =
        Writer { values: ir.values.clone(), forms: vec![[None; 2]; ir.values.len()], nodes: Vec::new(), ir };
    for (value, marked) in marked.iter().enumerate() {
        writer.place(value, *marked);
    }
    let mut end = 0;
    for (i, node) in nodes.into_iter().enumerate() {
        writer.node(node, &marked);
        if i < body {
            end = writer.nodes.len();
        }
    }
    Blocked { nodes: writer.nodes, body: end, values: writer.values }
}

/// Returns, for each value, whether the body computes it in blocks. If `outside` holds, the input is in blocks, and the output should be.
fn marks(ir: &Ir, nodes: &[Node], outside: bool) -> Vec<bool> {
    let gains = gains(ir, nodes, outside);
    let mut marked = vec![false; ir.values.len()];
    ir.inputs.iter().for_each(|&input| marked[input] = outside);
    for node in nodes {
        let mut inputs = node.inputs.iter();
        marked[node.output] = is_image(ir, node.output)
            && match &node.op.blocks {
                Blocks::None | Blocks::Reads => false,
                // A conversion is inserted for each operand that is not in blocks yet.
                Blocks::Preserves if gains[node.output] => {
                    inputs.clone().all(|&input| is_image(ir, input)) && inputs.any(|&input| marked[input])
                }
                Blocks::Preserves => inputs.all(|&input| marked[input]),
                Blocks::Convolution(channels) => {
                    convolves(ir, node, channels) && (gains[node.output] || inputs.any(|&input| marked[input]))
                }
                Blocks::Model => true,
            };
    }
    marked
}

/// Returns, for each value, whether an operation reads it for which blocks are better, perhaps through others that keep them. If `outside`
/// holds, that is so for what reads the output.
fn gains(ir: &Ir, nodes: &[Node], outside: bool) -> Vec<bool> {
    let mut gains = vec![false; ir.values.len()];
    ir.outputs.iter().for_each(|output| gains[output.value] = outside);
    for node in nodes.iter().rev() {
        let gain = match &node.op.blocks {
            Blocks::None => false,
            Blocks::Reads | Blocks::Model => true,
            Blocks::Preserves => gains[node.output],
            Blocks::Convolution(channels) => convolves(ir, node, channels),
        };
        node.inputs.iter().for_each(|&input| gains[input] |= gain);
    }
    gains
}

/// Returns whether a value is an image of whole blocks.
fn is_image(ir: &Ir, value: ValueId) -> bool {
    let shape = &ir.values[value].shape;
    match shape.dims.iter().map(Dim::known).collect::<Option<Vec<usize>>>().as_deref() {
        Some(&[channels, _, _]) => channels.is_multiple_of(BLOCK) && shape.length.is_none() && shape.record.is_none(),
        _ => false,
    }
}

/// Returns whether a convolution, with the sum after it, can make blocks.
fn convolves(ir: &Ir, node: &Node, channels: &Channels) -> bool {
    let few = channels.inputs.known().is_some_and(|inputs| inputs <= FEW);
    let image = |&value: &ValueId| is_image(ir, value);
    makes_blocks(channels)
        && (few || image(&node.inputs[0]))
        && node.inputs[1..].iter().chain([&node.output]).all(image)
}

/// Returns whether a convolution with these channels can make blocks: each block of outputs reads whole blocks, itself, or a few planes.
fn makes_blocks(Channels { inputs, outputs, groups }: &Channels) -> bool {
    let (Some(inputs), Some(outputs), Some(groups)) = (inputs.known(), outputs.known(), groups.known()) else {
        return false;
    };
    let whole = |channels: usize| channels > 0 && channels.is_multiple_of(BLOCK);
    let of_group = |channels: usize| whole(channels.checked_div(groups).unwrap_or(0));
    match groups {
        1 => whole(outputs) && (whole(inputs) || inputs <= FEW),
        _ if groups == inputs && groups == outputs => whole(outputs),
        _ => of_group(inputs) && of_group(outputs),
    }
}

/// The layouts of a value, by which its forms are found.
const PLANES: usize = 0;
const BLOCKS: usize = 1;

struct Writer<'a> {
    ir: &'a Ir,
    values: Vec<Value>,
    /// For each value of the network, itself and its copy in the other layout, by layout.
    forms: Vec<[Option<ValueId>; 2]>,
    nodes: Vec<Node>,
}

impl Writer<'_> {
    /// Records in which layout a value is computed. An output of the network in planes is a copy of what is computed in blocks.
    fn place(&mut self, value: ValueId, marked: bool) {
        let is_output = self.ir.gradient_sources().any(|output| output == value);
        if marked && (!is_output || self.ir.in_blocks) {
            self.values[value].shape.in_blocks = true;
            self.forms[value][BLOCKS] = Some(value);
        } else {
            self.forms[value][PLANES] = Some(value);
        }
    }

    /// Adds a node after the conversions of what it reads.
    fn node(&mut self, mut node: Node, marked: &[bool]) {
        let output = node.output;
        let wants = |input: ValueId| match &node.op.blocks {
            Blocks::None => PLANES,
            Blocks::Reads => usize::from(marked[input]),
            // A picture of a few planes stays as it is.
            Blocks::Preserves | Blocks::Convolution(_) | Blocks::Model => {
                usize::from(marked[output] && is_image(self.ir, input))
            }
        };
        let layouts: Vec<usize> = node.inputs.iter().map(|&input| wants(input)).collect();
        for (input, layout) in node.inputs.iter_mut().zip(layouts) {
            *input = self.form(*input, layout);
        }
        if !marked[output] {
            return self.nodes.push(node);
        }
        match self.forms[output] {
            [Some(planes), _] => {
                node.output = self.copy(output, BLOCKS);
                let conversion = self.conversion(node.output, planes);
                self.nodes.extend([node, conversion]);
            }
            _ => self.nodes.push(node),
        }
    }

    /// Returns a value in a layout, which a conversion makes if there is no node that does.
    fn form(&mut self, value: ValueId, layout: usize) -> ValueId {
        if let Some(form) = self.forms[value][layout] {
            return form;
        }
        let from = self.forms[value][1 - layout].unwrap_or(value);
        let to = self.copy(value, layout);
        let conversion = self.conversion(from, to);
        self.nodes.push(conversion);
        to
    }

    /// Adds a value that is another in a layout.
    fn copy(&mut self, value: ValueId, layout: usize) -> ValueId {
        let Value { name, mut shape } = self.values[value].clone();
        shape.in_blocks = layout == BLOCKS;
        let suffix = if shape.in_blocks { "blocks" } else { "planes" };
        let text = format!("{}_{suffix}", crate::names::plain(&name.to_string()));
        let numbered = (2..).map(|n| format!("{text}_{n}"));
        let is_free = |text: &String| !self.values.iter().any(|value| value.name == *text);
        let text = std::iter::once(text.clone()).chain(numbered).find(is_free).unwrap_or_default();
        let to = self.values.len();
        self.values.push(Value { name: crate::names::ident(&text, name.span()), shape });
        self.forms[value][layout] = Some(to);
        to
    }

    /// Returns the node that converts a value to the layout of another.
    fn conversion(&self, from: ValueId, to: ValueId) -> Node {
        let name = self.values[to].name.to_string();
        Node {
            op: Op::new(Config::Expr(quote!(dl::ops::channel_blocks::ChannelBlocksOp)), BackwardReads::NOTHING),
            inputs: vec![from],
            output: to,
            field: None,
            weights_as: None,
            text: String::new(),
            label: name.clone(),
            constant: name,
            multiply_adds: Dim::Known(0),
            checkpoint: None,
            activation: None,
            batch_norm: None,
            adds_last: false,
        }
    }
}
