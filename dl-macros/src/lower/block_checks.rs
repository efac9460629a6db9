//! Checks the declarations of blocks, also of those that are not used.

use crate::ast::Block;
use crate::check;
use crate::diagnostics::Diagnostics;
use crate::visit::{Name, each_name};
use proc_macro2::Ident;

/// Reports values and parameters that blocks do not use. Must run last, since another mistake may be the reason.
pub fn check_uses(blocks: &[Block], diagnostics: &Diagnostics) {
    for block in blocks.iter().filter(|block| !block.broken && !diagnostics.are_inside(&block.name.to_string())) {
        let mut used = Vec::new();
        each_name(&block.body, &mut |what, name| {
            if what == Name::Used {
                used.push(name.to_string());
            }
        });
        let values = block.values.iter().map(|value| &value.name);
        for name in values.chain(block.parameters.iter().map(|parameter| &parameter.name)) {
            let valid = !crate::names::is_keyword(name) && !crate::names::is_capitalised(name);
            if valid && !used.iter().any(|used| *name == used) {
                diagnostics.error(name.span(), format!("`{name}` is never used in `{}`", block.name));
            }
        }
    }
}

/// Reports mistakes in the names of blocks, their values and their parameters.
pub fn check_blocks(blocks: &[Block], diagnostics: &Diagnostics) {
    for (i, block) in blocks.iter().enumerate() {
        super::names::may_be_layer_name(diagnostics, &block.name);
        if blocks[..i].iter().any(|earlier| earlier.name == block.name) {
            diagnostics.error(block.name.span(), format!("there is a block `{}` already", block.name));
        }
        let values = block.values.iter().map(|value| &value.name);
        let parameters = block.parameters.iter().map(|parameter| &parameter.name);
        let names: Vec<&Ident> = values.chain(parameters).collect();
        for (k, name) in names.iter().enumerate() {
            if names[..k].contains(name) && !block.header_broken {
                diagnostics.error(name.span(), format!("`{name}` is a parameter already"));
            } else {
                check::bindable(diagnostics, name);
            }
        }
    }
}
