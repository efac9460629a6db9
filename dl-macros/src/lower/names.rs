//! Names of fields, values and settings: the user's own, or the kind and a counter; each unique.

use crate::ast::{Body, Expr, ExprKind, Layer, Stage};
use proc_macro2::{Ident, Span};
use std::collections::{HashMap, HashSet};

/// The names of one model.
pub struct Names {
    /// Every name that the user gave: counters keep away from them.
    taken: HashSet<String>,
    counters: HashMap<&'static str, usize>,
    values: HashSet<String>,
    constants: HashSet<String>,
}

impl Names {
    /// For a model with `inputs` and `body`.
    pub fn new<'a>(inputs: impl Iterator<Item = &'a Ident>, body: &Body) -> Self {
        let mut taken: HashSet<String> = inputs.map(ToString::to_string).collect();
        for binding in &body.lets {
            taken.insert(binding.name.to_string());
        }
        let exprs = body.lets.iter().map(|binding| &binding.value).chain(&body.output);
        for expr in exprs {
            layers(expr, &mut |layer| taken.extend(layer.rename.as_ref().map(ToString::to_string)));
        }
        Names { taken, counters: HashMap::new(), values: HashSet::new(), constants: HashSet::new() }
    }

    /// The next of `conv1`, `conv2`, …, at `span` for the editor.
    pub fn counted(&mut self, stem: &'static str, span: Span) -> Ident {
        let counter = self.counters.entry(stem).or_default();
        loop {
            *counter += 1;
            let name = format!("{stem}{counter}");
            if !self.taken.contains(&name) {
                return Ident::new(&name, span.resolved_at(Span::call_site()));
            }
        }
    }

    /// `name` for a value; with a number when another value has it.
    pub fn value(&mut self, name: &Ident) -> Ident {
        let text = name.to_string();
        // `emit` calls the gradient of `h` `d_h`, and what is saved for it `saved_h`.
        let derived = text.starts_with("d_") || text.starts_with("saved_");
        let text = if derived { format!("value_{text}") } else { text };
        let text = unique(&mut self.values, &self.taken, &text);
        if *name == text { name.clone() } else { Ident::new(&text, name.span()) }
    }

    /// A name for settings that is unique in capitals too.
    pub fn constant(&mut self, label: &str) -> String {
        unique(&mut self.constants, &HashSet::new(), &label.to_uppercase()).to_lowercase()
    }
}

/// `name`, or `name_2`, `name_3`, … when it is in `used`; none of these in `taken`.
fn unique(used: &mut HashSet<String>, taken: &HashSet<String>, name: &str) -> String {
    // A raw name (`r#loop`) needs no `r#` once it has a number.
    let plain = name.strip_prefix("r#").unwrap_or(name);
    let numbered = (2..).map(|n| format!("{plain}_{n}")).filter(|name| !taken.contains(name));
    let free = std::iter::once(name.to_owned()).chain(numbered).find(|name| !used.contains(name)).unwrap_or_default();
    used.insert(free.clone());
    free
}

/// Calls `see` with every use of a layer in `expr`.
fn layers(expr: &Expr, see: &mut dyn FnMut(&Layer)) {
    match &expr.kind {
        ExprKind::Call(layer) => in_layer(layer, see),
        ExprKind::Pipe(from, stages) => {
            layers(from, see);
            for stage in stages {
                if let Stage::Layer(layer) = stage {
                    in_layer(layer, see);
                }
            }
        }
        ExprKind::Binary(a, _, _, b) => {
            layers(a, see);
            layers(b, see);
        }
        ExprKind::Negative(a) | ExprKind::Parens(a) => layers(a, see),
        ExprKind::List(items) => items.iter().for_each(|item| layers(item, see)),
        _ => {}
    }
}

fn in_layer(layer: &Layer, see: &mut dyn FnMut(&Layer)) {
    see(layer);
    layer.arguments.iter().for_each(|argument| layers(&argument.value, see));
}
