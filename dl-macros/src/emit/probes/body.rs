//! Writes the probes of bodies: values, layers and arguments.

use super::Probes;
use crate::ast::CombinatorWord;
use crate::call::{Kind, Parameter};
use crate::layers::{self, Layer};
use crate::names::{ident, is_capitalised, is_keyword};
use crate::parse::cursor::Cursor;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::quote;

impl Probes<'_> {
    /// Writes the probes of a body in braces; with `chain` it may begin with a layer.
    pub fn statements(&mut self, group: &Group, chain: bool) -> TokenStream {
        let mut cursor = Cursor::new(closed(group.stream()), group.span_close());
        let mut probes = TokenStream::new();
        while !cursor.at_end() || probes.is_empty() {
            if cursor.take_word("let") {
                let name = cursor.take_ident().filter(|name| !is_keyword(name));
                probes.extend(self.values(&mut cursor, &[';'], false));
                probes.extend(name.map(|name| self.bind(&name)));
            } else {
                if chain {
                    probes.extend(self.first(&mut cursor));
                }
                probes.extend(self.values(&mut cursor, &[';'], false));
            }
            cursor.take_punct(';');
        }
        probes
    }

    /// Writes the probe of the layer at the start of a chain in braces; nothing if a value comes first.
    fn first(&mut self, cursor: &mut Cursor) -> TokenStream {
        match cursor.peek() {
            Some(TokenTree::Ident(name)) if !self.is_bound(&name.to_string()) => self.stage(cursor),
            _ => TokenStream::new(),
        }
    }

    /// Writes the probes of values, numbers and the layers after arrows, up to one of `stops`, a `let` or the end. Within `arguments`,
    /// names are not completed to layers.
    pub fn values(&mut self, cursor: &mut Cursor, stops: &[char], arguments: bool) -> TokenStream {
        let mut probes = TokenStream::new();
        while !cursor.at_end() && !cursor.is_word("let") && !stops.iter().any(|stop| cursor.is_punct(0, *stop)) {
            if cursor.take_arrow() {
                probes.extend(self.stage(cursor));
            } else if cursor.take_word("as") {
                if let Some(name) = cursor.take_ident().filter(|name| !is_keyword(name)) {
                    self.scope().layers.push(name);
                }
            } else {
                probes.extend(self.value(cursor, arguments));
            }
        }
        // Completes a value that is not written yet.
        if !arguments {
            probes.extend(self.value_or_layer(None));
        }
        probes
    }

    /// Writes a value or nothing, where completion also offers layers: `dense(x, 10)`.
    fn value_or_layer(&mut self, name: Option<TokenStream>) -> TokenStream {
        let (scope, name) = (&self.scope().name, name.into_iter());
        quote!({ use dl_layers::#scope::*; #(#name;)* })
    }

    /// Writes the probes of one name, group or other token.
    fn value(&mut self, cursor: &mut Cursor, arguments: bool) -> TokenStream {
        match cursor.peek() {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let group = group.clone();
                cursor.next();
                self.statements(&group, true)
            }
            Some(TokenTree::Group(group)) => {
                let mut inside = Cursor::inside(&group.clone());
                cursor.next();
                self.values(&mut inside, &[], arguments)
            }
            Some(TokenTree::Ident(name)) => {
                let opens = CombinatorWord::of(&name.to_string()).is_some();
                let (called, single) = (cursor.is_group(1, Delimiter::Parenthesis), !cursor.is_pair(1, ':', ':'));
                if single && !is_capitalised(name) && (called || opens) {
                    let name = name.clone();
                    cursor.next();
                    return self.layer(cursor, name, 1);
                }
                let Some(path) = path(cursor) else { return TokenStream::new() };
                if cursor.is_group(0, Delimiter::Parenthesis) {
                    return quote!(let _: #path;);
                }
                if single && !arguments { self.value_or_layer(Some(path)) } else { quote!(#path;) }
            }
            _ => {
                cursor.next();
                TokenStream::new()
            }
        }
    }

    /// Writes the probe of the stage after an arrow.
    fn stage(&mut self, cursor: &mut Cursor) -> TokenStream {
        match cursor.peek() {
            Some(TokenTree::Ident(name)) if !is_capitalised(name) && !cursor.is_pair(1, ':', ':') => {
                let name = name.clone();
                cursor.next();
                if is_keyword(&name) { TokenStream::new() } else { self.layer(cursor, name, 0) }
            }
            Some(TokenTree::Ident(_)) => {
                let path = path(cursor);
                if cursor.is_punct(0, ':') && cursor.is_group(1, Delimiter::Bracket) {
                    cursor.next();
                }
                path.map(|path| quote!(let _: #path;)).unwrap_or_default()
            }
            // The user may be about to write a name.
            _ => {
                let scope = &self.scope().name;
                quote!(let _: dl_layers::#scope::;)
            }
        }
    }

    /// Writes the probes of a use of a layer; the first `operands` of its arguments are values.
    fn layer(&mut self, cursor: &mut Cursor, name: Ident, operands: usize) -> TokenStream {
        let scope = self.scope().name.clone();
        let mut probes = quote!(let _: dl_layers::#scope::#name;);
        if let Some(group) = cursor.take_group(Delimiter::Parenthesis) {
            let layer = layers::find(&name.to_string());
            let more = layer.map_or(0, |layer| layer.operands().saturating_sub(1));
            let (fields, others) = self.arguments(&group, layer, operands + more);
            let anonymous = ident(&name.to_string(), Span::call_site());
            let any = self.any();
            probes.extend(quote!(dl_layers::#scope::#anonymous { #fields ..{ #others #any } };));
        }
        probes
    }

    /// Writes arguments as fields of the layer's struct, and returns the probes of everything else among them.
    fn arguments(
        &mut self,
        group: &Group,
        layer: Option<&'static dyn Layer>,
        operands: usize,
    ) -> (TokenStream, TokenStream) {
        let mut cursor = Cursor::inside(group);
        let (mut fields, mut others) = (TokenStream::new(), TokenStream::new());
        let parameters = layer.map_or(&[][..], |layer| layer.parameters());
        let language = self.language.clone();
        for position in 0_usize.. {
            let start = cursor.position();
            let name = match cursor.peek() {
                Some(TokenTree::Ident(name)) if !is_keyword(name) => Some(name.clone()),
                _ => None,
            };
            let named = cursor.is_punct(1, '=') || cursor.is_punct(1, ':') && !cursor.is_pair(1, ':', ':');
            let alone = cursor.peek_at(1).is_none() || cursor.is_punct(1, ',') || cursor.is_pair(1, '-', '>');
            let positional = position.checked_sub(operands).and_then(|index| parameters.get(index));
            let positional = positional.filter(|parameter| parameter.positional);
            match name {
                Some(name) if named => {
                    cursor.next();
                    cursor.next();
                    let words = parameters.iter().find(|parameter| name == parameter.name);
                    let words = words.and_then(|parameter| self.words(layer?, parameter));
                    let value = self.values(&mut cursor, &[','], true);
                    fields.extend(quote!(#name: #language::given({ #words #value }),));
                }
                // This is probably the start of a parameter's name.
                Some(name)
                    if alone
                        && position >= operands
                        && positional.is_none()
                        && !is_capitalised(&name)
                        && !self.is_bound(&name.to_string()) =>
                {
                    cursor.next();
                    // The comma after it is written, so that only the name differs from the expansion without it.
                    let comma = cursor.is_punct(0, ',').then(|| quote!(,));
                    fields.extend(quote!(#name #comma));
                }
                _ => {
                    let layer = positional.is_some_and(|parameter| matches!(parameter.kind, Kind::Choice([])));
                    let value = if layer { self.stage(&mut cursor) } else { self.values(&mut cursor, &[','], true) };
                    match positional.map(|parameter| Ident::new(parameter.name, Span::call_site())) {
                        Some(field) => fields.extend(quote!(#field: #language::given({ #value }),)),
                        None => others.extend(value),
                    }
                }
            }
            others.extend(self.values(&mut cursor, &[','], true));
            // Writes the comma of an empty argument, as above.
            let place = position >= operands && positional.is_none();
            let empty = cursor.position() == start && place && cursor.is_punct(0, ',');
            fields.extend(empty.then(|| quote!(,)));
            if !cursor.take_punct(',') {
                break;
            }
        }
        (fields, others)
    }

    /// Returns the `use` that brings the choices of `parameter` into scope, if it has any.
    fn words(&self, layer: &dyn Layer, parameter: &Parameter) -> Option<TokenStream> {
        let name = match parameter.kind {
            // The name of a layer.
            Kind::Choice([]) => return None,
            Kind::Choice(_) => format!("{}_{}", layer.name(), parameter.name),
            Kind::Padding => "Padding".to_owned(),
            Kind::Border => "Border".to_owned(),
            Kind::Init => "Init".to_owned(),
            _ => return None,
        };
        let (language, name) = (&self.language, Ident::new(&name, Span::call_site()));
        Some(quote!(use #language::arguments::words::#name::*;))
    }
}

/// Reads a path such as `a::b::c`; `None` for a keyword.
fn path(cursor: &mut Cursor) -> Option<TokenStream> {
    let mut path = TokenStream::new();
    loop {
        let name = cursor.take_ident()?;
        // Keywords such as `crate` may only begin a path.
        if is_keyword(&name) && !cursor.is_pair(0, ':', ':') {
            return None;
        }
        path.extend([TokenTree::Ident(name)]);
        if !cursor.is_pair(0, ':', ':') {
            return Some(path);
        }
        path.extend(cursor.next());
        path.extend(cursor.next());
    }
}

/// Closes every parenthesis in `tokens` before a `;`: where one is missing, editors close it at the end of the text.
fn closed(tokens: TokenStream) -> TokenStream {
    let mut result = Vec::new();
    for token in tokens {
        let TokenTree::Group(group) = &token else {
            result.push(token);
            continue;
        };
        if group.delimiter() != Delimiter::Parenthesis {
            result.push(token);
            continue;
        }
        let mut inside: Vec<TokenTree> = closed(group.stream()).into_iter().collect();
        let end = inside.iter().position(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';'));
        let rest = inside.split_off(end.unwrap_or(inside.len()));
        result.push(TokenTree::Group(Group::new(Delimiter::Parenthesis, inside.into_iter().collect())));
        result.extend(rest);
    }
    result.into_iter().collect()
}
