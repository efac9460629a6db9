//! Activations as ONNX operators, and as several where these came with later versions than 18.

use super::{Activation, ActivationKernel};
use crate::Result;
use crate::device::recorder::{Graph, Node, Place, Recorder, Value, not_recorded};
use crate::tensor::Write;

impl ActivationKernel for Recorder {
    fn activation_forward(&self, f: Activation, x: Place, y: Place) {
        self.record(|graph| {
            if f == Activation::Identity {
                let content = graph.settled(x)?;
                graph.put(y, content);
                return Ok(());
            }
            let x = graph.read(x)?;
            let value = activate(graph, f, x);
            graph.write(y, value);
            Ok(())
        });
    }
    fn activation_forward_in_place(&self, f: Activation, x: Place) {
        self.activation_forward(f, x, x);
    }
    not_recorded! {
        activation_backward(Activation, Place, Place, Place, Write),
        activation_backward_in_place(Activation, Place, Place),
    }
}

/// Appends the nodes of an activation to those of the operation before it.
pub(in crate::ops) fn activate_place(graph: &mut Graph, f: Activation, place: Place) -> Result<()> {
    if f != Activation::Identity {
        let x = graph.read(place)?;
        let value = activate(graph, f, x);
        graph.write(place, value);
    }
    Ok(())
}

/// Appends the nodes of an activation.
pub(in crate::ops) fn activate(graph: &mut Graph, f: Activation, x: Value) -> Value {
    let dims = x.dims.clone();
    let node = match f {
        Activation::Identity => return x,
        Activation::Relu => Node::new("Relu", x),
        Activation::LeakyRelu { slope } => Node::new("LeakyRelu", x).float("alpha", slope),
        Activation::Elu { alpha } => Node::new("Elu", x).float("alpha", alpha),
        Activation::Selu => Node::new("Selu", x),
        Activation::Gelu => return gelu(graph, x),
        Activation::GeluTanh => return gelu_tanh(graph, x),
        Activation::Silu => {
            let gate = graph.push(Node::new("Sigmoid", &x), dims.clone());
            Node::new("Mul", x).and(gate).named_kind("silu")
        }
        Activation::Sigmoid => Node::new("Sigmoid", x),
        Activation::Tanh => Node::new("Tanh", x),
        Activation::Softplus { beta, threshold } => return softplus(graph, x, beta, threshold),
        Activation::Mish => {
            let inner = graph.push(Node::new("Softplus", &x), dims.clone());
            let gate = graph.push(Node::new("Tanh", inner), dims.clone());
            Node::new("Mul", x).and(gate).named_kind("mish")
        }
        Activation::LogSigmoid => {
            let negative = graph.push(Node::new("Neg", x), dims.clone());
            let inner = graph.push(Node::new("Softplus", negative), dims.clone());
            Node::new("Neg", inner).named_kind("log_sigmoid")
        }
        Activation::Softsign => Node::new("Softsign", x),
        Activation::HardTanh { min, max } | Activation::Clamp { min, max } => {
            let [min, max] = [min, max].map(|limit| graph.float(limit));
            Node::new("Clip", x).and(min).and(max)
        }
        Activation::HardSigmoid => Node::new("HardSigmoid", x).float("alpha", 1.0 / 6.0).float("beta", 0.5),
        Activation::HardSwish => Node::new("HardSwish", x),
        Activation::Exp => Node::new("Exp", x),
        Activation::Log => Node::new("Log", x),
        Activation::Sqrt => Node::new("Sqrt", x),
        Activation::Square => Node::new("Mul", &x).and(&x).named_kind("square"),
        Activation::Abs => Node::new("Abs", x),
        Activation::Powi { exponent } => {
            let exponent = graph.float(exponent as f32);
            Node::new("Pow", x).and(exponent)
        }
    };
    graph.push(node, dims)
}

/// `x·½·(1 + erf(x/√2))`.
fn gelu(graph: &mut Graph, x: Value) -> Value {
    let [root, one, half] = [std::f32::consts::FRAC_1_SQRT_2, 1.0, 0.5].map(|number| graph.float(number));
    let scaled = graph.push(Node::new("Mul", &x).and(root), x.dims.clone());
    let erf = graph.push(Node::new("Erf", scaled), x.dims.clone());
    let sum = graph.push(Node::new("Add", erf).and(one), x.dims.clone());
    let gate = graph.push(Node::new("Mul", sum).and(half), x.dims.clone());
    graph.push(Node::new("Mul", &x).and(gate).named_kind("gelu"), x.dims.clone())
}

/// `x·½·(1 + tanh(√(2/π)·(x + 0.044715·x³)))`.
fn gelu_tanh(graph: &mut Graph, x: Value) -> Value {
    let numbers = [0.044_715, 1.0, super::table::ROOT, 0.5];
    let [cubic, one, root, half] = numbers.map(|number| graph.float(number));
    let dims = x.dims.clone();
    let square = graph.push(Node::new("Mul", &x).and(&x), dims.clone());
    let square = graph.push(Node::new("Mul", square).and(cubic), dims.clone());
    let factor = graph.push(Node::new("Add", square).and(&one), dims.clone());
    let inner = graph.push(Node::new("Mul", &x).and(factor), dims.clone());
    let inner = graph.push(Node::new("Mul", inner).and(root), dims.clone());
    let tanh = graph.push(Node::new("Tanh", inner), dims.clone());
    let sum = graph.push(Node::new("Add", tanh).and(one), dims.clone());
    let gate = graph.push(Node::new("Mul", sum).and(half), dims.clone());
    graph.push(Node::new("Mul", x).and(gate).named_kind("gelu_tanh"), dims)
}

/// `ln(1 + e^(beta·x))/beta`, and `x` where `beta·x > threshold`.
fn softplus(graph: &mut Graph, x: Value, beta: f32, threshold: f32) -> Value {
    let dims = x.dims.clone();
    let plain = beta.to_bits() == 1f32.to_bits();
    let factor = graph.float(beta);
    let z = if plain { x.clone() } else { graph.push(Node::new("Mul", &x).and(&factor), dims.clone()) };
    let mut y = graph.push(Node::new("Softplus", &z), dims.clone());
    if !plain {
        y = graph.push(Node::new("Div", y).and(factor), dims.clone());
    }
    // From 17 on, both branches are equal in `f32`.
    if threshold >= 17.0 {
        return y;
    }
    let threshold = graph.float(threshold);
    let above = graph.push(Node::new("Greater", z).and(threshold), Vec::new());
    graph.push(Node::new("Where", above).and(x).and(y), dims)
}
