//! Writes a network as source: its modules become blocks and `repeat` where they are equal, and names are those of the file.

mod body;
mod labels;
pub mod names;
mod print;
mod scopes;

use super::Imported;
use super::importer::Network;
use super::network::{Argument, Id, What};
use body::{Body, Expr, Stage};
use scopes::Scopes;
use std::collections::{BTreeMap, BTreeSet};

/// The name of the use of a block inside a `repeat`.
const INSIDE: &str = "layer";

/// A network with its modules and the names of its blocks.
struct Writer<'a> {
    network: &'a Network,
    scopes: Scopes,
    /// The name of each block; `None` for one that is written inside the braces of its only use, a `repeat`.
    names: Vec<Option<String>>,
}

/// Writes a network that the file of the name `file` has.
pub fn write(network: &Network, name: &str, file: &str) -> Imported {
    let (writer, inputs) = Writer::new(network);
    let model = writer.scopes.model(network, &inputs);
    let mut lines = vec![
        format!("// Made by `dl import` of {file}; the weights are in the safetensors file beside this one."),
        "use dl::prelude::*;".into(),
        String::new(),
        "model! {".into(),
    ];
    for (group, block) in writer.names.iter().enumerate().filter_map(|(at, name)| Some((at, name.as_ref()?))) {
        writer.write_block(group, block, &mut lines);
        lines.push(String::new());
    }
    lines.push(format!("    /// Imported from {file}."));
    lines.push(format!("    pub {name}({}) -> {} {{", writer.declared(&inputs), writer.output(&inputs)));
    lines.extend(print::lines(&model, &writer, 8));
    lines.extend(["    }".into(), "}".into(), String::new()]);
    let mut tensors = Vec::new();
    writer.tensors(&model, "", &mut tensors);
    Imported { source: lines.join("\n"), tensors }
}

impl<'a> Writer<'a> {
    fn new(network: &'a Network) -> (Self, Vec<(Id, String)>) {
        let name = |id: &Id| match &network.layers[*id].what {
            What::Input(name) => (*id, name.clone()),
            _ => (*id, String::new()),
        };
        let inputs: Vec<(Id, String)> = network.inputs.iter().map(name).collect();
        // A block that is used once, and not in a `repeat`, is written where it is used.
        let mut apart = BTreeSet::new();
        loop {
            let mut writer = Writer { network, scopes: Scopes::new(network, &apart), names: Vec::new() };
            let model = writer.scopes.model(network, &inputs);
            let mut uses = vec![(0, false); writer.scopes.groups.len()];
            writer.count(&model, &mut uses);
            // Blocks inside others come first.
            for group in (0..uses.len()).rev() {
                let body = writer.scopes.body(network, writer.scopes.groups[group].uses[0]);
                if uses[group].0 > 0 {
                    writer.count(&body, &mut uses);
                }
            }
            let once: Vec<usize> = (0..uses.len()).filter(|group| matches!(uses[*group], (1, false))).collect();
            if once.is_empty() || network.exact {
                writer.name_blocks(&model, &uses);
                return (writer, inputs);
            }
            for group in once {
                apart.extend(&writer.scopes.groups[group].uses);
            }
        }
    }
    /// Counts the uses of blocks in a body, and whether the last one is a `repeat`.
    fn count(&self, body: &Body, uses: &mut [(usize, bool)]) {
        each_stage(body, &mut |stage| {
            let (scope, repeats) = match stage {
                Stage::Scope { scope, .. } => (*scope, false),
                Stage::Repeat { scopes, .. } => (scopes[0], true),
                _ => return,
            };
            if let Some(group) = self.scopes.all[scope].group {
                uses[group] = (uses[group].0 + 1, repeats);
            }
        });
    }
    fn name_blocks(&mut self, model: &Body, uses: &[(usize, bool)]) {
        // Names of layers hide those of blocks.
        let mut taken = BTreeSet::from([INSIDE.to_owned()]);
        let mut take = |body: &Body| {
            each_stage(body, &mut |stage| match stage {
                Stage::Layer { label: Some(label), .. } | Stage::Scope { label, .. } | Stage::Repeat { label, .. } => {
                    taken.insert(label.clone());
                }
                _ => {}
            });
        };
        take(model);
        self.scopes.groups.iter().for_each(|group| take(&self.scopes.body(self.network, group.uses[0])));
        for (group, uses) in uses.iter().enumerate() {
            let first = self.scopes.groups[group].uses[0];
            let chain = self.chain(first).is_some();
            // Inside the braces of a `repeat`, a module that has a name keeps it.
            let named = self.network.exact && self.scopes.all[first].path != self.scopes.all[first].name;
            if uses.0 == 0 || *uses == (1, true) && chain && !named {
                self.names.push(None);
                continue;
            }
            let scope = &self.scopes.all[first];
            let path = if self.network.exact { &scope.path } else { &scope.name };
            let class = self.network.classes.get(&path.join(".")).and_then(|class| class.rsplit('.').next());
            let class = class.filter(|class| !matches!(*class, "Sequential" | "ModuleList" | ""));
            let own = path.iter().rev().find(|part| !part.starts_with(|c: char| c.is_ascii_digit()));
            let own = own
                .map(|own| if self.network.exact { own.trim_end_matches(|c: char| c.is_ascii_digit()) } else { own });
            let base = names::identifier(class.or(own).unwrap_or("part"));
            let others = std::iter::once(format!("{base}_block")).chain((2..).map(|n| format!("{base}_block{n}")));
            let name = std::iter::once(base.clone()).chain(others).find(|name| taken.insert(name.clone()));
            self.names.push(name);
        }
    }
    /// Returns the links of a module that is one chain.
    fn chain(&self, scope: usize) -> Option<Vec<Stage>> {
        let body = self.scopes.body(self.network, scope);
        match (&body.lets[..], &body.results[..]) {
            ([], [Expr::Pipe(head, stages)]) if matches!(&**head, Expr::Name(name) if name == "x") => {
                Some(stages.clone())
            }
            _ => None,
        }
    }
    fn write_block(&self, group: usize, name: &str, lines: &mut Vec<String>) {
        let Some(first) = self.scopes.groups[group].uses.first() else { return };
        let scope = &self.scopes.all[*first];
        let mut body = self.scopes.body(self.network, *first);
        print::fill_holes(&mut body, &self.scopes.groups[group].parameters);
        // Further inputs are told from parameters by their patterns.
        let inputs = scope.inputs.iter().zip(print::names()).enumerate().map(|(at, (id, name))| {
            let rank = self.network.layers[*id].shapes[0].len() - 1;
            if at == 0 { name } else { format!("{name}: [{}]", vec!["_"; rank].join(", ")) }
        });
        let mut parameters: Vec<String> = inputs.collect();
        for parameter in self.scopes.groups[group].parameters.iter().flatten() {
            if !parameters.contains(parameter) {
                parameters.push(parameter.clone());
            }
        }
        let (head, body) = (format!("    block {name}({}) {{", parameters.join(", ")), print::lines(&body, self, 8));
        match &body[..] {
            [line] if head.len() + line.trim().len() + 3 <= print::WIDTH => {
                lines.push(format!("{head} {} }}", line.trim()));
            }
            _ => {
                lines.push(head);
                lines.extend(body);
                lines.push("    }".into());
            }
        }
    }
    /// Writes the inputs of the model.
    fn declared(&self, inputs: &[(Id, String)]) -> String {
        let declare = |(id, name): &(Id, String)| {
            let layer = &self.network.layers[*id];
            let kind = if layer.operator == "u32" { "u32" } else { "" };
            format!("{name}: {kind}{}", self.shape(*id, "..", true))
        };
        inputs.iter().map(declare).collect::<Vec<_>>().join(", ")
    }
    fn output(&self, inputs: &[(Id, String)]) -> String {
        let lengths: Vec<&(Id, String)> = inputs.iter().filter(|(id, _)| self.length(*id).is_some()).collect();
        let shape = |id: Id| {
            let same = lengths.iter().find(|(input, _)| self.length(*input) == self.length(id));
            let length = match same {
                Some((_, name)) if lengths.len() > 1 => format!("{name}.."),
                _ => "..".into(),
            };
            self.shape(id, &length, false)
        };
        match &self.network.outputs[..] {
            [(_, id)] => shape(*id),
            outputs => {
                let all: Vec<String> =
                    outputs.iter().map(|(name, id)| format!("{}: {}", names::value(name), shape(*id))).collect();
                format!("({})", all.join(", "))
            }
        }
    }
    /// Returns the run-time sizes of a value.
    fn length(&self, id: Id) -> Option<[usize; 2]> {
        let [a, b] = &self.network.layers[id].shapes;
        (a.get(1) != b.get(1)).then(|| [a[1], b[1]])
    }
    fn shape(&self, id: Id, length: &str, bounded: bool) -> String {
        let [a, b] = &self.network.layers[id].shapes;
        let positions = self.network.layers.iter().filter_map(|layer| match &layer.what {
            What::Call(call) if call.name == "learned_positions" => Some(layer.weights[0].array.shape[0]),
            _ => None,
        });
        let bound = positions.min().filter(|_| bounded);
        let size = |(a, b): (&usize, &usize)| match (a == b, bound) {
            (true, _) => a.to_string(),
            (false, Some(bound)) => format!("{length}={bound}"),
            (false, None) => length.to_owned(),
        };
        format!("[{}]", a[1..].iter().zip(&b[1..]).map(size).collect::<Vec<_>>().join(", "))
    }

    /// Collects the tensors of a body under the names of the fields.
    fn tensors(&self, body: &Body, prefix: &str, all: &mut Vec<(String, Vec<usize>, Vec<f32>)>) {
        for (name, expr) in &body.lets {
            if let Expr::Parameter(id, _) = expr {
                let array = &self.network.layers[*id].weights[0].array;
                all.push((format!("{prefix}{name}"), array.shape.clone(), array.data.clone()));
            }
        }
        let mut found: BTreeMap<usize, Stage> = BTreeMap::new();
        each_stage(body, &mut |stage| {
            found.insert(found.len(), stage.clone());
        });
        for stage in found.values() {
            match stage {
                Stage::Layer { id, label: Some(label), again: false, .. } => {
                    for weight in &self.network.layers[*id].weights {
                        let name = format!("{prefix}{label}.{}", weight.name);
                        all.push((name, weight.array.shape.clone(), weight.array.data.clone()));
                    }
                }
                Stage::Scope { scope, label, .. } => {
                    self.tensors(&self.scopes.body(self.network, *scope), &format!("{prefix}{label}."), all);
                }
                Stage::Repeat { scopes, label, .. } => {
                    for (at, scope) in scopes.iter().enumerate() {
                        let inside = match print::Blocks::inline(self, *scope) {
                            Some(_) => String::new(),
                            None => format!("{}.", print::Blocks::inside(self, *scope)),
                        };
                        let prefix = format!("{prefix}{label}.{at}.{inside}");
                        self.tensors(&self.scopes.body(self.network, *scope), &prefix, all);
                    }
                }
                _ => {}
            }
        }
    }
}

impl print::Blocks for Writer<'_> {
    fn call(&self, scope: usize, arguments: &[Argument]) -> (String, Vec<String>) {
        let Some(group) = self.scopes.all[scope].group else { return (String::new(), Vec::new()) };
        let mut given: BTreeSet<&String> = BTreeSet::new();
        let parameters = self.scopes.groups[group].parameters.iter().zip(arguments);
        let arguments = parameters.filter_map(|(parameter, argument)| {
            parameter.as_ref().filter(|parameter| given.insert(parameter)).map(|_| argument.text.clone())
        });
        (self.names[group].clone().unwrap_or_default(), arguments.collect())
    }
    fn inside(&self, scope: usize) -> String {
        let scope = &self.scopes.all[scope];
        match scope.path.get(scope.name.len()..) {
            Some([inside, ..]) if self.network.exact => names::identifier(inside),
            _ => INSIDE.into(),
        }
    }
    fn inline(&self, scope: usize) -> Option<Vec<Stage>> {
        let group = self.scopes.all[scope].group?;
        if self.names[group].is_some() { None } else { self.chain(scope) }
    }
}

/// Calls `f` for every link of a body, also inside `residual`, but not inside blocks.
fn each_stage(body: &Body, f: &mut impl FnMut(&Stage)) {
    fn expr(found: &Expr, f: &mut impl FnMut(&Stage)) {
        match found {
            Expr::Name(_) | Expr::Parameter(..) => {}
            Expr::Pipe(head, stages) => {
                expr(head, f);
                stages.iter().for_each(|found| stage(found, f));
            }
            Expr::Binary(a, _, b) => {
                expr(a, f);
                expr(b, f);
            }
            Expr::Function(_, operands) => operands.iter().for_each(|operand| expr(operand, f)),
        }
    }
    fn stage(found: &Stage, f: &mut impl FnMut(&Stage)) {
        match found {
            Stage::Layer { extra, .. } | Stage::Scope { extra, .. } => {
                extra.iter().for_each(|operand| expr(operand, f))
            }
            Stage::Residual(stages) => return stages.iter().for_each(|found| stage(found, f)),
            Stage::Repeat { .. } => {}
        }
        f(found);
    }
    body.lets.iter().map(|(_, expr)| expr).chain(&body.results).for_each(|found| expr(found, f));
}
