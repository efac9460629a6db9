//! The `model!` macro: reads a network's declaration and writes its struct and passes.

use proc_macro::TokenStream;

/// Declares a network; called by the facade's `model!`, which passes the path of the facade first.
#[proc_macro]
pub fn declare(input: TokenStream) -> TokenStream {
    let _ = input;
    TokenStream::new()
}
