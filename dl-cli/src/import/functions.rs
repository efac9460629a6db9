//! Recognises activations that a file spells out by what they compute, however they are written.

use super::network::{Id, Layer, What};
use std::f64::consts::{PI, SQRT_2};
use std::rc::Rc;

/// The numbers at which functions are compared.
fn points() -> Vec<f64> {
    (-40..=40).map(|n| f64::from(n) * 0.173 + 0.011).collect()
}

/// The most layers between a value and what is computed of it.
const MOST: usize = 16;

/// The functions that each layer computes of the values before it, element by element.
#[derive(Default)]
pub struct Functions {
    of: Vec<Vec<(Id, Rc<Vec<f64>>)>>,
}

impl Functions {
    /// Adds the last layer.
    pub fn add(&mut self, layers: &[Layer]) {
        let Some(layer) = layers.last() else { return };
        let id = layers.len() - 1;
        let of = |id: Id| &self.of[id];
        let mut found: Vec<(Id, Rc<Vec<f64>>)> = match (&layer.what, &layer.inputs[..]) {
            (What::Scalar(op, number, first), [x]) => {
                each(of(*x), |x| if *first { arithmetic(*op, *number, x) } else { arithmetic(*op, x, *number) })
            }
            (What::Binary(op), [a, b]) => {
                let pair = |(root, a): &(Id, Rc<Vec<f64>>)| {
                    let (_, b) = of(*b).iter().find(|(other, _)| other == root)?;
                    Some((*root, Rc::new(a.iter().zip(&**b).map(|(a, b)| arithmetic(*op, *a, *b)).collect())))
                };
                of(*a).iter().filter_map(pair).collect()
            }
            (What::Call(call), [x]) if layer.weights.is_empty() => match function(call.name) {
                Some(f) if call.arguments.is_empty() => each(of(*x), f),
                _ if call.name == "powi" => each(of(*x), |x| x.powi(3)),
                _ => Vec::new(),
            },
            (What::Unknown, [x]) => match &*layer.operator {
                "Erf" => each(of(*x), libm::erf),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        found.truncate(MOST);
        found.insert(0, (id, Rc::new(points())));
        self.of.push(found);
    }
    /// Returns an activation that computes what the layer computes of an earlier value, and this value.
    pub fn recognise(&self, id: Id) -> Option<(&'static str, Id)> {
        let close = |a: &f64, b: &f64| (a - b).abs() <= 2e-6 * (1.0 + b.abs());
        let longest_first = self.of[id].iter().skip(1).rev();
        longest_first.flat_map(|(root, found)| ACTIVATIONS.iter().map(move |name| (name, root, found))).find_map(
            |(name, root, found)| {
                let f = function(name)?;
                points().iter().zip(&**found).all(|(x, y)| close(y, &f(*x))).then_some((*name, *root))
            },
        )
    }
}

fn each(of: &[(Id, Rc<Vec<f64>>)], f: impl Fn(f64) -> f64) -> Vec<(Id, Rc<Vec<f64>>)> {
    of.iter().map(|(root, numbers)| (*root, Rc::new(numbers.iter().map(|x| f(*x)).collect()))).collect()
}

fn arithmetic(op: char, a: f64, b: f64) -> f64 {
    match op {
        '+' => a + b,
        '-' => a - b,
        '*' => a * b,
        _ => a / b,
    }
}

/// The activations that are recognised by what they compute.
const ACTIVATIONS: &[&str] = &[
    "relu",
    "relu6",
    "sigmoid",
    "tanh",
    "silu",
    "gelu",
    "gelu(approximate: tanh)",
    "hard_swish",
    "hard_sigmoid",
    "mish",
    "softsign",
    "log_sigmoid",
    "square",
    "softplus",
];

/// The formulas of the guide.
fn function(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "relu" => |x| x.max(0.0),
        "relu6" => |x| x.clamp(0.0, 6.0),
        "sigmoid" => |x| 1.0 / (1.0 + (-x).exp()),
        "tanh" => f64::tanh,
        "silu" => |x| x / (1.0 + (-x).exp()),
        "gelu" => |x| x * 0.5 * (1.0 + libm::erf(x / SQRT_2)),
        "gelu(approximate: tanh)" => |x| 0.5 * x * (1.0 + ((2.0 / PI).sqrt() * (x + 0.044_715 * x.powi(3))).tanh()),
        "hard_swish" => |x| x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
        "hard_sigmoid" => |x| (x + 3.0).clamp(0.0, 6.0) / 6.0,
        "mish" => |x| x * x.exp().ln_1p().tanh(),
        "softsign" => |x| x / (1.0 + x.abs()),
        "log_sigmoid" => |x| -(-x).exp().ln_1p(),
        "softplus" => |x| x.exp().ln_1p(),
        "square" => |x| x * x,
        "exp" => f64::exp,
        "abs" => f64::abs,
        _ => return None,
    })
}
