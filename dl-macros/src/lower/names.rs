//! Makes unique names for fields, values and settings, from the user's names or from the kind of layer and a counter.

use super::Named;
use crate::ast::Body;
use crate::check;
use crate::diagnostics::Diagnostics;
use crate::layers;
use crate::names::ident;
pub use crate::names::plain;
use crate::visit::{Name, each_name};
use proc_macro2::{Ident, Span};
use std::collections::{HashMap, HashSet};

/// The names of one model.
pub struct Names {
    /// The scopes from the model to the block that is being unfolded.
    scopes: Vec<NameScope>,
    values: HashSet<String>,
    constants: HashSet<String>,
}

/// The names inside one struct: the model's, or a block's.
struct NameScope {
    /// The prefix of the names of its values; empty for the model.
    prefix: String,
    /// Every name that the user gave, which counters avoid.
    taken: HashSet<String>,
    counters: HashMap<String, usize>,
    /// The layers that `as` named.
    named: HashMap<String, Named>,
    /// `true` for a block, which hides names from outside; `false` for a combinator.
    closed: bool,
}

impl Names {
    /// Returns the names of a model with `body`; `declared` are its inputs and targets, whose names are those of public fields.
    pub fn new<'a>(declared: impl Iterator<Item = &'a Ident> + Clone, body: &Body) -> Self {
        let values = declared.clone().map(ToString::to_string).collect();
        let mut names = Names { scopes: Vec::new(), values, constants: HashSet::new() };
        names.enter(None, declared, body, true);
        names
    }

    /// Enters a block or a combinator with names of its own.
    pub fn enter<'a>(
        &mut self,
        name: Option<&Ident>,
        inputs: impl Iterator<Item = &'a Ident>,
        body: &Body,
        closed: bool,
    ) {
        let mut taken: HashSet<String> = inputs.map(ToString::to_string).collect();
        each_name(body, &mut |what, name| {
            if what != Name::Used {
                taken.insert(name.to_string());
            }
        });
        let prefix = name.map_or(String::new(), |name| self.prefixed(&plain(&name.to_string())));
        self.scopes.push(NameScope { prefix, taken, counters: HashMap::new(), named: HashMap::new(), closed });
    }
    /// Leaves the innermost block or combinator.
    pub fn leave(&mut self) {
        self.scopes.pop();
    }

    fn scope(&mut self) -> &mut NameScope {
        self.scopes.last_mut().expect("a model is being read")
    }
    /// Returns `name` with the names of the blocks around it: `layer1_conv1`.
    fn prefixed(&self, name: &str) -> String {
        match self.scopes.last() {
            Some(scope) if !scope.prefix.is_empty() => format!("{}_{name}", scope.prefix),
            _ => name.to_owned(),
        }
    }

    /// Returns the next of `conv1`, `conv2`, …, with the position of `span` for editors.
    pub fn counted(&mut self, name_prefix: &str, span: Span) -> Ident {
        let NameScope { counters, taken, .. } = self.scope();
        let counter = counters.entry(name_prefix.to_owned()).or_default();
        loop {
            *counter += 1;
            let name = format!("{name_prefix}{counter}");
            if !taken.contains(&name) {
                return ident(&name, span.resolved_at(Span::call_site()));
            }
        }
    }

    /// Returns a unique name for the value `name`, with the names of the blocks around it, and a number if another value has it.
    pub fn value(&mut self, name: &Ident) -> Ident {
        let text = self.prefixed(&name.to_string());
        let taken = &self.scopes[0].taken;
        // With the prefix, it may be the name of another value.
        let first = *name == text || !taken.contains(&text);
        let text = unique(&mut self.values, taken, &text, first);
        if *name == text { name.clone() } else { ident(&text, name.span()) }
    }

    /// Returns a name for settings that stays unique when capitalised.
    pub fn constant(&mut self, label: &str) -> String {
        unique(&mut self.constants, &HashSet::new(), &label.to_uppercase(), true).to_lowercase()
    }

    /// Returns the scopes whose layers can be used here, innermost first.
    fn visible(&self) -> impl Iterator<Item = &NameScope> {
        let outermost = self.scopes.iter().rposition(|scope| scope.closed).unwrap_or(0);
        self.scopes[outermost..].iter().rev()
    }
    /// Returns the layer that `as` named `name`.
    pub fn layer(&self, name: &str) -> Option<&Named> {
        self.visible().find_map(|scope| scope.named.get(name))
    }
    /// Returns the names of all layers that can be used here.
    pub fn layers(&self) -> Vec<String> {
        self.visible().flat_map(|scope| scope.named.keys().cloned()).collect()
    }
    /// Records that a layer is called `name`, unless another one already is.
    pub fn name_layer(&mut self, name: &Ident, layer: Named) {
        self.scope().named.entry(name.to_string()).or_insert(layer);
    }
}

/// Returns `name` if `first` and it is not in `used`, or else the first of `name_2`, `name_3`, … that is in neither `used` nor `taken`.
fn unique(used: &mut HashSet<String>, taken: &HashSet<String>, name: &str, first: bool) -> String {
    // A raw name (`r#loop`) needs no `r#` once it has a number.
    let plain = plain(name);
    let numbered = (2..).map(|n| format!("{plain}_{n}")).filter(|name| !taken.contains(name));
    let first = first.then(|| name.to_owned());
    let free = first.into_iter().chain(numbered).find(|name| !used.contains(name)).unwrap_or_default();
    used.insert(free.clone());
    free
}

/// Requires that `name` may name a layer or a block, which must not have the name of a layer of the language that does not give way.
pub fn may_be_layer_name(diagnostics: &Diagnostics, name: &Ident) -> bool {
    if layers::find(&name.to_string()).is_some_and(|layer| !layer.gives_way()) {
        diagnostics.error(name.span(), format!("`{name}` is a layer of the language; choose another name"));
        return false;
    }
    check::bindable(diagnostics, name)
}
