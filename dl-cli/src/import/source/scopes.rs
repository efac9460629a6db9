//! The modules of a network as a tree, and which of them are equal up to their sizes: those become blocks.

use super::body::{Body, Builder};
use super::print;
use crate::import::fields::is_number;
use crate::import::importer::Network;
use crate::import::network::{Id, Layer};
use std::collections::{BTreeMap, BTreeSet};

/// Returns whether a path is that of a copy in a stack: its last name is a number.
pub fn is_copy(path: &[String]) -> bool {
    path.last().is_some_and(|last| is_number(last))
}

/// A part of a body: a layer, or the use of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Layer(Id),
    Scope(usize),
}

impl Unit {
    pub fn inputs(&self, layers: &[Layer], scopes: &[Scope]) -> Vec<Id> {
        match self {
            Unit::Layer(id) => layers[*id].inputs.clone(),
            Unit::Scope(scope) => scopes[*scope].inputs.clone(),
        }
    }
    pub fn output(&self, scopes: &[Scope]) -> Id {
        match self {
            Unit::Layer(id) => *id,
            Unit::Scope(scope) => scopes[*scope].output,
        }
    }
}

/// A module.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub path: Vec<String>,
    /// The path of the module around it, if that has nothing else; else its own.
    pub name: Vec<String>,
    /// Its layers and modules, in order.
    units: Vec<Unit>,
    pub inputs: Vec<Id>,
    pub output: Id,
    /// `true` if it has one output, and its layers follow one another.
    alone: bool,
    /// The block that it is a use of.
    pub group: Option<usize>,
    /// The numbers of its text that may differ between the uses of a block, with what they are.
    pub holes: Vec<(&'static str, String)>,
}

/// A block: modules with the same text but for some numbers.
#[derive(Clone, Debug, Default)]
pub struct Group {
    pub uses: Vec<usize>,
    /// For each number of the text, the parameter that it is.
    pub parameters: Vec<Option<String>>,
}

/// The modules of a network, and its blocks.
pub struct Scopes {
    pub all: Vec<Scope>,
    pub groups: Vec<Group>,
    /// The units of the model itself.
    root: Vec<Unit>,
    /// `true` if every module is a block, so that names stay as they are.
    exact: bool,
}

impl Scopes {
    /// Finds the modules of a network. Those in `apart` become no blocks.
    pub fn new(network: &Network, apart: &BTreeSet<usize>) -> Self {
        let mut scopes = Scopes { all: Vec::new(), groups: Vec::new(), root: Vec::new(), exact: network.exact };
        scopes.grow(network);
        scopes.connect(network);
        let deepest = scopes.all.iter().map(|scope| scope.path.len()).max().unwrap_or(0);
        let mut texts: BTreeMap<String, usize> = BTreeMap::new();
        for depth in (1..=deepest).rev() {
            let mut equal: BTreeMap<String, Vec<usize>> = BTreeMap::new();
            for at in 0..scopes.all.len() {
                let scope = &scopes.all[at];
                if scope.path.len() != depth || !scope.alone || apart.contains(&at) || !scopes.is_block(at) {
                    continue;
                }
                let mut body = scopes.body(network, at);
                scopes.all[at].holes = print::take_holes(&mut body);
                equal.entry(print::text(&body, &scopes.all)).or_default().push(at);
            }
            for (text, uses) in equal {
                match texts.get(&text) {
                    Some(group) => scopes.groups[*group].uses.extend(&uses),
                    None if uses.len() > 1 || network.exact => {
                        texts.insert(text, scopes.groups.len());
                        scopes.groups.push(Group { uses: uses.clone(), parameters: Vec::new() });
                    }
                    None => continue,
                }
                let group = texts.values().copied().find(|group| scopes.groups[*group].uses.contains(&uses[0]));
                uses.iter().for_each(|scope| scopes.all[*scope].group = group);
            }
        }
        scopes.name_parameters();
        scopes
    }
    /// Makes the tree. Layers follow their order, so a module whose layers do not is there several times, and no block.
    fn grow(&mut self, network: &Network) {
        let mut open: Vec<usize> = Vec::new();
        let mut seen: BTreeMap<Vec<String>, usize> = BTreeMap::new();
        for (id, layer) in network.layers.iter().enumerate() {
            if network.inputs.contains(&id) {
                continue;
            }
            let path = &layer.path[..layer.path.len() - usize::from(layer.own)];
            let shared = open.iter().take_while(|at| path.starts_with(&self.all[**at].path)).count();
            open.truncate(shared);
            for depth in open.len()..path.len() {
                let own = path[..=depth].to_vec();
                *seen.entry(own.clone()).or_default() += 1;
                let at = self.all.len();
                self.all.push(Scope { path: own, ..Scope::default() });
                self.add(open.last().copied(), Unit::Scope(at));
                open.push(at);
            }
            self.add(open.last().copied(), Unit::Layer(id));
        }
        for scope in &mut self.all {
            scope.alone = seen[&scope.path] == 1;
            scope.name.clone_from(&scope.path);
        }
        // Outer modules come before inner ones.
        for at in 0..self.all.len() {
            let named = !self.exact || is_copy(&self.all[at].path);
            if let [Unit::Scope(only)] = self.all[at].units[..]
                && named
            {
                self.all[only].name = self.all[at].name.clone();
            }
        }
    }
    fn add(&mut self, to: Option<usize>, unit: Unit) {
        to.map_or(&mut self.root, |at| &mut self.all[at].units).push(unit);
    }
    /// Finds the inputs and the output of each module.
    fn connect(&mut self, network: &Network) {
        for at in 0..self.all.len() {
            let inside: Vec<Id> = self.layers(&self.all[at].units);
            let within: BTreeSet<Id> = inside.iter().copied().collect();
            let mut inputs: Vec<Id> = Vec::new();
            let mut named = true;
            for id in &inside {
                for input in &network.layers[*id].inputs {
                    if !within.contains(input) && !inputs.contains(input) {
                        inputs.push(*input);
                    }
                }
                // A block cannot name the layers of others.
                if let crate::import::network::What::Call(call) = &network.layers[*id].what {
                    named &= call.arguments.iter().all(|argument| argument.layer.is_none());
                }
            }
            let outside = network.layers.iter().enumerate().filter(|(id, _)| !within.contains(id));
            let mut outputs: BTreeSet<Id> = outside.flat_map(|(_, layer)| &layer.inputs).copied().collect();
            outputs.extend(network.outputs.iter().map(|(_, id)| *id));
            let outputs: Vec<Id> = outputs.intersection(&within).copied().collect();
            let scope = &mut self.all[at];
            scope.alone &= outputs.len() == 1 && !inputs.is_empty() && named;
            scope.output = outputs.first().copied().unwrap_or_default();
            scope.inputs = inputs;
        }
    }
    /// Returns whether a module is more than what it has: neither one layer, nor a stack, nor a copy in it that is one module.
    fn is_block(&self, at: usize) -> bool {
        let (path, units) = (&self.all[at].path, self.flat(&self.all[at].units));
        if !self.exact {
            return units.len() > 1;
        }
        let name = |unit: &Unit| match unit {
            Unit::Scope(scope) => Some(&self.all[*scope].name),
            Unit::Layer(_) => None,
        };
        let copy = |unit: &Unit| name(unit).is_some_and(|name| is_copy(name) && name[..name.len() - 1] == path[..]);
        match &units[..] {
            [only] if name(only) == Some(path) => false,
            units => !units.iter().all(copy),
        }
    }
    fn layers(&self, units: &[Unit]) -> Vec<Id> {
        units
            .iter()
            .flat_map(|unit| match unit {
                Unit::Layer(id) => vec![*id],
                Unit::Scope(scope) => self.layers(&self.all[*scope].units),
            })
            .collect()
    }
    /// Returns the units with those of modules that are no blocks in their places.
    fn flat(&self, units: &[Unit]) -> Vec<Unit> {
        units
            .iter()
            .flat_map(|unit| match unit {
                Unit::Scope(scope) if self.all[*scope].group.is_none() => self.flat(&self.all[*scope].units),
                unit => vec![*unit],
            })
            .collect()
    }
    /// Returns the body of a module, as that of a block.
    pub fn body(&self, network: &Network, at: usize) -> Body {
        let scope = &self.all[at];
        let inputs: Vec<(Id, String)> = scope.inputs.iter().copied().zip(print::names()).collect();
        let units = self.flat(&scope.units);
        Builder::build(network, &self.all, &units, &scope.path, &inputs, &[scope.output])
    }
    /// Returns the body of the model.
    pub fn model(&self, network: &Network, inputs: &[(Id, String)]) -> Body {
        let outputs: Vec<Id> = network.outputs.iter().map(|(_, id)| *id).collect();
        let units = self.flat(&self.root);
        Builder::build(network, &self.all, &units, &[], inputs, &outputs)
    }
    /// Makes parameters of the numbers that differ between the uses of a block; numbers that are always equal are one parameter.
    fn name_parameters(&mut self) {
        for group in &mut self.groups {
            let first = &self.all[group.uses[0]].holes;
            let column =
                |at: usize| -> Vec<&str> { group.uses.iter().map(|scope| &*self.all[*scope].holes[at].1).collect() };
            let mut named: Vec<(Vec<&str>, String)> = Vec::new();
            let mut parameters = Vec::new();
            for (at, (label, text)) in first.iter().enumerate() {
                let column = column(at);
                if column.iter().all(|other| other == text) {
                    parameters.push(None);
                    continue;
                }
                if let Some((_, name)) = named.iter().find(|(other, _)| *other == column) {
                    parameters.push(Some(name.clone()));
                    continue;
                }
                let numbered = (2..).map(|n| format!("{label}{n}"));
                let mut names = std::iter::once((*label).to_owned()).chain(numbered);
                let name = names.find(|name| named.iter().all(|(_, other)| other != name)).unwrap_or_default();
                named.push((column, name.clone()));
                parameters.push(Some(name));
            }
            group.parameters = parameters;
        }
    }
}
