//! Writes probes for editors: Rust that contains the user's names, so that rust-analyzer can complete them, show their documentation
//! and go to their definitions. rustc never compiles it.
//!
//! Probes come from the tokens rather than the syntax tree, so that they have the same form whether a model is right, wrong or half
//! written. To complete, rust-analyzer compares the expansion with that of the same text with a word at the cursor, and both must
//! be equal up to that word. Every name of the user appears once, in order, with its own span.

mod body;
mod shapes;
#[cfg(test)]
mod tests;

use crate::ir::Ir;
use crate::names::{ident, is_capitalised, is_keyword};
use crate::parse::cursor::Cursor;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::quote;
pub use shapes::Shapes;
use std::collections::HashSet;

/// Writes the probes of the tokens inside `model! { … }`; `otherwise` is compiled by rustc alone.
pub fn probes(krate: &TokenStream, tokens: TokenStream, shapes: &Shapes, otherwise: TokenStream) -> TokenStream {
    let language = quote!(#krate::private::language);
    let mut probes = Probes { language, shapes, blocks: TokenStream::new(), scopes: vec![Scope::new("all")] };
    let items = probes.items(&mut Cursor::new(tokens, Span::call_site()));
    let Probes { language, blocks, scopes, .. } = probes;
    let scopes = scopes[1..].iter().map(|Scope { name, layers, .. }| {
        quote! {
            pub mod #name {
                pub use super::all::*;
                #(
                    /// Uses the layer that `as` named again, with the same weights.
                    pub struct #layers {}
                )*
            }
        }
    });
    // Code that `cfg` leaves out must parse, too, and probes of a half-written model do not. As the input of a macro they need not.
    quote! {
        #[allow(unexpected_cfgs)]
        const _: () = {
            #[cfg(rust_analyzer)]
            #language::probes! {
                #items
                #[allow(non_camel_case_types, non_snake_case)]
                mod dl_layers {
                    pub mod all {
                        pub use #language::layers::*;
                        #blocks
                    }
                    #(#scopes)*
                }
            }
            #[cfg(not(rust_analyzer))]
            const _: () = { #otherwise };
        };
    }
}

/// Detaches the names of `ir` from the spans of the user's tokens, so that editors find these in the probes and not in every pass.
/// A field that `as` names keeps its span; the field of any other layer or block gets the empty span after its name.
pub fn detach_spans(ir: &mut Ir, named: &HashSet<String>) {
    // `mixed_site` keeps them distinct from the macro's own variables: see `names`.
    ir.values.iter_mut().for_each(|value| value.name.set_span(Span::mixed_site()));
    let fields = ir.fields.iter_mut().map(|field| &mut field.name);
    let names = fields.chain(ir.scopes.iter_mut().map(|scope| &mut scope.name));
    for name in names.filter(|name| !named.contains(&name.to_string())) {
        name.set_span(behind(name.span()));
    }
}

/// Returns the names that follow an `as` anywhere in `tokens`.
pub fn named(tokens: TokenStream) -> HashSet<String> {
    let mut names = HashSet::new();
    let mut after = false;
    for token in tokens {
        match &token {
            TokenTree::Group(group) => names.extend(named(group.stream())),
            TokenTree::Ident(name) if after => drop(names.insert(name.to_string())),
            _ => {}
        }
        after = matches!(&token, TokenTree::Ident(word) if word == "as");
    }
    names
}

/// Returns the empty span after `span`.
fn behind(span: Span) -> Span {
    if proc_macro::is_available() { Span::from(span.unwrap().end()) } else { span }
}

/// The state of the walk over the tokens.
struct Probes<'a> {
    /// The path of the module that documents the language.
    language: TokenStream,
    shapes: &'a Shapes,
    /// A struct for each block, which stands for a layer.
    blocks: TokenStream,
    /// The scope outside of all models, then that of every model and block; the last one is being read.
    scopes: Vec<Scope>,
}

/// The names in a model or a block.
struct Scope {
    name: Ident,
    /// The layers that `as` names.
    layers: Vec<Ident>,
    /// All other names.
    bound: Vec<String>,
}

impl Scope {
    fn new(name: &str) -> Self {
        Scope { name: ident(name, Span::call_site()), layers: Vec::new(), bound: Vec::new() }
    }
}

impl Probes<'_> {
    /// Writes the probes of constants, blocks and models.
    fn items(&mut self, cursor: &mut Cursor) -> TokenStream {
        let mut items = TokenStream::new();
        while !cursor.at_end() {
            if cursor.take_word("const") {
                items.extend(self.constant(cursor));
                continue;
            }
            let block = cursor.is_word("block") && cursor.take_word("block");
            match cursor.take_ident() {
                Some(name) if block || is_capitalised(&name) => items.extend(self.network(cursor, name, block)),
                // Visibility, attributes or an incomplete item.
                Some(_) => {}
                None => drop(cursor.next()),
            }
        }
        items
    }

    /// Writes the probes of a constant: `D: usize = 2 * N;`.
    fn constant(&mut self, cursor: &mut Cursor) -> TokenStream {
        let Some(name) = cursor.take_ident().filter(|name| !is_keyword(name)) else { return TokenStream::new() };
        let mut ty = TokenStream::new();
        if cursor.take_punct(':') {
            while !cursor.at_end() && !cursor.is_punct(0, '=') && !cursor.is_punct(0, ';') {
                ty.extend(cursor.next());
            }
        }
        let start = cursor.clone();
        let probes = self.values(cursor, &[';'], true);
        let value = shapes::expression(start, cursor, &self.language);
        cursor.take_punct(';');
        // Names come first: the code before the cursor must not depend on whether the value is complete.
        let number = probes.is_empty() && syn::parse2::<syn::Lit>(value.clone()).is_ok();
        let value = if number { value } else { quote!({ #probes #value }) };
        quote!(const #name: #ty = #value;)
    }

    /// Writes the probes of a model or a block: `LeNet(image: [1, 28, 28]) -> [10] { … }`.
    fn network(&mut self, cursor: &mut Cursor, name: Ident, block: bool) -> TokenStream {
        self.scopes.push(Scope::new(&name.to_string()));
        let mut probes = self.generics(cursor);
        if let Some(group) = cursor.take_group(Delimiter::Parenthesis) {
            probes.extend(self.inputs(&group, block.then_some(&name)));
        } else if block {
            self.blocks.extend(quote!(pub struct #name {}));
        }
        if cursor.take_arrow() {
            probes.extend(self.output(cursor));
        }
        if let Some(group) = cursor.take_group(Delimiter::Brace) {
            probes.extend(self.statements(&group, false));
        }
        if cursor.take_word("loss") {
            let output = self.any_tensor("output");
            let inputs = cursor.take_group(Delimiter::Parenthesis).map(|group| self.inputs(&group, None));
            let body = cursor.take_group(Delimiter::Brace).map(|group| self.statements(&group, false));
            probes.extend(quote!({ #output #inputs #body }));
        }
        quote!(const _: () = { #probes };)
    }

    /// Writes the probes of const parameters (`<const IN: usize>`) as variables, which is enough for editors.
    fn generics(&mut self, cursor: &mut Cursor) -> TokenStream {
        let mut probes = TokenStream::new();
        let any = self.any();
        while cursor.is_punct(0, '<') || (!probes.is_empty() && !cursor.is_group(0, Delimiter::Parenthesis)) {
            if cursor.at_end() || cursor.is_group(0, Delimiter::Brace) {
                break;
            }
            cursor.next();
            if cursor.take_word("const")
                && let Some(name) = cursor.take_ident()
            {
                self.scope().bound.push(name.to_string());
                probes.extend(quote!(let #name: usize = #any;));
            } else {
                probes.extend(quote!(;));
            }
        }
        probes
    }

    /// Writes the probes of inputs (`image: [1, 28, 28]`), and of the parameters of a block.
    fn inputs(&mut self, group: &Group, block: Option<&Ident>) -> TokenStream {
        let mut cursor = Cursor::inside(group);
        let (mut probes, mut parameters) = (TokenStream::new(), TokenStream::new());
        let (language, any) = (self.language.clone(), self.any());
        let mut first = true;
        while !cursor.at_end() {
            let Some(name) = cursor.take_ident().filter(|name| !is_keyword(name)) else {
                cursor.next();
                continue;
            };
            let colon = cursor.take_punct(':');
            let shaped = cursor.is_group(0, Delimiter::Bracket) || cursor.is_group(1, Delimiter::Bracket);
            if block.is_some() && shaped {
                probes.extend(self.pattern(&mut cursor));
            } else if colon {
                self.element(&mut cursor);
            }
            probes.extend(self.values(&mut cursor, &[','], true));
            cursor.take_punct(',');
            if block.is_none() || first || shaped {
                probes.extend(self.bind(&name));
            } else {
                self.scope().bound.push(name.to_string());
                probes.extend(quote!(let #name: #language::arguments::Size = #any;));
                parameters.extend(quote!(pub #name: #language::arguments::Size,));
            }
            first = false;
        }
        if let Some(name) = block {
            self.blocks.extend(quote!(pub struct #name { #parameters }));
        }
        probes
    }

    /// Writes the probes of a shape pattern of a block (`[c, h, w]`), which names dimensions.
    fn pattern(&mut self, cursor: &mut Cursor) -> TokenStream {
        self.element(cursor);
        let Some(group) = cursor.take_group(Delimiter::Bracket) else { return TokenStream::new() };
        let (mut cursor, mut probes, any) = (Cursor::inside(&group), TokenStream::new(), self.any());
        while !cursor.at_end() {
            match cursor.take_ident().filter(|name| !is_keyword(name)) {
                Some(name) if !is_capitalised(&name) => {
                    self.scope().bound.push(name.to_string());
                    probes.extend(quote!(let #name: usize = #any;));
                }
                Some(name) => probes.extend(quote!(#name;)),
                None => drop(cursor.next()),
            }
        }
        probes
    }

    /// Writes the probes of the declared output: `[10]` or `(mean: [20], variance: [20])`.
    fn output(&mut self, cursor: &mut Cursor) -> TokenStream {
        let Some(group) = cursor.take_group(Delimiter::Parenthesis) else {
            self.element(cursor);
            let shape = cursor.take_group(Delimiter::Bracket);
            return shape.map(|group| self.values(&mut Cursor::inside(&group), &[], true)).unwrap_or_default();
        };
        let (mut cursor, mut probes) = (Cursor::inside(&group), TokenStream::new());
        while !cursor.at_end() {
            // The name of an output is that of a value in the body, which has the probe.
            cursor.take_ident();
            cursor.take_punct(':');
            self.element(&mut cursor);
            probes.extend(self.values(&mut cursor, &[','], true));
            cursor.take_punct(',');
        }
        probes
    }

    /// Skips an element type.
    fn element(&self, cursor: &mut Cursor) {
        if cursor.is_word("f32") || cursor.is_word("u32") {
            cursor.next();
        }
    }

    /// Declares a variable for the value `name` of the network.
    fn bind(&mut self, name: &Ident) -> TokenStream {
        let Scope { name: scope, bound, .. } = &self.scopes[self.scopes.len() - 1];
        let earlier = bound.iter().filter(|bound| name == bound).count();
        let (tensor, any) = (self.shapes.tensor(&self.language, &scope.to_string(), name, earlier), self.any());
        self.scope().bound.push(name.to_string());
        quote!(let #name: #tensor = #any;)
    }

    /// Declares a variable for a value that the user did not name.
    fn any_tensor(&mut self, name: &str) -> TokenStream {
        self.bind(&Ident::new(name, Span::call_site()))
    }

    /// Returns the scope of the model or block that is being read.
    fn scope(&mut self) -> &mut Scope {
        let last = self.scopes.len() - 1;
        &mut self.scopes[last]
    }
    fn is_bound(&self, name: &str) -> bool {
        self.scopes[self.scopes.len() - 1].bound.iter().any(|bound| bound == name)
    }

    /// Writes an expression of any type.
    fn any(&self) -> TokenStream {
        let language = &self.language;
        quote!(#language::any())
    }
}
