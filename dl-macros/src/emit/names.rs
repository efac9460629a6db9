//! Makes the names that the code of one network declares.

use crate::ir::{Ir, Node, Value};
use crate::names::{gradient, ident, of_output, of_term, prefixed};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use std::collections::HashSet;

/// Returns the field for the tensor that a node saves.
pub fn saved(values: &[Value], node: &Node) -> Ident {
    prefixed("saved_", &values[node.output].name, Span::mixed_site())
}

/// Returns the field for the gradient to the input of a model inside this one, before it is added to the others.
pub fn scratch(values: &[Value], node: &Node) -> Ident {
    prefixed("scratch_", &values[node.output].name, Span::mixed_site())
}

impl Ir {
    /// Returns the type parameter for the device.
    pub fn device(&self) -> Ident {
        ident(&self.reserved.free("D"), Span::call_site())
    }
    /// Returns the name of the struct that holds the memory of a mode.
    pub fn memory_name(&self, mode: &str) -> Ident {
        ident(&self.reserved.free(&format!("{}{mode}", self.name)), Span::mixed_site())
    }
    /// Returns the name of a node's settings: `CONV1_OP`. `CONV1` may be a constant of the user's.
    pub fn constant_name(&self, node: &Node, suffix: &str) -> Ident {
        ident(&self.reserved.free(&format!("{}{suffix}", node.constant.to_uppercase())), Span::mixed_site())
    }

    /// Writes the `use` that begins generated code: the module `krate` of the facade as `dl`, and a function under the name of each
    /// variable. A pattern with the name of a user's constant, static or struct would refer to that item; the function shadows it, and a
    /// pattern never refers to a function.
    pub fn imports(&self, krate: &TokenStream) -> TokenStream {
        let inputs = self.inputs.iter().enumerate().map(|(k, _)| self.input_name(k));
        let inputs = inputs.flat_map(|name| [name.clone(), gradient(&name)]);
        let targets = (0..self.targets().len()).map(|k| self.target_name(k));
        let several = if self.outputs.len() > 1 { self.outputs.as_slice() } else { &[] };
        let outputs = several.iter().map(|output| of_output(&output.name));
        let terms = (0..self.objective.as_ref().map_or(0, |objective| objective.terms.len())).map(of_term);
        let made = outputs.chain(terms).flat_map(|name| [name.clone(), gradient(&name)]);
        let mut seen = HashSet::new();
        let names = inputs.chain(targets).chain(made).filter(|name| seen.insert(name.to_string()));
        let (alias, names) = (ident(&self.reserved.free("dl"), Span::call_site()), names.collect::<Vec<_>>());
        // `f32::consts::PI` in the user's code refers to the module, which must stay visible.
        let modules = ["f32:", "u32:", "usize:"].iter().any(|word| self.reserved.has(word));
        let scope = if modules { quote!(variables) } else { quote!(hygiene) };
        quote!(use #krate::{self as #alias, #scope::* #(, variable as #names)*};)
    }
}
