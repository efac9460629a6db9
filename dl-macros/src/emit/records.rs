//! Writes the structs of several inputs, outputs or targets.

use crate::ir::{Ir, Shape};
use crate::names::ident;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};

/// The values of one sample side by side: `PairInput { left: [f32; 784], right: [f32; 784] }`.
pub struct Record<'a> {
    /// The name of the struct; `None` when there is at most one value, and so no struct.
    pub name: Option<Ident>,
    /// The values in order.
    pub fields: Vec<(Ident, &'a Shape)>,
    doc: &'static str,
}

/// Returns the inputs of a model.
pub fn inputs(ir: &Ir) -> Record<'_> {
    let fields = ir.inputs.iter().map(|&value| (ir.values[value].name.clone(), &ir.values[value].shape));
    Record::new(ir, "Input", "The inputs for one sample of", fields.collect())
}
/// Returns the outputs of a model.
pub fn outputs(ir: &Ir) -> Record<'_> {
    let fields = ir.outputs.iter().map(|output| (output.name.clone(), &output.shape));
    Record::new(ir, "Output", "The outputs for one sample of", fields.collect())
}
/// Returns the targets of a model's loss.
pub fn targets(ir: &Ir) -> Record<'_> {
    let targets = ir.objective.iter().flat_map(|objective| &objective.targets);
    let fields = targets.map(|&value| (ir.values[value].name.clone(), &ir.values[value].shape));
    Record::new(ir, "Target", "The targets of the loss for one sample of", fields.collect())
}

impl<'a> Record<'a> {
    fn new(ir: &Ir, suffix: &str, doc: &'static str, fields: Vec<(Ident, &'a Shape)>) -> Self {
        let mut fields = fields;
        // A repeated name was reported.
        let mut seen = std::collections::HashSet::new();
        let several = fields.len() > 1;
        fields.retain(|(name, _)| seen.insert(name.to_string()));
        let name = several.then(|| ident(&format!("{}{suffix}", ir.name), ir.name.span()));
        Record { name, fields, doc }
    }
    /// Returns whether a value is a sequence, so that the struct owns memory.
    fn has_sequences(&self) -> bool {
        self.fields.iter().any(|(_, shape)| shape.length.is_some())
    }
    /// Returns the name of the struct, if there is one: sequences need a heap.
    fn struct_of(&self, ir: &Ir) -> Option<&Ident> {
        self.name.as_ref().filter(|_| !(ir.without_std && self.has_sequences()))
    }
    /// Writes the run-time dimensions of the sequences, in order.
    pub fn dimensions(&self) -> TokenStream {
        let dimensions = self.fields.iter().filter_map(|(_, shape)| shape.length.as_ref());
        let dimensions = dimensions.map(|length| proc_macro2::Literal::usize_unsuffixed(length.index));
        quote!(&[#(#dimensions),*])
    }
    /// Writes the type of one sample.
    pub fn ty(&self, ir: &Ir) -> TokenStream {
        match (&self.name, self.fields.as_slice()) {
            (Some(name), _) => ir.generic(name).into_token_stream(),
            (None, [(_, shape)]) => shape.sample_ty(),
            (None, _) => quote!([f32; 0]),
        }
    }
    /// Writes the type of one sample, or of one row of a sequence; `()` where there is none without a heap.
    pub fn row(&self, ir: &Ir) -> TokenStream {
        match self.fields.as_slice() {
            [(_, shape)] if self.name.is_none() => shape.ty(),
            _ if self.has_sequences() => quote!(()),
            _ => self.ty(ir),
        }
    }
    /// Writes the struct.
    pub fn definition(&self, ir: &Ir) -> TokenStream {
        let Some(name) = self.struct_of(ir) else { return quote!() };
        let (visibility, parameters) = (&ir.visibility, ir.parameters());
        let doc = format!("{} [`{}`].", self.doc, ir.name);
        let conditions = ir.attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
        let fields = self.fields.iter().map(|(name, shape)| {
            let (doc, ty) = (format!("`{shape}`"), shape.sample_ty());
            quote!(#[doc = #doc] pub #name: #ty,)
        });
        let repr = (!self.has_sequences()).then(|| quote!(#[repr(C)]));
        quote! {
            #(#conditions)*
            #[doc = #doc]
            #repr
            #visibility struct #name #parameters { #(#fields)* }
        }
    }
    /// Implements `Pod` for the struct, and the usual traits. `derive` is not used, since the user's module may redefine it.
    pub fn plain(&self, ir: &Ir) -> TokenStream {
        let Some(name) = self.struct_of(ir) else { return quote!() };
        let (name, parameters, generic) = (ir.generic(name), ir.parameters(), ir.generic_traits());
        let fields = self.fields.iter().map(|(name, _)| name);
        let types: Vec<TokenStream> = self.fields.iter().map(|(_, shape)| shape.sample_ty()).collect();
        if self.has_sequences() {
            return quote!(dl::sequences!(#generic #name: #(#fields: #types),*););
        }
        quote! {
            // SAFETY: `repr(C)`, and every field is an array of `f32` or `u32`.
            unsafe impl #parameters dl::Pod for #name {
                type Element = f32;
                const PARTS: &'static [usize] = &[#(<#types as dl::Pod>::LEN),*];
            }
            dl::record!(#generic #name: #(#fields),*);
        }
    }
}
