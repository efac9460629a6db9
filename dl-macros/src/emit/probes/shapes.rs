//! Provides the shapes and numbers that editors show for values and constants.

use crate::ir::{Element, Ir, Shape};
use crate::parse::cursor::Cursor;
use proc_macro2::{Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::quote;
use std::collections::HashMap;

/// The shapes of all values, by model and name.
#[derive(Default)]
pub struct Shapes(HashMap<(String, String), Shape>);

impl Shapes {
    /// Adds the shapes of the values of `ir`.
    pub fn add(&mut self, ir: &Ir) {
        let values = ir.values.iter();
        self.0.extend(values.map(|value| ((ir.name.to_string(), value.name.to_string()), value.shape.clone())));
    }

    /// Writes the type of the value `name` of `model`; `earlier` is the number of earlier values with this name.
    pub fn tensor(&self, language: &TokenStream, model: &str, name: &Ident, earlier: usize) -> TokenStream {
        let name = if earlier == 0 { name.to_string() } else { format!("{name}_{}", earlier + 1) };
        let Some(shape) = self.0.get(&(model.to_owned(), name)) else { return quote!(#language::Tensor) };
        let element = match shape.element {
            Element::F32 => quote!(f32),
            Element::U32 => quote!(u32),
        };
        let dims = shape.dims.iter().map(|dim| match dim.known() {
            Some(dim) => TokenTree::Literal(Literal::usize_unsuffixed(dim)),
            None => TokenTree::Ident(Ident::new("_", Span::call_site())),
        });
        quote!(#language::Tensor<#element #(, #dims)*>)
    }
}

/// Returns the tokens from `start` (at the `=`) to `end` without the user's spans, or `any()` if they are no expression.
pub fn expression(mut start: Cursor, end: &Cursor, language: &TokenStream) -> TokenStream {
    let mut tokens = Vec::new();
    while start.position() < end.position() {
        tokens.extend(start.next());
    }
    let value: TokenStream = tokens.into_iter().skip(1).map(anonymous).collect();
    match syn::parse2::<syn::Expr>(value.clone()) {
        Ok(_) => value,
        Err(_) => quote!(#language::any()),
    }
}

/// Returns `token` without the user's span.
fn anonymous(token: TokenTree) -> TokenTree {
    let mut token = match token {
        TokenTree::Group(group) => {
            TokenTree::Group(Group::new(group.delimiter(), group.stream().into_iter().map(anonymous).collect()))
        }
        token => token,
    };
    token.set_span(Span::call_site());
    token
}
