//! The names of layers and modules in a body, after `as`.

use super::names::{identifier, is_layer};
use super::scopes::{Scope, Unit, is_copy};
use crate::import::network::{Id, Layer, What};
use std::collections::BTreeSet;

/// Returns a name for each unit: the shortest ending of its modules that no other unit has.
pub fn labels(
    layers: &[Layer],
    scopes: &[Scope],
    units: &[Unit],
    path: &[String],
    inputs: &[(Id, String)],
    exact: bool,
) -> Vec<String> {
    let own = |unit: &Unit| -> Vec<String> {
        let own = match unit {
            Unit::Layer(id) if layers[*id].own && !layers[*id].weights.is_empty() => &layers[*id].path[..],
            Unit::Layer(_) => &[],
            // The name of a stack is that of its copies without their numbers.
            Unit::Scope(scope) if exact && is_copy(&scopes[*scope].name) => {
                &scopes[*scope].name[..scopes[*scope].name.len() - 1]
            }
            Unit::Scope(scope) if exact => &scopes[*scope].path[..],
            Unit::Scope(scope) => &scopes[*scope].name[..],
        };
        own.strip_prefix(path).unwrap_or(own).to_vec()
    };
    let kind = |unit: &Unit| match unit {
        Unit::Layer(id) => match &layers[*id].what {
            What::Call(call) => match call.name {
                "batch_norm" | "layer_norm" | "instance_norm" => "norm",
                name if name.contains("conv") => "conv",
                "learned_positions" => "positions",
                name => name,
            },
            _ => "parameter",
        },
        Unit::Scope(_) => "part",
    };
    let paths: Vec<Vec<String>> = units.iter().map(own).collect();
    let ending = |path: &[String], parts: usize| {
        let mut from = path.len().saturating_sub(parts);
        while from > 0 && path[from].starts_with(|c: char| c.is_ascii_digit()) {
            from -= 1;
        }
        path[from..].join("_")
    };
    let mut names: Vec<String> = Vec::new();
    let mut taken: BTreeSet<String> = inputs.iter().map(|(_, name)| name.clone()).collect();
    for (unit, path) in units.iter().zip(&paths) {
        // The names of fields are whole, and copies share that of their stack.
        if exact && !path.is_empty() {
            let name = identifier(&path.join("_"));
            let stack = matches!(unit, Unit::Scope(scope) if is_copy(&scopes[*scope].name));
            let again = matches!(unit, Unit::Layer(id) if layers[*id].again.is_some());
            let free = std::iter::once(name.clone()).chain((2..).map(|n| format!("{name}_{n}")));
            let name = if stack || again { Some(name) } else { free.into_iter().find(|name| !taken.contains(name)) };
            let name = name.unwrap_or_default();
            taken.insert(name.clone());
            names.push(name);
            continue;
        }
        let unique = (1..=path.len()).map(|parts| (parts, ending(path, parts))).find(|(parts, name)| {
            let same = |other: &&Vec<String>| !other.is_empty() && ending(other, *parts) == *name;
            paths.iter().filter(same).count() == 1
        });
        let name = unique.map(|(_, name)| name).filter(|name| !name.starts_with(|c: char| c.is_ascii_digit()));
        let name = name.unwrap_or_else(|| match &path[..] {
            [] => format!("{}1", kind(unit)),
            path => format!("{}{}", kind(unit), path.join("_")),
        });
        let base = identifier(&name);
        let stem = base.trim_end_matches(|c: char| c.is_ascii_digit());
        let numbered = (2..).map(|n| format!("{stem}{n}"));
        let free = std::iter::once(base.clone()).chain(numbered).find(|name| !taken.contains(name) && !is_layer(name));
        let name = free.unwrap_or_default();
        let weighted = match unit {
            Unit::Layer(id) => !layers[*id].weights.is_empty(),
            Unit::Scope(_) => true,
        };
        if weighted {
            taken.insert(name.clone());
        }
        names.push(if weighted { name } else { String::new() });
    }
    names
}
