//! How deep things may be inside each other: known before anything is read, so that no reader runs out of stack.

use crate::diagnostics::Diagnostics;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// Brackets of any kind inside each other, and blocks that use blocks.
pub const MAX_DEPTH: usize = 48;

/// Operators, signs and choices one after another in one expression.
pub const MAX_SEQUENCE: usize = 128;

/// `tokens` without what is inside more than [`MAX_DEPTH`] brackets, which is reported; `None` when nothing is.
pub fn limited(tokens: &TokenStream, diagnostics: &Diagnostics) -> Option<TokenStream> {
    // A list of what is still to be seen, not recursion: this is what keeps recursion short.
    let mut open = vec![tokens.clone().into_iter()];
    while let Some(level) = open.last_mut() {
        match level.next() {
            Some(TokenTree::Group(group)) => {
                if open.len() > MAX_DEPTH && group.delimiter() != Delimiter::None {
                    let text = format!(
                        "this is inside {MAX_DEPTH} brackets, and none may be deeper; a `block` holds the inner part"
                    );
                    diagnostics.error(group.span_open(), text);
                    return Some(cut(tokens.clone(), MAX_DEPTH));
                }
                open.push(group.stream().into_iter());
            }
            Some(_) => {}
            None => drop(open.pop()),
        }
    }
    None
}

/// `tokens` with what is in the brackets `depth` levels down left out.
fn cut(tokens: TokenStream, depth: usize) -> TokenStream {
    let inner = |group: &Group| if depth == 0 { TokenStream::new() } else { cut(group.stream(), depth - 1) };
    let token = |token| match token {
        TokenTree::Group(group) => {
            let mut new = Group::new(group.delimiter(), inner(&group));
            new.set_span(group.span());
            TokenTree::Group(new)
        }
        token => token,
    };
    tokens.into_iter().map(token).collect()
}
