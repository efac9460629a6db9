//! Limits how deeply tokens nest. The limit is checked before anything is parsed, so that recursion never overflows the stack.

use crate::diagnostics::Diagnostics;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// The greatest depth of nested brackets of any kind, and of blocks that use blocks.
pub const MAX_DEPTH: usize = 48;

/// The greatest number of operators, signs and choices in a row in one expression.
pub const MAX_SEQUENCE: usize = 128;

/// Returns `tokens` without the contents of brackets deeper than [`MAX_DEPTH`], which are reported; `None` if there are none.
pub fn limited(tokens: &TokenStream, diagnostics: &Diagnostics) -> Option<TokenStream> {
    // An explicit stack instead of recursion, since the depth is not limited yet.
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

/// Returns `tokens` without the contents of the brackets `depth` levels down.
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
