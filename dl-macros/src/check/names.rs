//! Names that a user gives.

use crate::diagnostics::Diagnostics;
use crate::names::{is_capitalised, is_keyword};
use proc_macro2::Ident;

/// ReservedNames that stand for something else in the language.
const WORDS: [&str; 5] = ["residual", "concat", "repeat", "block", "loss"];

/// Whether `name` may be given to a value. It may be that of a layer (`mean`): a layer stands behind an arrow.
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
