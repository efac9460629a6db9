//! Rust types of weights, of models and of structs of several values, which are compared by structure before they are printed.

use crate::dim::Dim;
use crate::path::Path;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};

/// The type of a field, or of one sample of several inputs or outputs.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// A struct that this macro generates, with its const arguments: `Encoder`, `PairInput<4, 8>`.
    Declared(Ident, Vec<Dim>),
    /// A type of the library, or of the user's: `dl::layers::Dense<784, 10>`, `crate::Encoder`.
    External(Path, Vec<Dim>),
    /// Copies of a model: `[NetStack; 12]`.
    Array(Box<Type>, Dim),
}

impl Type {
    /// Returns the type of a layer's weights: `path<arguments>`.
    pub fn layer<'a>(path: TokenStream, arguments: impl IntoIterator<Item = &'a Dim>) -> Self {
        Type::External(Path::new(path), arguments.into_iter().cloned().collect())
    }
    /// Returns the first of `generics` that a size in the type is computed from.
    pub fn computed_from<'a>(&self, generics: &'a [Ident]) -> Option<&'a Ident> {
        let of = |dim: &Dim| dim.computed_from(generics);
        match self {
            Type::Declared(_, arguments) | Type::External(_, arguments) => arguments.iter().find_map(of),
            Type::Array(inner, count) => inner.computed_from(generics).or_else(|| of(count)),
        }
    }
    /// Returns the name of the generated struct, or of the elements of an array of it, and the number of copies, or 1 if only rustc
    /// knows it.
    pub fn declared(&self) -> (Option<&Ident>, usize) {
        match self {
            Type::Declared(name, _) => (Some(name), 1),
            Type::External(..) => (None, 1),
            Type::Array(inner, count) => (inner.declared().0, count.known().unwrap_or(1)),
        }
    }
}

impl ToTokens for Type {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let (name, arguments): (&dyn ToTokens, _) = match self {
            Type::Declared(name, arguments) => (name, arguments),
            Type::External(path, arguments) => (path, arguments),
            Type::Array(inner, count) => return tokens.extend(quote!([#inner; #count])),
        };
        name.to_tokens(tokens);
        if !arguments.is_empty() {
            tokens.extend(quote!(<#(#arguments),*>));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types are equal if they have the same structure, regardless of spacing and spans.
    #[test]
    fn compared_by_structure() {
        let path = |text: &str| Path::new(text.parse().unwrap());
        assert_eq!(path("crate :: D"), path("crate::D"));
        assert_ne!(path("::config::D"), path("config::D"));
        assert_eq!(path("D").single().unwrap(), "D");
        assert!(path("::D").single().is_none() && path("a::D").single().is_none());
        let outside = |text: &str| Dim::External(path(text));
        let dense = |inputs: &Dim| Type::layer(quote!(dl::layers::Dense), [inputs, &Dim::Known(10)]);
        let twice = |text: &str| outside(text).mul(&Dim::Known(2));
        assert_eq!(dense(&twice("D")), dense(&twice("D")));
        assert_ne!(dense(&twice("D")), dense(&twice("E")));
        assert_ne!(dense(&outside("D").add(&Dim::Known(2))), dense(&twice("D")));
        let copies = Type::Array(Box::new(Type::Declared(quote::format_ident!("NetStack"), Vec::new())), Dim::Known(6));
        assert_eq!(copies.to_token_stream().to_string(), quote!([NetStack; 6]).to_string());
        assert_eq!(copies.declared().1, 6);
        assert_eq!(copies.declared().0.unwrap(), "NetStack");
    }
}
