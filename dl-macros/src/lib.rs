//! The `model!` macro: reads a network's declaration and writes its struct and passes.

// The parts come together in the next commits.
#![allow(dead_code)]

mod diagnostics;
mod dim;
mod emit;
mod fuse;
mod ir;
mod plan;

use proc_macro::TokenStream;

/// Declares a network; called by the facade's `model!`, which passes the path of the facade first.
#[proc_macro]
pub fn declare(input: TokenStream) -> TokenStream {
    let _ = input;
    TokenStream::new()
}
