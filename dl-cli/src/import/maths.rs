//! Arithmetic and activations, also those that a file spells out.

use super::array::{Array, broadcast_shape};
use super::graph::Node;
use super::images::named;
use super::importer::Importer;
use super::network::{Call, Id, Sight, Value, View, What, float};
use super::values::{constants, scalar, weight};
use std::rc::Rc;

impl Importer {
    /// Translates arithmetic, activations and softmax.
    pub fn maths(&mut self, node: &Node, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let op = match &*node.operator {
            "Add" => '+',
            "Sub" => '-',
            "Mul" => '*',
            "Div" => '/',
            "Where" => return self.chosen(inputs),
            _ => {
                let Some(Value::Flow(view)) = inputs.first()?.clone() else { return None };
                return self.unary(node, &view, inputs);
            }
        };
        let [Some(a), Some(b)] = inputs else { return None };
        match (a, b) {
            (Value::Flow(a), Value::Flow(b)) => self.binary(op, a, b),
            (Value::Flow(x), other) if scalar(other).is_some() => self.with_number(op, x, scalar(other)?, false),
            (other, Value::Flow(x)) if scalar(other).is_some() => self.with_number(op, x, scalar(other)?, true),
            (Value::Flow(x), other) => self.with_constant(op, x, other, false),
            (other, Value::Flow(x)) => self.with_constant(op, x, other, true),
            _ => None,
        }
    }
    /// Adds a layer that works element by element, on the elements of a view where they are.
    fn elementwise(&mut self, what: What, view: &View, others: &[Id]) -> Vec<Value> {
        let shapes = self.layers[view.of].shapes.clone();
        let inputs = std::iter::once(view.of).chain(others.iter().copied()).collect();
        let id = self.push(what, inputs, Vec::new(), shapes);
        let id = self.recognised(id);
        vec![Value::Flow(View { of: id, ..view.clone() })]
    }
    /// Replaces what a file spells out by the activation that it is.
    fn recognised(&mut self, id: Id) -> Id {
        let Some((name, root)) = self.functions.recognise(id) else { return id };
        if matches!(&self.layers[id].what, What::Call(call) if call.name == name) {
            return id;
        }
        let call = match name {
            "gelu(approximate: tanh)" => Call::new("gelu").named("approximate", "tanh"),
            name => Call::new(name),
        };
        let shapes = self.layers[id].shapes.clone();
        self.push(What::Call(call), vec![root], Vec::new(), shapes)
    }
    fn binary(&mut self, op: char, a: &View, b: &View) -> Option<Vec<Value>> {
        if let Some(sum) = self.plus(op, a, b) {
            return Some(sum);
        }
        let same_places = match (&a.places, &b.places) {
            (None, None) => true,
            (Some(a), Some(b)) => a == b,
            _ => false,
        };
        let (of_a, of_b) = (self.layers[a.of].shapes.clone(), self.layers[b.of].shapes.clone());
        if same_places && a.shapes == b.shapes && of_a == of_b {
            return Some(self.elementwise(What::Binary(op), a, &[b.of]));
        }
        // Each is as a layer computes it; sizes of 1 are repeated.
        let (a, b) = (self.settle(a)?, self.settle(b)?);
        let [x, y] = [0, 1].map(|at| broadcast_shape(&self.layers[a].shapes[at], &self.layers[b].shapes[at]));
        if self.layers[a].shapes[0].len() != self.layers[b].shapes[0].len() {
            return None;
        }
        let id = self.push(What::Binary(op), vec![a, b], Vec::new(), [x?, y?]);
        Some(vec![Value::Flow(self.whole(id))])
    }
    fn with_number(&mut self, op: char, x: &View, number: f64, first: bool) -> Option<Vec<Value>> {
        let neutral = match op {
            '+' => number == 0.0,
            '*' => number == 1.0,
            _ => !first && number == if op == '-' { 0.0 } else { 1.0 },
        };
        if neutral {
            return Some(vec![Value::Flow(x.clone())]);
        }
        Some(self.elementwise(What::Scalar(op, number, first), x, &[]))
    }
    fn with_constant(&mut self, op: char, x: &View, other: &Value, first: bool) -> Option<Vec<Value>> {
        if op == '+' {
            if let Some(found) = self.biased(x, other).or_else(|| self.positioned(x, other)) {
                return Some(found);
            }
            if let Some(found) = constants(other).and_then(|constants| self.masked(x, &constants, -1e4)) {
                return Some(found);
            }
        }
        if op == '*'
            && let Some(sums) = constants(other).and_then(|numbers| self.times(x, &numbers))
        {
            return Some(sums);
        }
        let array = weight(other)?;
        let id = self.settle(x)?;
        let shapes = self.layers[id].shapes.clone();
        if shapes[0].is_empty() {
            return None;
        }
        // Without the dimension of the batch.
        let mut own = array.shape.clone();
        while own.len() >= shapes[0].len() && own.first() == Some(&1) {
            own.remove(0);
        }
        if broadcast_shape(&own, &shapes[0][1..]).as_deref() != Some(&shapes[0][1..]) {
            return None;
        }
        if let Some(found) = self.after_norm(op, id, &array.reshape(own.clone())?) {
            return Some(found);
        }
        if op == '*'
            && let Some(found) = self.factors(id, &array.reshape(own.clone())?)
        {
            return Some(found);
        }
        while own.len() < shapes[0].len() - 1 {
            own.insert(0, 1);
        }
        let with_batch = [0, 1].map(|at| [&shapes[at][..1], &own].concat());
        let parameter = self.parameter(Rc::new(array.reshape(own)?), with_batch);
        let inputs = if first { vec![parameter, id] } else { vec![id, parameter] };
        let id = self.push(What::Binary(op), inputs, Vec::new(), shapes);
        Some(vec![Value::Flow(self.whole(id))])
    }
    /// Translates a product with one learned number for each feature of rows, or for each channel of images.
    fn factors(&mut self, id: Id, own: &Array<f32>) -> Option<Vec<Value>> {
        let shapes = self.layers[id].shapes.clone();
        let along = match (&shapes[0][1..], &own.shape[..]) {
            ([.., n], [own]) if shapes[0].len() < 4 => n == own,
            ([c, _, _], [own, 1, 1]) => c == own,
            _ => false,
        };
        if !along || own.data.len() < 2 {
            return None;
        }
        let array = Rc::new(Array::new(vec![own.data.len()], own.data.clone())?);
        Some(self.call(Call::new("scale"), vec![id], vec![named("weight", array)], shapes))
    }
    /// Translates a ReLU with a learned slope, or with one for each channel.
    fn prelu(&mut self, view: &View, slope: &Value) -> Option<Vec<Value>> {
        let (id, slope) = (self.settle(view)?, weight(slope)?);
        let shapes = self.layers[id].shapes.clone();
        let channels = *shapes[0].get(1)?;
        let call = match (slope.data.len(), slope.shape.iter().rev().nth(shapes[0].len() - 2)) {
            (1, _) => Call::new("prelu"),
            (len, Some(first)) if len == channels && *first == channels => {
                Call::new("prelu").named("per_channel", "true")
            }
            _ => return None,
        };
        let array = Rc::new(Array::new(vec![slope.data.len()], slope.data.clone())?);
        Some(self.call(call, vec![id], vec![named("weight", array)], shapes))
    }
    /// Sets scores to -∞ where a constant is below `least`.
    pub fn masked(&mut self, x: &View, mask: &[super::constants::Constant; 2], least: f64) -> Option<Vec<Value>> {
        let mut sights = [None; 2];
        for at in [0, 1] {
            let shape = &x.shapes[at];
            let (columns, rows) = (*shape.last()?, *shape.iter().rev().nth(1)?);
            let mask = mask[at].array.broadcast(shape)?;
            let hidden: Vec<bool> = mask.data.iter().map(|number| *number <= least).collect();
            if mask.data.iter().any(|number| *number > least && *number != 0.0) {
                return None;
            }
            if !hidden.contains(&true) {
                continue;
            }
            // The last row sees as many rows as the window has.
            let seen = (0..columns).rev().take_while(|column| !hidden[(rows - 1) * columns + column]).count();
            let causal = |at: usize| {
                let (row, column) = (at / columns % rows, at % columns);
                column > row || column + seen <= row
            };
            if columns != rows || !hidden.iter().enumerate().all(|(at, hidden)| *hidden == causal(at)) {
                return None;
            }
            sights[at] = Some(Sight { window: (seen < columns).then_some(seen) });
        }
        match sights {
            [Some(a), Some(b)] if a == b => Some(self.elementwise(What::Masked(a), x, &[])),
            [None, None] => Some(vec![Value::Flow(x.clone())]),
            _ => None,
        }
    }
    /// Translates `Where`: a mask of attention, and the zeros that take the place of its NaN.
    fn chosen(&mut self, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        match inputs {
            [Some(Value::Constant(kept)), Some(Value::Flow(x)), Some(other)] if scalar(other)? <= -1e4 => {
                let mask = |constant: &super::constants::Constant| {
                    let data =
                        constant.array.data.iter().map(|kept| if *kept == 0.0 { f64::NEG_INFINITY } else { 0.0 });
                    let array = Array::new(constant.array.shape.clone(), data.collect())?;
                    Some(super::constants::Constant { array, whole: false })
                };
                let mask = [mask(&kept[0])?, mask(&kept[1])?];
                self.masked(x, &mask, -1e4)
            }
            [Some(Value::Flow(nan)), Some(zero), Some(Value::Flow(x))] if scalar(zero) == Some(0.0) => {
                let test = &self.layers[nan.of];
                (test.operator == "IsNaN" && test.inputs == [x.of]).then(|| vec![Value::Flow(x.clone())])
            }
            _ => None,
        }
    }
    fn unary(&mut self, node: &Node, view: &View, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let number = |at: usize| inputs.get(at).and_then(Option::as_ref).and_then(scalar);
        let attribute = |name: &str, default: f32| f64::from(node.float(name, default));
        let call = match &*node.operator {
            "Relu" => Call::new("relu"),
            "Sigmoid" => Call::new("sigmoid"),
            "Tanh" => Call::new("tanh"),
            "Selu" => Call::new("selu"),
            "Softplus" => Call::new("softplus"),
            "Softsign" => Call::new("softsign"),
            "Mish" => Call::new("mish"),
            "HardSwish" => Call::new("hard_swish"),
            "Exp" => Call::new("exp"),
            "Log" => Call::new("log"),
            "Sqrt" => Call::new("sqrt"),
            "Abs" => Call::new("abs"),
            "LeakyRelu" => Call::new("leaky_relu").unless("0.01", "slope", float(attribute("alpha", 0.01))),
            "Elu" => Call::new("elu").unless("1", "alpha", float(attribute("alpha", 1.0))),
            "Gelu" => Call::new("gelu").unless("none", "approximate", node.text("approximate", "none")),
            "HardSigmoid" if (attribute("alpha", 0.2) - 1.0 / 6.0).abs() < 1e-6 => Call::new("hard_sigmoid"),
            "Clip" => {
                let (low, high) =
                    (number(1).unwrap_or(attribute("min", f32::MIN)), number(2).unwrap_or(attribute("max", f32::MAX)));
                match (low, high) {
                    (0.0, 6.0) => Call::new("relu6"),
                    (0.0, high) if high >= f64::from(f32::MAX) => Call::new("relu"),
                    _ => Call::new("clamp").with("min", float(low)).with("max", float(high)),
                }
            }
            "Pow" if number(1) == Some(2.0) => Call::new("square"),
            "Pow" if number(1) == Some(0.5) => Call::new("sqrt"),
            "Pow" if number(1) == Some(3.0) => Call::new("powi").with("exponent", 3),
            "Neg" => return self.with_number('*', view, -1.0, false),
            "Reciprocal" => return self.with_number('/', view, 1.0, true),
            "PRelu" => return self.prelu(view, inputs.get(1)?.as_ref()?),
            "Erf" | "IsNaN" => return Some(self.elementwise(What::Unknown, view, &[])),
            "Softmax" | "LogSoftmax" => {
                let rank = view.shapes[0].len();
                let axis = super::constants::index(node.int("axis", -1), rank)?;
                // Attention has its own, and its scores are views.
                let id = if view.places.is_none() && view.shapes == self.layers[view.of].shapes {
                    view.of
                } else {
                    self.settle(view)?
                };
                let name = if node.operator == "Softmax" { "softmax" } else { "log_softmax" };
                let call = Call::new(name);
                let call = if rank == 2 { call } else { call.named("axis", axis.checked_sub(1)?) };
                let shapes = self.layers[id].shapes.clone();
                return Some(self.call(call, vec![id], Vec::new(), shapes));
            }
            _ => return None,
        };
        Some(self.elementwise(What::Call(call), view, &[]))
    }
}
