//! Rust paths in generated code, written by the user or naming an item of the library. Paths are compared by their names.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;

/// A path without generic arguments: `crate::config::D`, `dl::layers::Dense`.
#[derive(Clone, Debug)]
pub struct Path {
    /// The tokens as the user wrote them, with their spans.
    tokens: TokenStream,
    names: Vec<Ident>,
    /// `true` if it begins with `::`.
    rooted: bool,
}

impl Path {
    /// Returns the path with these tokens.
    pub fn new(tokens: TokenStream) -> Self {
        let (mut names, mut rooted) = (Vec::new(), false);
        for token in tokens.clone() {
            match token {
                TokenTree::Ident(name) => names.push(name),
                _ => rooted |= names.is_empty(),
            }
        }
        Path { tokens, names, rooted }
    }
    /// Returns the name, if the path is a single one.
    pub fn single(&self) -> Option<&Ident> {
        self.names.first().filter(|_| self.names.len() == 1 && !self.rooted)
    }
}

impl PartialEq for Path {
    fn eq(&self, other: &Path) -> bool {
        self.rooted == other.rooted && self.names == other.names
    }
}

impl ToTokens for Path {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.tokens.clone());
    }
}
