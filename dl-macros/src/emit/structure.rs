//! Writes the struct, with one field for each layer with weights, and the initialisation of the weights. Blocks are structs inside it.

use super::stepping::inner;
use super::{docs, operation, records};
use crate::ir::{FieldId, Ir, ScopeId};
use crate::names::{ident, local, plain, qualify_facade};
use crate::schedule::Schedule;
use crate::types::Type;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// Writes the struct with the user's attributes and documentation and a table of the architecture, and then the structs of its
/// blocks and of several inputs, outputs or targets.
pub fn structure(krate: &TokenStream, irs: &[Ir], which: usize, parts: &Parts) -> TokenStream {
    let ir = &irs[which];
    let (attributes, name) = (&ir.attributes, &ir.name);
    let (table, drawing) = (docs::architecture(ir), docs::drawing(irs, which));
    let conditions: Vec<_> = ir.attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).collect();
    let blocks = parts.structs.iter().map(|part| {
        let doc = format!("`{}` of [`{name}`].", part.kind);
        let (conditions, definition) = (&conditions, definition(ir, &part.name, &part.members));
        quote!(#(#conditions)* #[doc = #doc] #definition)
    });
    let structure = definition(ir, name, &parts.members);
    let records = [records::inputs(ir), records::outputs(ir), records::targets(ir)];
    let records = records.iter().map(|record| record.definition(ir));
    let tokens = quote! {
        #(#attributes)*
        #drawing
        #[doc = #table]
        #structure
        #(#blocks)*
        #(#records)*
    };
    qualify_facade(krate, tokens)
}

fn definition(ir: &Ir, name: &Ident, members: &[Member]) -> TokenStream {
    let (visibility, parameters) = (&ir.visibility, ir.parameters());
    let fields = members.iter().map(|Member { name, ty, text }| {
        let text = format!("`{text}`");
        quote!(#[doc = #text] pub #name: #ty,)
    });
    // Every model has the alignment of `f32`, also one without weights.
    let layout = if members.is_empty() { quote!(C, align(4)) } else { quote!(C) };
    quote! {
        #[repr(#layout)]
        #visibility struct #name #parameters {
            #(#fields)*
        }
    }
}

/// Implements `Pod` for the struct and the structs of its blocks.
pub fn plain_numbers(ir: &Ir, parts: &Parts) -> TokenStream {
    let names = parts.structs.iter().map(|part| &part.name).chain([&ir.name]).map(|name| ir.generic(name));
    let parameters = ir.parameters();
    let records = [records::inputs(ir), records::outputs(ir), records::targets(ir)];
    let records = records.iter().map(|record| record.plain(ir));
    quote! {
        #(
            // SAFETY: `repr(C)`, and every field is a layer, which is `Pod` with elements `f32`.
            unsafe impl #parameters dl::Pod for #names {
                type Element = f32;
            }
        )*
        #(#records)*
    }
}

/// Implements `Network`, and `Clone` of the box and `Debug` unless the user derives them.
pub fn network(ir: &Ir) -> TokenStream {
    let derived: Vec<syn::Path> = ir.attributes.iter().flat_map(derived).collect();
    let derives = |name: &str| derived.iter().any(|path| path.segments.last().is_some_and(|last| last.ident == name));
    let traits = ["Clone", "Debug"].into_iter().filter(|name| !derives(name));
    let (traits, name, generic) = (traits.map(local), ir.self_type(), ir.generic_traits());
    quote!(dl::network!(#generic #name: #(#traits),*);)
}

/// Returns the traits that an attribute derives.
fn derived(attribute: &syn::Attribute) -> Vec<syn::Path> {
    type Paths = syn::punctuated::Punctuated<syn::Path, syn::Token![,]>;
    let paths = attribute.path().is_ident("derive").then(|| attribute.parse_args_with(Paths::parse_terminated).ok());
    paths.flatten().into_iter().flatten().collect()
}

/// One field of a struct.
struct Member {
    name: Ident,
    ty: Type,
    /// The documentation of the field: the layer as its first use writes it.
    text: String,
}

/// Ignores the text, which belongs to one use.
impl PartialEq for Member {
    fn eq(&self, other: &Member) -> bool {
        self.name == other.name && self.ty == other.ty
    }
}

/// The struct of a block; blocks with the same fields share it.
struct Part {
    name: Ident,
    kind: String,
    members: Vec<Member>,
}

/// All structs of a model.
pub struct Parts {
    structs: Vec<Part>,
    members: Vec<Member>,
}

impl Parts {
    /// Collects the structs of a model. Must be called once for each, since it reserves the names of the structs.
    pub fn of(ir: &Ir) -> Parts {
        let mut parts = Parts { structs: Vec::new(), members: Vec::new() };
        parts.members = parts.inside(ir, None);
        parts
    }
    /// Returns the fields inside `scope`, in order of first use.
    fn inside(&mut self, ir: &Ir, scope: Option<ScopeId>) -> Vec<Member> {
        let mut members = Vec::new();
        let mut seen = Vec::new();
        for (id, field) in ir.fields.iter().enumerate() {
            if field.scope == scope {
                members.push(Member { name: field.name.clone(), ty: field.ty.clone(), text: field.text.clone() });
            } else if let Some(child) = child_towards(ir, scope, id).filter(|child| !seen.contains(child)) {
                seen.push(child);
                let inner = self.inside(ir, Some(child));
                let ty = self.add(ir, child, inner);
                let kind = ir.scopes[child].kind.clone();
                members.push(Member { name: ir.scopes[child].name.clone(), ty: ir.generic(&ty), text: kind });
            }
        }
        members
    }
    /// Returns the struct of a block with these fields, and adds it if it is new.
    fn add(&mut self, ir: &Ir, scope: ScopeId, members: Vec<Member>) -> Ident {
        let kind = &ir.scopes[scope].kind;
        if let Some(part) = self.structs.iter().find(|part| part.kind == *kind && part.members == members) {
            return part.name.clone();
        }
        let name = ir.reserved.reserve(&format!("{}{}", ir.name, camel(kind)));
        let name = ident(&name, Span::call_site());
        self.structs.push(Part { name: name.clone(), kind: kind.clone(), members });
        name
    }
}

/// Returns the scope directly inside `scope` that contains a field; `None` if the field is in `scope` itself or not inside it.
fn child_towards(ir: &Ir, scope: Option<ScopeId>, field: FieldId) -> Option<ScopeId> {
    let mut inner = ir.fields[field].scope?;
    while ir.scopes[inner].parent != scope {
        inner = ir.scopes[inner].parent?;
    }
    Some(inner)
}

/// Converts `basic_block` to `BasicBlock`.
pub fn camel(name: &str) -> String {
    let name = plain(name);
    let words = name.split('_');
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect::<String>())
    };
    words.map(capital).collect()
}

/// Returns whether a model has layers with low-rank updates, or a model inside it that may have some.
fn has_updates(irs: &[Ir], ir: &Ir) -> bool {
    ir.fields.iter().any(|field| match (field.model, inner(irs, &field.ty)) {
        (true, Some(inner)) => has_updates(irs, inner),
        (model, _) => model || field.has_update(),
    })
}

/// Writes `merge_updates`, which merges the low-rank updates of all layers; nothing if there are none.
pub fn merge(irs: &[Ir], training: &Schedule) -> Option<TokenStream> {
    let ir = training.ir;
    let merged = ir.fields.iter().enumerate().filter_map(|(id, field)| {
        let path = ir.access(id);
        if field.model {
            let may = inner(irs, &field.ty).is_none_or(|inner| has_updates(irs, inner));
            return may.then(|| quote!(dl::Passes::merge_updates(&mut self.#path)));
        }
        let node = training.nodes.iter().find(|node| node.field == Some(id)).filter(|_| field.has_update())?;
        let op = operation(ir, node, training.mode);
        Some(quote!(dl::ops::lora::merge(&mut self.#path, #op.scale)))
    });
    let merged: Vec<TokenStream> = merged.collect();
    (!merged.is_empty()).then(|| quote!(fn merge_updates(&mut self) -> usize { #(#merged)+* }))
}

/// Writes `init_weights`, which initialises the weights of every layer.
pub fn init(ir: &Ir) -> TokenStream {
    let layers = ir.fields.iter().enumerate().map(|(id, field)| {
        let (path, init) = (ir.access(id), &field.init);
        let comma = (!init.is_empty()).then(|| quote!(,));
        if field.model {
            return quote!(dl::Passes::init_weights(&mut self.#path, rng););
        }
        quote!(dl::InitLayer::init(&mut self.#path, (#init #comma), rng);)
    });
    quote! {
        fn init_weights(&mut self, rng: &mut dl::Rng) {
            #(#layers)*
        }
    }
}
