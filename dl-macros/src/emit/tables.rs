//! The tables of a model: its types, tensors and layers.

use super::docs::parameters;
use crate::ir::Ir;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// `Input`, `Output`, `NAME`, `TENSORS` and `LAYERS`.
pub fn tables(ir: &Ir) -> TokenStream {
    let (types, tensors, layers) = (types(ir), tensors(ir), layers(ir));
    quote! {
        #types
        const TENSORS: &'static [dl::TensorInfo] = &[#(#tensors),*];
        const LAYERS: &'static [dl::LayerInfo] = &[#(#layers),*];
    }
}

/// `Input`, `Output` and `NAME`: what a broken model has too.
pub fn types(ir: &Ir) -> TokenStream {
    let input = ir.values[ir.inputs[0]].shape.ty();
    let output = ir.declared_output.ty();
    let name = ir.name.to_string();
    quote! {
        type Input = #input;
        type Output = #output;
        const NAME: &'static str = #name;
    }
}

fn tensors(ir: &Ir) -> Vec<TokenStream> {
    let mut tensors = Vec::new();
    for field in &ir.fields {
        let (model, name, ty) = (&ir.name, &field.name, &field.ty);
        for tensor in &field.tensors {
            let path = format!("{name}.{}", tensor.name);
            let [part, role] = [tensor.name, tensor.role].map(|word| Ident::new(word, Span::mixed_site()));
            let shape = &tensor.shape;
            tensors.push(quote! {
                dl::TensorInfo {
                    name: #path,
                    shape: &[#(#shape),*],
                    offset: dl::offset_of!(#model, #name) + dl::offset_of!(#ty, #part),
                    role: dl::Role::#role,
                }
            });
        }
    }
    tensors
}

fn layers(ir: &Ir) -> impl Iterator<Item = TokenStream> + '_ {
    ir.nodes.iter().enumerate().map(|(i, node)| {
        let (name, layer, multiply_adds) = (&node.label, &node.text, &node.multiply_adds);
        let shape = &ir.values[node.output].shape.dims;
        let parameters = parameters(ir, i);
        quote! {
            dl::LayerInfo {
                name: #name,
                layer: #layer,
                output: &[#(#shape),*],
                parameters: #parameters,
                multiply_adds: #multiply_adds as u64,
            }
        }
    })
}
