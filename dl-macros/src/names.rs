//! Identifiers: reads the names in the user's tokens, and makes all names of generated code.
//!
//! Hygiene keeps variables apart: those of the user (inputs, targets) have the span `mixed_site`, the macro's own `call_site`, so
//! that two with the same name are two variables. rustc resolves other names (types, constants, parameters, fields) by spelling
//! alone; the functions here avoid the user's names.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use std::cell::RefCell;
use std::collections::HashSet;

/// Prefixes of variables and fields that belong to a value: its gradient, the tensor saved for its backward pass, the part of its
/// gradient that is not yet added, and what a checkpoint computes again.
const PREFIXES: [&str; 4] = ["d_", "saved_", "scratch_", "again_"];

/// The names that generated code must not define.
#[derive(Default)]
pub struct ReservedNames(RefCell<HashSet<String>>);

impl ReservedNames {
    /// Reserves every name in `tokens`.
    pub fn of(tokens: TokenStream) -> Self {
        let mut words = HashSet::new();
        collect(tokens, &mut words);
        ReservedNames(RefCell::new(words))
    }
    /// Reserves and returns `text`, with a number if it is taken.
    pub fn reserve(&self, text: &str) -> String {
        let free = self.free(text);
        self.0.borrow_mut().insert(free.clone());
        free
    }
    /// Reserves `text` itself.
    pub fn add(&self, text: String) {
        self.0.borrow_mut().insert(text);
    }
    /// Returns `text`, with a number if it is taken.
    pub fn free(&self, text: &str) -> String {
        let numbered = (2..).map(|n| format!("{text}{n}"));
        let mut candidates = std::iter::once(text.to_owned()).chain(numbered);
        candidates.find(|name| !self.has(name)).unwrap_or_default()
    }
    pub fn has(&self, word: &str) -> bool {
        self.0.borrow().contains(word)
    }
}

fn collect(tokens: TokenStream, words: &mut HashSet<String>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(name) => {
                let name = plain(&name.to_string());
                // In `f32::`, the name may be that of a module.
                if matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == ':') {
                    words.insert(format!("{name}:"));
                }
                words.insert(name);
            }
            TokenTree::Group(group) => collect(group.stream(), words),
            _ => {}
        }
    }
}

/// Returns `text`, with or without `r#`, as an identifier, which is raw if it must be. A text that is not a name becomes `name`.
pub fn ident(text: &str, span: Span) -> Ident {
    let text = text.trim_start_matches("r#");
    let is_name = |text: &str| syn::parse_str::<Ident>(text).is_ok();
    // `gen` is a keyword in some editions only.
    match text {
        "gen" => Ident::new_raw(text, span),
        _ if is_name(text) => Ident::new(text, span),
        _ if is_name(&format!("r#{text}")) => Ident::new_raw(text, span),
        _ => Ident::new("name", span),
    }
}

/// Returns `name` without the `r#` of a raw identifier.
pub fn plain(name: &str) -> String {
    name.trim_start_matches("r#").to_owned()
}

/// Removes every `r#` that a name does not need: `r#x` becomes `x`.
pub fn without_needless_raw(tokens: TokenStream) -> TokenStream {
    let unraw = |token| match token {
        TokenTree::Ident(name) if needless(&name) => TokenTree::Ident(ident(&name.to_string(), name.span())),
        // A new group loses the spans of its delimiters, so only those that need it are rebuilt.
        TokenTree::Group(group) if any_needless(group.stream()) => {
            let mut new = Group::new(group.delimiter(), without_needless_raw(group.stream()));
            new.set_span(group.span());
            TokenTree::Group(new)
        }
        token => token,
    };
    tokens.into_iter().map(unraw).collect()
}

fn needless(name: &Ident) -> bool {
    let text = name.to_string();
    text.starts_with("r#") && ident(&text, name.span()) != text
}

fn any_needless(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(name) => needless(&name),
        TokenTree::Group(group) => any_needless(group.stream()),
        _ => false,
    })
}

/// Returns whether `name` begins with a capital, as types and constants do.
pub fn is_capitalised(name: &Ident) -> bool {
    name.to_string().starts_with(char::is_uppercase)
}

/// Returns whether `name` is `_`.
pub fn is_blank(name: &Ident) -> bool {
    name == "_"
}

/// Returns whether Rust does not allow a variable with this name.
pub fn is_keyword(name: &Ident) -> bool {
    // `gen` is a keyword since edition 2024, but not for `syn`.
    name == "gen" || syn::parse2::<Ident>(name.to_token_stream()).is_err()
}

/// Returns a variable of the macro's own.
pub fn local(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// Returns the variable or field for the value called `name`. It differs from those that belong to another value, such as `d_h`.
pub fn of_value(name: &Ident) -> Ident {
    let text = plain(&name.to_string());
    let inner = text.trim_start_matches("value_");
    let about = PREFIXES.iter().any(|prefix| inner.starts_with(prefix));
    if about { ident(&format!("value_{text}"), name.span()) } else { name.clone() }
}

/// Returns the field for what a checkpoint at a depth computes again.
pub fn again(depth: usize, name: &Ident) -> Ident {
    prefixed(&"again_".repeat(depth), name, name.span())
}

/// Returns `name` after `prefix`, without the `r#` of a raw identifier.
pub fn prefixed(prefix: &str, name: &Ident, span: Span) -> Ident {
    ident(&format!("{prefix}{}", plain(&name.to_string())), span)
}

/// Returns `d_h` for the gradient to `h`, with the same span.
pub fn gradient(name: &Ident) -> Ident {
    prefixed("d_", name, name.span())
}

/// Returns the variable of one of several outputs.
pub fn of_output(name: &Ident) -> Ident {
    prefixed("output_", name, Span::call_site())
}

/// Returns the variable of term `k` of the loss.
pub fn of_term(k: usize) -> Ident {
    local(&format!("term_{k}"))
}

/// Returns the field for the gradient to a value.
pub fn gradient_slot(name: &Ident) -> Ident {
    prefixed("d_", name, Span::mixed_site())
}

/// Writes a const parameter as a generic argument. The braces are needed where there is a type with the same name.
pub fn parameter(name: &Ident) -> TokenStream {
    quote!({ #name })
}

/// Renames the `dl` of generated code in `tokens` if the user also has a `dl`, which is written `r#dl`.
pub fn rename_facade(reserved: &ReservedNames, tokens: TokenStream) -> TokenStream {
    let name = reserved.free("dl");
    if name == "dl" {
        return tokens;
    }
    replaced(tokens, &|word, before, after| {
        (word == "dl" && colons(after) == 2 && before < 2).then(|| ident(&name, word.span()).into_token_stream())
    })
}

/// Rewrites the `tokens` of the struct, in whose scope the imports of generated code are missing: `dl::layers` and `dl::int8` become
/// the public modules of the facade, every other `dl::` its private one, and `f32`, `u32` and `usize` become paths into it.
pub fn qualify_facade(krate: &TokenStream, tokens: TokenStream) -> TokenStream {
    replaced(tokens, &|word, before, after| match word.to_string().as_str() {
        "dl" if colons(after) == 2 && before < 2 => {
            let public =
                matches!(after.get(2), Some(TokenTree::Ident(module)) if module == "layers" || module == "int8");
            Some(if public { krate.clone() } else { quote!(#krate::private) })
        }
        // Before a colon, `f32` is the name of a field.
        "f32" | "u32" | "usize" if colons(after) == 0 && before < 2 => Some(quote!(#krate::private::#word)),
        _ => None,
    })
}

/// A function that returns the tokens that replace a word, if any.
type Replacement<'a> = dyn Fn(&Ident, usize, &[TokenTree]) -> Option<TokenStream> + 'a;

/// Replaces words in `tokens`; `with` gets the word, the number of colons before it, and the tokens after it.
fn replaced(tokens: TokenStream, with: &Replacement) -> TokenStream {
    let mut result = TokenStream::new();
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (i, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(word) => {
                let before = tokens[..i].iter().rev().take(2).take_while(|token| is_colon(token)).count();
                match with(word, before, &tokens[i + 1..]) {
                    Some(new) => result.extend(new),
                    None => result.extend([token.clone()]),
                }
            }
            TokenTree::Group(group) => {
                let mut new = Group::new(group.delimiter(), replaced(group.stream(), with));
                new.set_span(group.span());
                result.extend([TokenTree::Group(new)]);
            }
            token => result.extend([token.clone()]),
        }
    }
    result
}

/// Counts the colons at the start of `tokens`, up to 2.
fn colons(tokens: &[TokenTree]) -> usize {
    tokens.iter().take(2).take_while(|token| is_colon(token)).count()
}

fn is_colon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':')
}
