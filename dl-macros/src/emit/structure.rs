//! The struct: one field for each layer with weights, in order, and how its weights begin.

use super::docs;
use crate::ir::Ir;
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

/// The struct with the user's attributes and documentation, and the architecture as a table below them.
pub fn structure(krate: &TokenStream, ir: &Ir) -> TokenStream {
    let (attributes, visibility, name) = (&ir.attributes, &ir.visibility, &ir.name);
    let table = docs::architecture(ir);
    let fields = ir.fields.iter().map(|field| {
        let (name, text) = (&field.name, format!("`{}`", field.text));
        let ty = outside(krate, field.ty.clone());
        quote!(#[doc = #text] pub #name: #ty,)
    });
    // Models have the alignment of `f32`, those without weights too.
    let layout = if ir.fields.is_empty() { quote!(C, align(4)) } else { quote!(C) };
    quote! {
        #(#attributes)*
        #[doc = #table]
        #[repr(#layout)]
        #visibility struct #name {
            #(#fields)*
        }
    }
}

/// `tokens` with `dl::` as the path that it stands for, for use where the alias `dl` is not in scope.
fn outside(krate: &TokenStream, tokens: TokenStream) -> TokenStream {
    let mut result = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident)
                if ident == "dl" && matches!(tokens.peek(), Some(TokenTree::Punct(p)) if p.as_char() == ':') =>
            {
                result.extend(quote!(#krate::private));
            }
            TokenTree::Group(group) => {
                let mut new = proc_macro2::Group::new(group.delimiter(), outside(krate, group.stream()));
                new.set_span(group.span());
                result.extend([TokenTree::Group(new)]);
            }
            token => result.extend([token]),
        }
    }
    result
}

/// Draws the weights of every layer.
pub fn init(ir: &Ir) -> TokenStream {
    let layers = ir.fields.iter().map(|field| {
        let (name, init) = (&field.name, &field.init);
        let comma = (!init.is_empty()).then(|| quote!(,));
        quote!(self.#name.init(#init #comma rng);)
    });
    quote! {
        fn init_weights(&mut self, rng: &mut dl::Rng) {
            #(#layers)*
        }
    }
}
