//! Arithmetic as ONNX operators, which broadcast as ours do. Zeros disappear: they are what noise is at inference.

use super::{ArithmeticKernel, Broadcast, Operator, Slope};
use crate::Result;
use crate::device::recorder::{Content, Graph, Node, Place, Recorder, Value, not_recorded};
use crate::ops::Activation;
use crate::ops::activation::onnx::activate;
use crate::tensor::Write;

impl ArithmeticKernel for Recorder {
    fn arithmetic(&self, operator: Operator, f: Activation, a: Place, b: Place, y: Place) {
        self.record(|graph| {
            if let Some(content) = of_zeros(graph, operator, a, b)? {
                graph.put(y, content);
                return crate::ops::activation::onnx::activate_place(graph, f, y);
            }
            let (a, b) = (graph.read(a)?, graph.read(b)?);
            // Both have as many elements; where a shape was forgotten by `flatten`, the longer one is kept.
            let (a, b) = if a.dims.len() >= b.dims.len() {
                let dims = a.dims.clone();
                (a, graph.reshape(b, &dims))
            } else {
                (graph.reshape(a, &b.dims), b)
            };
            let dims = a.dims.clone();
            let is_sum = matches!(operator, Operator::Add { sign } if sign > 0.0);
            let [a, b] = if is_sum { graph.oldest_first(a, b) } else { [a, b] };
            let value = graph.push(node(operator, a, b), dims);
            let value = activate(graph, f, value);
            graph.write(y, value);
            Ok(())
        });
    }
    fn broadcast(&self, operator: Operator, s: Broadcast, a: Place, b: Place, y: Place) {
        self.record(|graph| {
            let rank = s.output.len();
            let (a, b) = (graph.read(a)?, graph.read(b)?);
            let a = graph.with_last(a, &padded(s.left, rank));
            let b = graph.with_last(b, &padded(s.right, rank));
            let dims = if a.lead() >= b.lead() { a.with_last(rank, s.output) } else { b.with_last(rank, s.output) };
            let value = graph.push(node(operator, a, b), dims);
            graph.write(y, value);
            Ok(())
        });
    }
    fn affine(&self, scale: f32, shift: f32, x: Place, y: Place, write: Write) {
        self.record(|graph| {
            let x = graph.read(x)?;
            let mut value = affine(graph, scale, shift, x);
            if write == Write::Add {
                let before = graph.read(y)?;
                let (before, dims) = (graph.reshape(before, &value.dims), value.dims.clone());
                value = graph.push(Node::new("Add", before).and(value), dims);
            }
            graph.write(y, value);
            Ok(())
        });
    }
    fn affine_in_place(&self, scale: f32, shift: f32, x: Place) {
        self.affine(scale, shift, x, x, Write::Set);
    }
    fn reciprocal(&self, numerator: f32, x: Place, y: Place) {
        self.record(|graph| {
            let x = graph.read(x)?;
            let (dims, numerator) = (x.dims.clone(), graph.float(numerator));
            let value = graph.push(Node::new("Div", numerator).and(x), dims);
            graph.write(y, value);
            Ok(())
        });
    }
    fn reciprocal_in_place(&self, numerator: f32, x: Place) {
        self.reciprocal(numerator, x, x);
    }
    not_recorded! {
        arithmetic_backward(Slope, Place, Place, Place, Place, Write),
        broadcast_backward(Slope, Broadcast, Place, Place, Place, Place, Write),
        reciprocal_backward(f32, Place, Place, Place, Write),
        reciprocal_backward_in_place(f32, Place, Place),
    }
}

fn node(operator: Operator, a: Value, b: Value) -> Node {
    let operator = match operator {
        Operator::Add { sign } if sign < 0.0 => "Sub",
        Operator::Add { .. } => "Add",
        Operator::Mul => "Mul",
        Operator::Div => "Div",
    };
    Node::new(operator, a).and(b)
}

/// Returns what an operation on zeros gives without being computed; `None` if there is something to compute.
fn of_zeros(graph: &mut Graph, operator: Operator, a: Place, b: Place) -> Result<Option<Content>> {
    let [left, right] = [graph.settled(a)?, graph.settled(b)?];
    Ok(match (operator, &left, &right) {
        (Operator::Mul, Content::Zeros, _) | (Operator::Mul, _, Content::Zeros) => Some(Content::Zeros),
        (Operator::Add { .. }, _, Content::Zeros) => Some(left),
        (Operator::Add { sign }, Content::Zeros, _) if sign > 0.0 => Some(right),
        _ => None,
    })
}

/// Returns a shape with axes of size 1 before it.
pub(in crate::ops) fn padded(shape: &[usize], rank: usize) -> Vec<usize> {
    let mut padded = vec![1; rank - shape.len()];
    padded.extend(shape);
    padded
}

/// Appends `scale·x + shift`.
pub(in crate::ops) fn affine(graph: &mut Graph, scale: f32, shift: f32, x: Value) -> Value {
    let (dims, is) = (x.dims.clone(), |number: f32, other: f32| number.to_bits() == other.to_bits());
    let mut value = x;
    if is(scale, -1.0) && shift == 0.0 {
        return graph.push(Node::new("Neg", value), dims);
    }
    if is(scale, -1.0) {
        let shift = graph.float(shift);
        return graph.push(Node::new("Sub", shift).and(value), dims);
    }
    if !is(scale, 1.0) {
        let scale = graph.float(scale);
        value = graph.push(Node::new("Mul", value).and(scale), dims.clone());
    }
    if shift != 0.0 {
        let shift = graph.float(shift);
        value = graph.push(Node::new("Add", value).and(shift), dims);
    }
    value
}
