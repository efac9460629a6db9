//! The `model!` macro: reads a network's declaration and writes its struct and passes.
//!
//! In order: `parse` makes the syntax tree, `lower` (with `layers` and `check`) the graph, `schedule` (with `fuse`, `differentiate`
//! and `plan`) the passes as steps with their memory, `emit` the Rust. `diagnostics` collects every mistake on the way.

mod ast;
mod blocks;
mod call;
mod check;
mod checkpoint;
#[cfg(test)]
mod corpus;
mod diagnostics;
mod differentiate;
mod dim;
mod drawing;
mod emit;
mod export_c;
mod forward;
mod fuse;
mod int8;
mod ir;
mod layers;
mod lower;
mod names;
mod number;
mod parse;
mod path;
mod plan;
mod schedule;
#[cfg(test)]
mod snapshots;
mod steps;
mod suggest;
mod types;

mod visit;

use proc_macro2::{TokenStream, TokenTree};

/// Declares a network. The facade's `model!` calls it and passes the path of the facade first.
#[proc_macro]
pub fn declare(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand(input.into()).into()
}

/// Returns the drawing of a model as a string literal; rustdoc expands it in code that [`declare!`] generated.
#[proc_macro]
pub fn drawing(graph: proc_macro::TokenStream) -> proc_macro::TokenStream {
    drawing::drawn(graph.into()).into()
}

/// Writes C functions of a model. The facade's `export_c!` calls it and passes the path of the facade first.
#[proc_macro]
pub fn export_c(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    export_c::expand(input.into()).into()
}

/// Expands `[facade] models…`, or `[facade no_std] models…`, into Rust, with the errors.
fn expand(input: TokenStream) -> TokenStream {
    let mut tokens = input.into_iter();
    let Some(TokenTree::Group(facade)) = tokens.next() else { return TokenStream::new() };
    // Only the facade knows whether it has `std`; the features of this crate may be those of another program of the same build.
    let mut krate: Vec<TokenTree> = facade.stream().into_iter().collect();
    let without_std = krate.pop_if(|last| last.to_string() == "no_std").is_some();
    let krate = TokenStream::from_iter(krate);
    let diagnostics = diagnostics::Diagnostics::default();
    let mut output = expand_with(krate, without_std, names::without_needless_raw(tokens.collect()), &diagnostics);
    output.extend(diagnostics.into_tokens());
    output
}

/// Expands `tokens` into Rust and leaves the errors in `diagnostics`; `krate` is the path of the facade, which may be
/// without `std`.
fn expand_with(
    krate: TokenStream,
    without_std: bool,
    tokens: TokenStream,
    diagnostics: &diagnostics::Diagnostics,
) -> TokenStream {
    // Groups that nest too deeply are left out. That is the only error shown, since the gaps would cause others.
    let silent = diagnostics::Diagnostics::default();
    let limited = parse::depth::limited(&tokens, diagnostics);
    let (diagnostics, deep) = (if limited.is_some() { &silent } else { diagnostics }, limited.is_some());
    let tokens = limited.unwrap_or(tokens);
    let mut file = parse::parse(tokens.clone(), diagnostics);
    file.models.iter_mut().for_each(|model| model.broken |= deep);
    let constants = lower::constants::Constants::new(&file, diagnostics);
    let named = emit::probes::named(tokens.clone());
    let mut irs = Vec::new();
    let mut shapes = emit::probes::Shapes::default();
    lower::check_blocks(&file.blocks, diagnostics);
    let again = lower::check_models(&file, diagnostics);
    for (model, again) in file.models.iter().zip(again) {
        for mut ir in lower::lower(&file, model, &constants, diagnostics) {
            // A model of this name is already written.
            if again {
                continue;
            }
            ir.form = int8::check(&ir, diagnostics);
            ir.without_std = without_std;
            shapes.add(&ir);
            emit::probes::detach_spans(&mut ir, &named);
            irs.push(ir);
        }
    }
    lower::check_uses(&file.blocks, diagnostics);
    blocks::models(&mut irs);
    let mut output = emit::probes::probes(&krate, tokens, &shapes, constants.probes());
    output.extend((0..irs.len()).map(|which| emit::model(&krate, &irs, which)));
    silent.forget();
    output
}
