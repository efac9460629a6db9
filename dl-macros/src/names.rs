//! Identifiers: the words that a user's tokens hold, and every name that generated code makes beside them.
//!
//! Variables of the user's (inputs, targets) carry the span `mixed_site`, the macro's own `call_site`: two of one name are two
//! variables. What rustc finds by spelling alone (types, constants, parameters, fields) keeps away from the user's words here.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use std::cell::RefCell;
use std::collections::HashSet;

/// Prefixes of variables and fields that stand for something about a value: its gradient, what is saved for it, and the
/// part of its gradient that is yet to be added.
const PREFIXES: [&str; 3] = ["d_", "saved_", "scratch_"];

/// The words that nothing generated may be called.
#[derive(Default)]
pub struct ReservedNames(RefCell<HashSet<String>>);

impl ReservedNames {
    /// Every word in `tokens`.
    pub fn of(tokens: TokenStream) -> Self {
        let mut words = HashSet::new();
        collect(tokens, &mut words);
        ReservedNames(RefCell::new(words))
    }
    /// PoolKind `text`, with a number when it is taken.
    pub fn reserve(&self, text: &str) -> String {
        let free = self.free(text);
        self.0.borrow_mut().insert(free.clone());
        free
    }
    /// PoolKind `text`, which is what it must be.
    pub fn add(&self, text: String) {
        self.0.borrow_mut().insert(text);
    }
    /// `text`, with a number when it is taken.
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
                // `f32::`: a module may be meant.
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

/// `text`, with or without `r#`, as a name: raw where it must be. Never fails: what is no name becomes `name`.
pub fn ident(text: &str, span: Span) -> Ident {
    let text = text.trim_start_matches("r#");
    let good = |text: &str| syn::parse_str::<Ident>(text).is_ok();
    // `gen` is a word of Rust in some editions only.
    match text {
        "gen" => Ident::new_raw(text, span),
        _ if good(text) => Ident::new(text, span),
        _ if good(&format!("r#{text}")) => Ident::new_raw(text, span),
        _ => Ident::new("name", span),
    }
}

/// Without the `r#` of a raw name.
pub fn plain(name: &str) -> String {
    name.trim_start_matches("r#").to_owned()
}

/// `tokens` with `r#` only where a name wants it: `r#x` is `x`.
pub fn without_needless_raw(tokens: TokenStream) -> TokenStream {
    let unraw = |token| match token {
        TokenTree::Ident(name) if needless(&name) => TokenTree::Ident(ident(&name.to_string(), name.span())),
        // A group that is made anew no longer knows where it opens and closes.
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

/// Whether `name` begins with a capital, as types and constants do.
pub fn is_capitalised(name: &Ident) -> bool {
    name.to_string().starts_with(char::is_uppercase)
}

/// Whether `name` is `_`, for what has no name.
pub fn is_blank(name: &Ident) -> bool {
    name == "_"
}

/// Whether Rust allows no variable of this name.
pub fn is_keyword(name: &Ident) -> bool {
    // `gen` since the edition of 2024; `syn` does not know.
    name == "gen" || syn::parse2::<Ident>(name.to_token_stream()).is_err()
}

/// A variable of the macro's own.
pub fn local(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// A variable or field for the value called `name`, which is never one about another value.
pub fn of_value(name: &Ident) -> Ident {
    let text = plain(&name.to_string());
    let inner = text.trim_start_matches("value_");
    let about = PREFIXES.iter().any(|prefix| inner.starts_with(prefix));
    if about { ident(&format!("value_{text}"), name.span()) } else { name.clone() }
}

/// `name` behind `prefix`; a raw name needs no `r#` then.
pub fn prefixed(prefix: &str, name: &Ident, span: Span) -> Ident {
    ident(&format!("{prefix}{}", plain(&name.to_string())), span)
}

/// `d_h` for the gradient to `h`: as much the user's as `h`.
pub fn gradient(name: &Ident) -> Ident {
    prefixed("d_", name, name.span())
}

/// The variable of one of several outputs.
pub fn of_output(name: &Ident) -> Ident {
    prefixed("output_", name, Span::call_site())
}

/// The variable of term `k` of the loss.
pub fn of_term(k: usize) -> Ident {
    local(&format!("term_{k}"))
}

/// The field for the gradient to a value.
pub fn gradient_slot(name: &Ident) -> Ident {
    prefixed("d_", name, Span::mixed_site())
}

/// A const parameter where a type might stand: in braces, because a type of that name would be meant first.
pub fn parameter(name: &Ident) -> TokenStream {
    quote!({ #name })
}

/// `tokens` of generated code with its `dl` under the name that it has there: the user may have a `dl` too, written `r#dl`.
pub fn rename_facade(reserved: &ReservedNames, tokens: TokenStream) -> TokenStream {
    let name = reserved.free("dl");
    if name == "dl" {
        return tokens;
    }
    replaced(tokens, &|word, before, after| {
        (word == "dl" && colons(after) == 2 && before < 2).then(|| ident(&name, word.span()).into_token_stream())
    })
}

/// Rewrites `tokens` for the place of the struct, where the imports of generated code are not in scope: `dl::layers` becomes
/// the public module of the facade, every other `dl::` its private one, and numbers those of Rust.
pub fn qualify_facade(krate: &TokenStream, tokens: TokenStream) -> TokenStream {
    replaced(tokens, &|word, before, after| match word.to_string().as_str() {
        "dl" if colons(after) == 2 && before < 2 => {
            let public = matches!(after.get(2), Some(TokenTree::Ident(module)) if module == "layers");
            Some(if public { krate.clone() } else { quote!(#krate::private) })
        }
        // `f32:` is a field.
        "f32" | "u32" | "usize" if colons(after) == 0 && before < 2 => Some(quote!(#krate::private::#word)),
        _ => None,
    })
}

/// Returns the tokens that replace a word, if any do.
type Replacement<'a> = dyn Fn(&Ident, usize, &[TokenTree]) -> Option<TokenStream> + 'a;

/// Replaces words in `tokens`; `with` is told how many colons stand before a word, and the tokens after it.
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

/// The number of colons at the start of `tokens`, 2 at most.
fn colons(tokens: &[TokenTree]) -> usize {
    tokens.iter().take(2).take_while(|token| is_colon(token)).count()
}

fn is_colon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':')
}
