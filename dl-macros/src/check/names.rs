//! Checks the names that a user gives to values.

use crate::diagnostics::Diagnostics;
use crate::names::{is_capitalised, is_keyword};
use proc_macro2::Ident;

/// Words that have a meaning of their own in the language.
const WORDS: [&str; 5] = ["residual", "concat", "repeat", "block", "loss"];

/// Requires that `name` may name a value. The name of a layer (`mean`) may, since layers follow an arrow.
pub fn bindable(diagnostics: &Diagnostics, name: &Ident) -> bool {
    let text = if is_keyword(name) {
        format!("`{name}` is a word of Rust; choose another name")
    } else if WORDS.iter().any(|word| name == word) {
        format!("`{name}` is a word of the language; choose another name")
    } else if is_capitalised(name) {
        let small = name.to_string().to_lowercase();
        format!("names of values and layers begin with a small letter: `{small}`")
    } else {
        return true;
    };
    diagnostics.error(name.span(), text);
    false
}
