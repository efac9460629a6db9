//! A path of Rust as it stands in generated code: as the user wrote it, or one of the library; equal to another by its names.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;

/// `crate::config::D`, `dl::layers::Dense`; without arguments.
#[derive(Clone, Debug)]
pub struct Path {
    /// The tokens as the user wrote them, with their spans.
    tokens: TokenStream,
    names: Vec<Ident>,
    /// Whether it begins with `::`.
    rooted: bool,
}

impl Path {
    /// The path that `tokens` are.
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
    /// The name, if it stands alone.
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
