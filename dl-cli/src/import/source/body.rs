//! The body of a model or of a block as expressions: chains of layers, `residual`, `repeat`, and `let` for what is used several times.

use super::labels::labels;
use super::names::identifier;
use super::scopes::{Scope, Unit, is_copy};
use crate::import::importer::Network;
use crate::import::network::{Argument, Call, Id, Layer, What, float};
use std::collections::{BTreeMap, BTreeSet};

/// A body.
#[derive(Clone, Debug)]
pub struct Body {
    pub lets: Vec<(String, Expr)>,
    pub results: Vec<Expr>,
    /// The names of layers that other layers use.
    pub labels: BTreeMap<Id, String>,
}

#[derive(Clone, Debug)]
pub enum Expr {
    Name(String),
    Pipe(Box<Expr>, Vec<Stage>),
    Binary(Box<Expr>, char, Box<Expr>),
    /// A layer of several equal operands.
    Function(Call, Vec<Expr>),
    Parameter(Id, Vec<usize>),
}

/// A link of a chain.
#[derive(Clone, Debug)]
pub enum Stage {
    /// Without its arguments if it is used `again`.
    Layer {
        id: Id,
        call: Call,
        extra: Vec<Expr>,
        label: Option<String>,
        again: bool,
    },
    Scope {
        scope: usize,
        arguments: Vec<Argument>,
        extra: Vec<Expr>,
        label: String,
    },
    Residual(Vec<Stage>),
    Repeat {
        first: Box<Stage>,
        scopes: Vec<usize>,
        label: String,
    },
}

/// Makes a body of `units`, whose modules are below `path`.
pub struct Builder<'a> {
    pub layers: &'a [Layer],
    pub scopes: &'a [Scope],
    units: &'a [Unit],
    of: BTreeMap<Id, usize>,
    uses: BTreeMap<Id, usize>,
    bound: BTreeMap<Id, String>,
    residuals: BTreeMap<Id, (Id, Id)>,
    labels: Vec<String>,
    taken: BTreeSet<String>,
    lets: Vec<(String, Expr)>,
    exact: bool,
}

impl<'a> Builder<'a> {
    pub fn build(
        network: &'a Network,
        scopes: &'a [Scope],
        units: &'a [Unit],
        path: &[String],
        inputs: &[(Id, String)],
        outputs: &[Id],
    ) -> Body {
        let layers = &network.layers[..];
        let mut uses: BTreeMap<Id, usize> = BTreeMap::new();
        let all = units.iter().flat_map(|unit| unit.inputs(layers, scopes)).chain(outputs.iter().copied());
        all.for_each(|id| *uses.entry(id).or_default() += 1);
        let labels = labels(layers, scopes, units, path, inputs, network.exact);
        let mut builder = Builder {
            layers,
            scopes,
            units,
            of: units.iter().enumerate().map(|(at, unit)| (unit.output(scopes), at)).collect(),
            uses,
            bound: inputs.iter().cloned().collect(),
            residuals: BTreeMap::new(),
            taken: labels.iter().cloned().chain(inputs.iter().map(|(_, name)| name.clone())).collect(),
            labels,
            lets: Vec::new(),
            exact: network.exact,
        };
        builder.find_residuals();
        for unit in units {
            let id = unit.output(scopes);
            let parameter = matches!(unit, Unit::Layer(id) if matches!(layers[*id].what, What::Parameter));
            if builder.uses.get(&id).copied().unwrap_or(0) > 1 || parameter {
                let expr = builder.expr(id);
                builder.bind(id, expr, parameter);
            }
        }
        let results = if builder.in_order(outputs) {
            outputs.iter().map(|id| builder.expr(*id)).collect()
        } else {
            builder.let_in_order(outputs)
        };
        let of_layer = |(at, unit): (usize, &Unit)| match unit {
            Unit::Layer(id) => Some((*id, builder.labels[at].clone())),
            Unit::Scope(_) => None,
        };
        let labels = units.iter().enumerate().filter_map(of_layer).collect();
        Body { lets: builder.lets, results, labels }
    }
    /// Gives a value a name.
    fn bind(&mut self, id: Id, expr: Expr, parameter: bool) -> Expr {
        let name = if parameter {
            // The name is that of the tensor, too.
            self.labels[self.of[&id]].clone()
        } else {
            let letters = ('a'..='w').map(String::from).chain((1..).map(|n| format!("h{n}")));
            letters.into_iter().find(|name| !self.taken.contains(name)).unwrap_or_default()
        };
        self.taken.insert(name.clone());
        self.lets.push((name.clone(), expr));
        self.bound.insert(id, name.clone());
        Expr::Name(name)
    }
    fn unit(&self, id: Id) -> Option<&'a Unit> {
        self.of.get(&id).map(|at| &self.units[*at])
    }
    /// Finds sums of a value and of what a chain makes of it.
    fn find_residuals(&mut self) {
        for unit in self.units {
            let Unit::Layer(id) = unit else { continue };
            let layer = &self.layers[*id];
            let (What::Binary('+'), &[a, b]) = (&layer.what, &layer.inputs[..]) else { continue };
            for (from, chain) in [(a, b), (b, a)] {
                if from != chain && self.follows(chain, from) {
                    self.residuals.insert(*id, (from, chain));
                    if self.uses.get(&from) == Some(&2) {
                        self.uses.insert(from, 1);
                    }
                    break;
                }
            }
        }
    }
    /// Returns `true` if a chain whose values are used once leads from one value to another.
    fn follows(&self, to: Id, from: Id) -> bool {
        if to == from {
            return true;
        }
        if self.uses.get(&to) != Some(&1) || self.bound.contains_key(&to) {
            return false;
        }
        match self.unit(to) {
            Some(Unit::Scope(scope)) => {
                self.scopes[*scope].inputs.first().is_some_and(|input| self.follows(*input, from))
            }
            Some(Unit::Layer(id)) => match (&self.layers[*id].what, self.residuals.get(id)) {
                (What::Call(call), _) if !is_function(call) => {
                    self.layers[*id].inputs.first().is_some_and(|input| self.follows(*input, from))
                }
                (What::Binary(_), Some((start, _))) => self.follows(*start, from),
                _ => false,
            },
            None => false,
        }
    }
    /// Returns the links of a chain.
    fn stages(&mut self, to: Id, from: Id, stages: &mut Vec<Stage>) {
        if to == from {
            return;
        }
        let Some(unit) = self.unit(to) else { return };
        if let Unit::Layer(id) = unit
            && let Some((start, chain)) = self.residuals.get(id).copied()
        {
            self.stages(start, from, stages);
            stages.push(self.residual(start, chain));
            return;
        }
        let inputs = unit.inputs(self.layers, self.scopes);
        self.stages(inputs[0], from, stages);
        let stage = self.stage(to);
        self.link(stages, stage);
    }
    fn residual(&mut self, start: Id, chain: Id) -> Stage {
        let mut inner = Vec::new();
        self.stages(chain, start, &mut inner);
        Stage::Residual(inner)
    }
    /// Returns the last link that makes a value.
    fn stage(&mut self, id: Id) -> Stage {
        let at = self.of[&id];
        let unit = &self.units[at];
        let extra = unit.inputs(self.layers, self.scopes)[1..].iter().map(|id| self.operand(*id)).collect();
        match unit {
            Unit::Layer(id) => {
                let layer = &self.layers[*id];
                let What::Call(call) = layer.what.clone() else { unreachable!("only calls are links of chains") };
                let label = (!layer.weights.is_empty()).then(|| self.labels[at].clone());
                if let Some(first) = layer.again.and_then(|first| self.of.get(&first)) {
                    let (call, label) = (Call::new(call.name), Some(self.labels[*first].clone()));
                    return Stage::Layer { id: *id, call, extra, label, again: true };
                }
                Stage::Layer { id: *id, call, extra, label, again: false }
            }
            Unit::Scope(scope) => {
                let holes = &self.scopes[*scope].holes;
                let argument = |(label, text): &(&'static str, String)| Argument {
                    name: None,
                    label,
                    text: text.clone(),
                    default: false,
                    layer: None,
                };
                let arguments = holes.iter().map(argument).collect();
                Stage::Scope { scope: *scope, arguments, extra, label: self.labels[at].clone() }
            }
        }
    }
    /// Adds a link; equal neighbours with numbers for names become a `repeat`.
    fn link(&self, stages: &mut Vec<Stage>, stage: Stage) {
        if let Stage::Scope { scope, label, .. } = &stage
            && self.exact
            && is_copy(&self.scopes[*scope].name)
        {
            match stages.last_mut() {
                Some(Stage::Repeat { scopes, .. }) if self.repeats(scopes[scopes.len() - 1], *scope) => {
                    scopes.push(*scope);
                }
                _ => stages.push(Stage::Repeat { label: label.clone(), scopes: vec![*scope], first: Box::new(stage) }),
            }
            return;
        }
        if let (Some(last), Stage::Scope { scope, extra, .. }) = (stages.last_mut(), &stage)
            && extra.is_empty()
        {
            match last {
                Stage::Scope { scope: first, extra, label, .. } if extra.is_empty() && self.repeats(*first, *scope) => {
                    let scopes = vec![*first, *scope];
                    let label = self.repeat_label(&self.scopes[*first].name, label);
                    *last = Stage::Repeat { first: Box::new(last.clone()), scopes, label };
                    return;
                }
                Stage::Repeat { scopes, .. } if self.repeats(scopes[scopes.len() - 1], *scope) => {
                    scopes.push(*scope);
                    return;
                }
                _ => {}
            }
        }
        stages.push(stage);
    }
    /// Returns `true` if the second of two modules is a copy of the first, and they are neighbours in a list.
    fn repeats(&self, a: usize, b: usize) -> bool {
        let (a, b) = (&self.scopes[a], &self.scopes[b]);
        let number = |path: &[String]| path.last().and_then(|last| last.parse::<usize>().ok());
        let list = |path: &[String]| path[..path.len() - 1].to_vec();
        let next =
            number(&a.name).zip(number(&b.name)).is_some_and(|(a, b)| a + 1 == b) && list(&a.name) == list(&b.name);
        let shape = |scope: &Scope| self.layers[scope.inputs[0]].shapes == self.layers[scope.output].shapes;
        // Other values are the same for all copies.
        let others = |scope: &Scope| scope.inputs[1..].to_vec();
        next && a.group.is_some()
            && a.group == b.group
            && a.holes == b.holes
            && shape(a)
            && shape(b)
            && others(a) == others(b)
    }
    /// Returns the name of a `repeat`: that of the list, or of the first copy if others are before it.
    fn repeat_label(&self, path: &[String], first: &str) -> String {
        let list = match path {
            [list @ .., number] if number == "0" => list.last(),
            _ => None,
        };
        let list = list.filter(|part| !part.starts_with(|c: char| c.is_ascii_digit())).map(|part| identifier(part));
        list.filter(|name| !self.taken.contains(name)).unwrap_or_else(|| first.into())
    }
    /// Returns an operand of arithmetic or an argument: a longer chain gets a name first.
    fn operand(&mut self, id: Id) -> Expr {
        let expr = self.expr(id);
        match &expr {
            Expr::Pipe(_, stages) if stages.len() > 1 => self.bind(id, expr, false),
            Expr::Parameter(..) => self.bind(id, expr, true),
            _ => expr,
        }
    }
    /// Returns operands. Names that a file gives keep their order: what was computed first is written first.
    fn operands(&mut self, ids: &[Id]) -> Vec<Expr> {
        if !self.in_order(ids) {
            return self.let_in_order(ids);
        }
        let mut operands: Vec<Expr> = Vec::new();
        for id in ids {
            let before = self.lets.len();
            let mut operand = self.operand(*id);
            if self.exact && ids.len() > 2 && matches!(operand, Expr::Pipe(..)) {
                operand = self.bind(*id, operand, false);
            }
            operands.push(operand);
            if !self.exact || self.lets.len() == before {
                continue;
            }
            // What is in a `let` now is computed before the operands so far, so that these want names, too.
            let later = self.lets.split_off(before);
            for (operand, id) in operands.iter_mut().zip(ids).rev().skip(1).rev() {
                if matches!(operand, Expr::Pipe(..) | Expr::Binary(..) | Expr::Function(..)) {
                    *operand = self.bind(*id, operand.clone(), false);
                }
            }
            self.lets.extend(later);
        }
        operands
    }
    /// Returns whether values may be written in this order, which names that a file gives keep.
    fn in_order(&self, ids: &[Id]) -> bool {
        let own: Vec<usize> = ids.iter().filter(|id| !self.bound.contains_key(id)).map(|id| self.of[id]).collect();
        !self.exact || own.is_sorted()
    }
    /// Binds values in the order in which they are computed.
    fn let_in_order(&mut self, ids: &[Id]) -> Vec<Expr> {
        let mut sorted = ids.to_vec();
        sorted.sort_by_key(|id| self.of.get(id).copied());
        for id in sorted {
            if !self.bound.contains_key(&id) {
                let expr = self.expr(id);
                let parameter = matches!(expr, Expr::Parameter(..));
                self.bind(id, expr, parameter);
            }
        }
        ids.iter().map(|id| self.expr(*id)).collect()
    }
    fn expr(&mut self, id: Id) -> Expr {
        if let Some(name) = self.bound.get(&id) {
            return Expr::Name(name.clone());
        }
        let unit = self.unit(id).expect("a value is an input or has a unit");
        let inputs = unit.inputs(self.layers, self.scopes);
        if let Unit::Layer(id) = unit {
            let layer = &self.layers[*id];
            match &layer.what {
                What::Binary(op) => {
                    if let Some((start, chain)) = self.residuals.get(id).copied() {
                        let head = self.expr(start);
                        let stage = self.residual(start, chain);
                        return self.pipe(head, stage);
                    }
                    let mut operands = self.operands(&inputs).into_iter();
                    let (Some(a), Some(b)) = (operands.next(), operands.next()) else { unreachable!("two operands") };
                    return Expr::Binary(Box::new(a), *op, Box::new(b));
                }
                What::Scalar(op, number, first) => {
                    let (x, number) = (self.operand(inputs[0]), Expr::Name(float(*number)));
                    let (a, b) = if *first { (number, x) } else { (x, number) };
                    return Expr::Binary(Box::new(a), *op, Box::new(b));
                }
                What::Call(call) if is_function(call) => {
                    let mut operands = self.operands(&inputs);
                    if operands.len() > 2 {
                        for (operand, id) in operands.iter_mut().zip(&inputs) {
                            if matches!(operand, Expr::Pipe(..)) {
                                *operand = self.bind(*id, operand.clone(), false);
                            }
                        }
                    }
                    return Expr::Function(call.clone(), operands);
                }
                What::Parameter => return Expr::Parameter(*id, layer.weights[0].array.shape.clone()),
                _ => {}
            }
        }
        let head = self.expr(inputs[0]);
        let stage = self.stage(id);
        self.pipe(head, stage)
    }
    fn pipe(&self, head: Expr, stage: Stage) -> Expr {
        match head {
            Expr::Pipe(head, mut stages) => {
                self.link(&mut stages, stage);
                Expr::Pipe(head, stages)
            }
            head => {
                let mut stages = Vec::new();
                self.link(&mut stages, stage);
                Expr::Pipe(Box::new(head), stages)
            }
        }
    }
}

/// Returns `true` if a layer is written as a function of its operands.
fn is_function(call: &Call) -> bool {
    matches!(call.name, "concat" | "matmul")
}
