//! Writes the form of a model on int8: a struct of integers, its memory, its pass, and the graph by which it is quantized.

use super::memory::largest;
use crate::fuse::Mode;
use crate::ir::{Config, Form, Int8, Int8Op, Ir, Node, ValueId};
use crate::names::{ident, local, plain, qualify_facade};
use crate::plan::Place;
use crate::schedule::Schedule;
use crate::steps::{Access, Argument, Call, Step, Tensor};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote};
use std::collections::HashSet;

/// The form of a model on int8.
pub struct Quantized<'a> {
    ir: &'a Ir,
    schedule: Schedule<'a>,
    /// `LeNetI8`.
    name: Ident,
    /// The field of each node that has parameters.
    fields: Vec<Option<Ident>>,
    /// The fields for the scales of the input and the output.
    ends: [Ident; 2],
    /// `false` after a mistake: the struct and its signatures are written alone.
    sound: bool,
}

impl<'a> Quantized<'a> {
    /// Prepares the form of a model with `#[int8]`.
    pub fn of(ir: &'a Ir) -> Option<Self> {
        let at = ir.int8.filter(|_| ir.form != Form::None)?;
        let schedule = Schedule::new(ir, Mode::Int8);
        let mut used = HashSet::new();
        let mut unique = |text: String| {
            let mut names = std::iter::once(text.clone()).chain((2..).map(|n| format!("{text}{n}")));
            ident(&names.find(|name| used.insert(name.clone())).unwrap_or_default(), Span::call_site())
        };
        let sound = ir.form == Form::Whole;
        let has = |node: &Node| parameters(node).is_some();
        let fields = schedule.nodes.iter().map(|node| has(node).then(|| unique(node.constant.to_lowercase())));
        let fields = fields.collect();
        let ends = ["input", "output"].map(|end| unique(end.to_owned()));
        Some(Quantized { ir, schedule, name: ident(&format!("{}I8", ir.name), at), fields, ends, sound })
    }

    /// Writes the struct.
    pub fn structure(&self, krate: &TokenStream) -> TokenStream {
        let Quantized { ir, name, ends: [input, output], .. } = self;
        let (visibility, of) = (&ir.visibility, &ir.name);
        let conditions = ir.attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
        let members = self.members().map(|(field, node, ty)| {
            let text = format!("`{}`", node.text);
            quote!(#[doc = #text] pub #field: #ty,)
        });
        let members = self.sound.then(|| quote!(#(#members)*));
        let text = format!("[`{of}`] on int8, which `{of}::quantize` makes.");
        let tokens = quote! {
            #(#conditions)*
            #[doc = #text]
            #[repr(C)]
            #visibility struct #name {
                /// The scale and zero point of the input.
                pub #input: dl::int8::Quantization,
                #members
                /// The scale and zero point of the output.
                pub #output: dl::int8::Quantization,
            }
        };
        qualify_facade(krate, tokens)
    }

    /// Writes the code of the struct.
    pub fn implementation(&self) -> TokenStream {
        if !self.sound {
            return self.broken();
        }
        let (settings, memory, model) = (self.settings(), self.memory(), self.model());
        // Samples are measured where the network was trained.
        let quantize = (!self.ir.without_std).then(|| self.quantize());
        quote!(#settings #memory #model #quantize)
    }

    /// Returns the nodes with parameters, with their fields and the types of these.
    fn members(&self) -> impl Iterator<Item = (&Ident, &Node, TokenStream)> {
        let nodes = self.schedule.nodes.iter().zip(&self.fields);
        nodes.filter_map(|(node, field)| Some((field.as_ref()?, node, parameters(node)?)))
    }
    /// Returns the name of the constant with the settings of a node.
    fn constant(&self, node: &Node) -> Ident {
        self.ir.constant_name(node, "_INT8")
    }
    fn operations(&self) -> impl Iterator<Item = (&Node, &Int8Op)> {
        self.schedule.nodes.iter().filter_map(|node| match &node.op.int8 {
            Int8::Operation(op) => Some((node, op)),
            _ => None,
        })
    }
    fn settings(&self) -> TokenStream {
        let constants = self.operations().map(|(node, op)| {
            let (name, ty, settings) = (self.constant(node), settings_type(op.name), &op.settings);
            quote!(const #name: #ty = #ty #settings;)
        });
        constants.collect()
    }
    fn memory(&self) -> TokenStream {
        let name = self.schedule.memory();
        let slots = self.schedule.plan.slots.iter().map(|slot| {
            let (name, size) = (&slot.name, largest(slot));
            quote!(#name: [i8; #size],)
        });
        let columns = self.columns().map(|size| quote!(columns: [u32; #size],));
        quote!(pub struct #name { #(#slots)* #columns })
    }
    /// Writes the most memory that a convolution wants for windows; nothing without convolutions.
    fn columns(&self) -> Option<TokenStream> {
        let convolutions = self.operations().filter(|(_, op)| op.has_columns());
        let names: Vec<Ident> = convolutions.map(|(node, _)| self.constant(node)).collect();
        (!names.is_empty()).then(|| quote!({ dl::dim::largest(&[#(#names.columns()),*]) }))
    }

    fn model(&self) -> TokenStream {
        let (name, memory) = (&self.name, self.schedule.memory());
        let [input, output] = &self.ends;
        let types = self.types();
        let fields = std::iter::once((input, quote!(dl::int8::Quantization)))
            .chain(self.members().map(|(field, _, ty)| (field, ty)))
            .chain([(output, quote!(dl::int8::Quantization))]);
        let tensors = fields.map(|(field, ty)| {
            let name = plain(&field.to_string());
            quote! {
                dl::Entry::Model {
                    name: #name,
                    offset: dl::offset_of!(Self, #field),
                    tensors: <#ty as dl::int8::Parameters>::TENSORS,
                }
            }
        });
        let steps = self.schedule.passes.forward.iter().map(|step| self.step(step));
        let argument = self.ir.input_argument();
        quote! {
            // SAFETY: as below.
            unsafe impl dl::int8::Included for #name {
                const NAME: &'static str = <Self as dl::int8::QuantizedModel>::NAME;
                const TENSORS: dl::Tensors = <Self as dl::int8::QuantizedModel>::TENSORS;
            }
            // SAFETY: `repr(C)`, every field is `Parameters` and stands in the table with its offset, and the memory is arrays of `i8`.
            #[allow(unused_variables)]
            unsafe impl dl::int8::QuantizedModel for #name {
                #types
                type Memory = #memory;
                const TENSORS: dl::Tensors = dl::Tensors(&[#(#tensors),*]);
                fn input(&self) -> dl::int8::Quantization {
                    self.#input
                }
                fn output(&self) -> dl::int8::Quantization {
                    self.#output
                }
                fn infer(
                    &self,
                    kernels: impl dl::int8::Kernels,
                    #argument: &[i8],
                    output: &mut [i8],
                    memory: &mut #memory,
                ) {
                    #(#steps)*
                }
            }
        }
    }

    fn types(&self) -> TokenStream {
        let (ir, name) = (self.ir, self.name.to_string());
        let (input, output) = (&ir.values[ir.inputs[0]].shape, &ir.outputs[0].shape);
        let int8 =
            |shape: &crate::ir::Shape| shape.dims.iter().rev().fold(quote!(i8), |inner, dim| quote!([#inner; #dim]));
        let (input_type, output_type) = (input.ty(), output.ty());
        let (input, output) = (int8(input), int8(output));
        quote! {
            type Input = #input_type;
            type Output = #output_type;
            type InputI8 = #input;
            type OutputI8 = #output;
            type Kernels = dl::int8::Native;
            const NAME: &'static str = #name;
        }
    }

    /// Writes one call of the pass.
    fn step(&self, step: &Step) -> TokenStream {
        let (node, index) = match step.call {
            Call::Forward(node, index) => (Some(node), index),
            _ => (None, None),
        };
        let slices = step.arguments.iter().filter(|argument| !matches!(argument.tensor, Tensor::Weights(_)));
        let slices: Vec<TokenStream> = slices.map(|argument| self.slice(argument)).collect();
        let Some(i) = node else { return quote!(dl::int8::copy(#(#slices),*);) };
        let node = &self.schedule.nodes[i];
        let callee = match &node.op.int8 {
            Int8::Operation(_) => self.constant(node).into_token_stream(),
            _ => quote!(dl::int8::LookupOp),
        };
        let method = Ident::new(if step.in_place { "infer_in_place" } else { "infer" }, Span::mixed_site());
        let parameters = self.fields[i].as_ref().map(|field| quote!(&self.#field,));
        let index = index.map(Literal::usize_unsuffixed).map(|k| quote!(#k,));
        let columns = matches!(&node.op.int8, Int8::Operation(op) if op.has_columns());
        let columns = columns.then(|| quote!(, &mut memory.columns));
        quote!(#callee.#method(kernels, #parameters #index #(#slices),* #columns);)
    }

    /// Writes an argument as a slice.
    fn slice(&self, argument: &Argument) -> TokenStream {
        let len = self.ir.values[argument.shape].shape.len();
        let reads = argument.access == Access::Read;
        let (place, exact) = match self.schedule.place(argument.tensor) {
            Place::Input(k) => return self.ir.input_name(k).into_token_stream(),
            Place::Output(_) => (quote!(output), true),
            Place::Slot(slot) => {
                let slot = &self.schedule.plan.slots[slot];
                let name = &slot.name;
                let exact = slot.sizes.iter().all(|size| size.known().is_some() && size.known() == len.known());
                (quote!(memory.#name), exact)
            }
            _ => unreachable!("the places of a forward pass"),
        };
        let own = matches!(self.schedule.place(argument.tensor), Place::Output(_));
        match (reads, exact) {
            (true, true) if own => quote!(output),
            (false, true) if own => quote!(output),
            (true, true) => quote!(&#place),
            (false, true) => quote!(&mut #place),
            (true, false) => quote!(&#place[..#len]),
            (false, false) => quote!(&mut #place[..#len]),
        }
    }

    /// Writes the graph by which the model is quantized.
    fn quantize(&self) -> TokenStream {
        let (ir, name, of) = (self.ir, &self.name, self.ir.self_type());
        let sizes = ir.values.iter().map(|value| value.shape.len());
        let names = ir.values.iter().map(|value| plain(&value.name.to_string()));
        let (input, output) = (index(ir.inputs[0]), index(ir.outputs[0].value));
        let nodes = self.schedule.nodes.iter().zip(&self.fields).map(|(node, field)| {
            let op = match (&node.op.config, &node.op.int8) {
                (Config::Reshape, _) => quote!(Same),
                (_, Int8::Operation(op)) => {
                    let (variant, constant) = (local(op.name), self.constant(node));
                    quote!(#variant(#constant))
                }
                _ => {
                    let activation = node.op.activation.as_ref().map(|activation| &activation.expr);
                    quote!(Function(#activation))
                }
            };
            let inputs = node.inputs.iter().map(|&input| index(input));
            let output = index(node.output);
            let parameters = optional(field.as_ref().map(|field| plain(&field.to_string()).into_token_stream()));
            let weights = optional(node.field.map(|field| ir.file_name(field).into_token_stream()));
            let norm = optional(node.batch_norm.as_ref().and_then(|norm| {
                let (Int8::BatchNorm { epsilon }, name) = (&norm.op.int8, ir.file_name(norm.field?)) else {
                    return None;
                };
                Some(quote!((#name, #epsilon)))
            }));
            let limits = node.activation.as_ref().and_then(|activation| activation.limits.as_ref());
            let limits = optional(limits.map(|limits| quote!([#(#limits),*])));
            quote! {
                dl::int8::Node {
                    op: dl::int8::Op::#op,
                    inputs: &[#(#inputs),*],
                    output: #output,
                    parameters: #parameters,
                    weights: #weights,
                    batch_norm: #norm,
                    limits: #limits,
                }
            }
        });
        let [input_field, output_field] = self.ends.each_ref().map(|end| plain(&end.to_string()));
        quote! {
            impl dl::int8::Quantize for #of {
                type Quantized = #name;
                const GRAPH: dl::int8::Graph = dl::int8::Graph {
                    values: &[#((#names, #sizes)),*],
                    input: (#input, #input_field),
                    output: (#output, #output_field),
                    nodes: &[#(#nodes),*],
                };
            }
        }
    }

    /// Writes the traits with empty tables and an empty pass, after a mistake.
    fn broken(&self) -> TokenStream {
        if self.ir.without_std {
            return quote!();
        }
        let (name, of, types) = (&self.name, self.ir.self_type(), self.types());
        let [input, output] = &self.ends;
        quote! {
            // SAFETY: the fields are `Parameters`; nothing of this ever runs.
            unsafe impl dl::int8::QuantizedModel for #name {
                #types
                type Memory = ();
                const TENSORS: dl::Tensors = dl::Tensors(&[]);
                fn input(&self) -> dl::int8::Quantization {
                    self.#input
                }
                fn output(&self) -> dl::int8::Quantization {
                    self.#output
                }
                fn infer(&self, _: impl dl::int8::Kernels, _: &[i8], _: &mut [i8], _: &mut ()) {}
            }
            impl dl::int8::Quantize for #of {
                type Quantized = #name;
                const GRAPH: dl::int8::Graph =
                    dl::int8::Graph { values: &[], input: (0, ""), output: (0, ""), nodes: &[] };
            }
        }
    }
}

/// Returns the type of the parameters of a node, if it has any.
fn parameters(node: &Node) -> Option<TokenStream> {
    match (&node.op.config, &node.op.int8) {
        (Config::Reshape, _) => None,
        (_, Int8::Operation(op)) => op.parameters.clone(),
        (_, Int8::Activation) => Some(quote!(dl::int8::Lookup)),
        (_, Int8::None | Int8::BatchNorm { .. }) => None,
    }
}

/// Writes the type of the settings of an operation: `dl::int8::Conv2dOp`.
fn settings_type(name: &str) -> TokenStream {
    let ty = local(&format!("{name}Op"));
    quote!(dl::int8::#ty)
}

fn index(value: ValueId) -> Literal {
    Literal::usize_unsuffixed(value)
}

fn optional(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(|| quote!(dl::None), |value| quote!(dl::Some(#value)))
}
