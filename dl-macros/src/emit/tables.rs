//! Writes the tables of a model: its types, tensors and layers.

use super::docs::parameters;
use super::records;
use crate::dim::Dim;
use crate::ir::{Config, Ir, Reduction, Value, ValueId};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote};

/// Writes `Input`, `Output`, `NAME`, `TENSORS`, `INPUTS`, `OUTPUTS` and `LAYERS`.
pub fn tables(ir: &Ir) -> TokenStream {
    let (types, layers) = (types(ir), layers(ir));
    let inputs = ir.inputs.iter().map(|&input| {
        let (name, shape) = (plain(&ir.values[input].name), ir.values[input].shape.sizes());
        quote!(dl::InputInfo { name: #name, shape: #shape })
    });
    let outputs = ir.outputs.iter().map(|output| {
        let (name, shape) = (plain(&output.name), output.shape.sizes());
        quote!(dl::OutputInfo { name: #name, shape: #shape })
    });
    let inputs_are_checked = check(ir, "check_inputs", "Input", &ir.inputs);
    quote! {
        #types
        const INPUTS: &'static [dl::InputInfo] = &[#(#inputs),*];
        const OUTPUTS: &'static [dl::OutputInfo] = &[#(#outputs),*];
        const LAYERS: &'static [dl::LayerInfo] = &[#(#layers),*];
        #inputs_are_checked
    }
}

/// Writes `Input` and `Output`, which a broken model has, too.
pub fn types(ir: &Ir) -> TokenStream {
    let (input, output) = (records::inputs(ir).ty(ir), records::outputs(ir).ty(ir));
    let dimensions = (!ir.lengths.is_empty()).then(|| {
        let dimensions = records::outputs(ir).dimensions();
        let most = ir.lengths[0].bound.as_ref();
        let most = most.map(|bound| quote!(const MOST_ROWS: dl::Option<usize> = dl::Some(#bound);));
        quote!(const OUTPUT_SEQUENCES: &'static [usize] = #dimensions; #most)
    });
    quote! {
        type Input = #input;
        type Output = #output;
        #dimensions
    }
}

/// Writes `Target` and `TERMS`.
pub fn objective(ir: &Ir) -> TokenStream {
    let target = records::targets(ir).ty(ir);
    let terms = ir.objective.iter().flat_map(|objective| &objective.terms).map(|term| {
        let (name, weight) = (&term.name, &term.weight);
        quote!(dl::Term { name: #name, weight: #weight })
    });
    let check = check(ir, "check_targets", "Target", ir.targets());
    let nodes = &ir.nodes[ir.body_len(&ir.nodes)..];
    let sums = nodes.iter().any(|node| node.op.reduction == Some(Reduction::Sum));
    let reduction = sums.then(|| {
        quote!(
            const REDUCTION: dl::ops::loss::Reduction = dl::ops::loss::Reduction::Sum;
        )
    });
    let compares = nodes.iter().find_map(|node| Some((node, node.op.min_batch.as_ref()?)));
    let min_batch = compares.map(|(node, samples)| {
        // Without its settings.
        let name = node.text.split('(').next();
        quote!(const MIN_BATCH_OF_LOSS: dl::MinBatch = dl::MinBatch { samples: #samples, of: #name };)
    });
    let dimensions = (!ir.lengths.is_empty()).then(|| {
        let dimensions = records::targets(ir).dimensions();
        let of_terms = ir.objective.iter().flat_map(|objective| &objective.terms);
        let of_terms = of_terms.filter_map(|term| ir.values[term.value].shape.length.as_ref()).next();
        let of_terms = of_terms.map(|length| Literal::usize_unsuffixed(length.index));
        let of_terms = of_terms.map_or(quote!(dl::None), |dimension| quote!(dl::Some(#dimension)));
        quote! {
            const TARGET_SEQUENCES: &'static [usize] = #dimensions;
            const SEQUENCE_OF_TERMS: dl::Option<usize> = #of_terms;
        }
    });
    quote! {
        type Target = #target;
        #dimensions
        const TERMS: &'static [dl::Term] = &[#(#terms),*];
        #reduction
        #min_batch
        #check
    }
}

/// Writes `check_inputs` or `check_targets`, which check that class numbers and tokens are in their ranges; nothing if there are none.
pub fn check(ir: &Ir, name: &str, ty: &str, values: &[ValueId]) -> TokenStream {
    let mut checks = Vec::new();
    for &value in values.iter().filter(|value| ir.inputs.contains(value)) {
        let Value { name: field, shape } = &ir.values[value];
        let Some(length) = &shape.length else { continue };
        let sequences = if values.len() == 1 { quote!(samples) } else { quote!(samples.iter().map(|s| &s.#field)) };
        let (name, most) =
            (plain(field), length.bound.as_ref().map_or(quote!(dl::None), |bound| quote!(dl::Some(#bound))));
        checks.push(quote!(dl::check_lengths(#sequences, #name, #most)?;));
    }
    for range in ir.nodes.iter().filter_map(|node| Some((node, node.op.range.as_ref()?))) {
        let (node, crate::ir::Range { operand, limit, check, but }) = range;
        if !values.contains(&node.inputs[*operand]) {
            continue;
        }
        let check = Ident::new(check, Span::call_site());
        let field = &ir.values[node.inputs[*operand]].name;
        let numbers = if values.len() == 1 { quote!(samples) } else { quote!(samples.iter().map(|s| &s.#field)) };
        let but = but.iter();
        checks.push(quote!(dl::#check(#numbers, #limit #(, #but)*)?;));
    }
    if checks.is_empty() {
        return quote!();
    }
    let [name, ty] = [name, ty].map(|word| Ident::new(word, Span::call_site()));
    quote! {
        fn #name(samples: &[Self::#ty]) -> dl::Result<()> {
            #(#checks)*
            dl::Ok(())
        }
    }
}

/// Writes the entries of `TENSORS`.
pub fn tensors(ir: &Ir) -> Vec<TokenStream> {
    let mut tensors = Vec::new();
    for (id, field) in ir.fields.iter().enumerate() {
        let (access, ty) = (ir.access(id), &field.ty);
        let path = ir.file_name(id);
        if field.model {
            tensors.push(quote! {
                dl::Entry::Model {
                    name: #path,
                    offset: dl::offset_of!(Self, #access),
                    tensors: <#ty as dl::Declared>::TENSORS,
                }
            });
        }
        let before = path.rsplit_once('.').filter(|_| field.nameless).map_or(path.as_str(), |(before, _)| before);
        for tensor in &field.tensors {
            // The tensor of a parameter has the name of the field itself.
            let path = if field.is_parameter { path.clone() } else { format!("{before}.{}", tensor.name) };
            let word = |word: &str| Ident::new(word, Span::mixed_site());
            let (shape, role) = (&tensor.shape, tensor.role);
            let offset = match tensor.after.as_ref().map(|floats| floats.mul(&Dim::Known(4))) {
                None => {
                    let part = tensor.member.split('.').map(word);
                    quote!(dl::offset_of!(Self, #access.#(#part).*))
                }
                Some(Dim::Known(0)) => quote!(dl::offset_of!(Self, #access)),
                Some(bytes) => quote!(dl::offset_of!(Self, #access) + #bytes),
            };
            tensors.push(quote! {
                dl::Entry::Tensor {
                    name: #path,
                    shape: &[#(#shape),*],
                    offset: #offset,
                    role: #role,
                }
            });
        }
    }
    tensors
}

/// Returns a name without the `r#` of a raw identifier.
fn plain(name: &Ident) -> String {
    crate::names::plain(&name.to_string())
}

fn layers(ir: &Ir) -> impl Iterator<Item = TokenStream> + '_ {
    let end = ir.body_len(&ir.nodes);
    let source = move |value: ValueId| match ir.inputs.iter().position(|&input| input == value) {
        Some(k) => {
            let k = Literal::usize_unsuffixed(k);
            quote!(dl::LayerInput::Input(#k))
        }
        None => {
            let i = ir.nodes.iter().position(|node| node.output == value).unwrap_or(0);
            let i = Literal::usize_unsuffixed(i);
            quote!(dl::LayerInput::Layer(#i))
        }
    };
    ir.nodes[..end].iter().enumerate().map(move |(i, node)| {
        let (name, layer) = (&node.label, &node.text);
        let shape = ir.values[node.output].shape.sizes();
        let inputs = node.inputs.iter().map(|&input| source(input));
        let common = quote!(name: #name, layer: #layer, output: #shape, inputs: &[#(#inputs),*]);
        if let Config::Model(ty) = &node.op.config {
            let first = !ir.nodes[..i].iter().any(|earlier| earlier.field == node.field);
            let parameters = if first { quote!(<#ty as dl::Model>::PARAMETERS) } else { quote!(0) };
            return quote! {
                dl::LayerInfo {
                    #common,
                    parameters: #parameters,
                    multiply_adds: <#ty as dl::Passes>::MULTIPLY_ADDS,
                    inside: <#ty as dl::Passes>::LAYERS,
                    copies: <#ty as dl::Passes>::COPIES,
                    min_batch: <#ty as dl::Passes>::MIN_BATCH,
                }
            };
        }
        let parameters = parameters(ir, i);
        let multiply_adds = match &node.multiply_adds {
            Dim::Known(n) => Literal::usize_unsuffixed(*n).to_token_stream(),
            dim => quote!(#dim as u64),
        };
        let min_batch = node.op.min_batch.clone().unwrap_or(Dim::Known(1));
        quote! {
            dl::LayerInfo {
                #common,
                parameters: #parameters,
                multiply_adds: #multiply_adds,
                inside: &[],
                copies: 1,
                min_batch: #min_batch,
            }
        }
    })
}
