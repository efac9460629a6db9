//! Writes the Rust of a checked network: the struct, its tables, its memory and its passes. Never fails.

mod broken;
mod docs;
mod memory;
mod passes;
mod structure;
mod tables;

use crate::diagnostics::Piece;
use crate::fuse::{Mode, fuse};
use crate::ir::{Check, Config, Ir, Node};
use crate::plan::{Plan, plan};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

/// One mode of a network: what runs, and where everything lives.
struct Schedule<'a> {
    ir: &'a Ir,
    mode: Mode,
    nodes: Vec<Node>,
    plan: Plan,
}

impl<'a> Schedule<'a> {
    fn new(ir: &'a Ir, mode: Mode) -> Self {
        let nodes = fuse(ir, mode);
        let plan = plan(ir, &nodes, mode);
        Schedule { ir, mode, nodes, plan }
    }
    /// Name of the struct that holds the memory of this mode.
    fn memory(&self) -> Ident {
        let mode = match self.mode {
            Mode::Training => "Training",
            Mode::Inference => "Inference",
        };
        format_ident!("{}{mode}", self.ir.name, span = Span::mixed_site())
    }
}

/// Everything that `ir` becomes; `krate` is the path of the facade.
pub fn model(krate: &TokenStream, ir: &Ir) -> TokenStream {
    let name = &ir.name;
    let structure = structure::structure(krate, ir);
    // What leaves out the struct leaves out its code.
    let conditions = ir.attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    let checks = ir.checks.iter().map(check);
    let body = if ir.broken { broken::implementation(ir) } else { implementation(ir) };
    quote! {
        #structure

        #(#conditions)*
        const _: () = {
            use #krate::private as dl;
            #(#checks)*

            // SAFETY: `repr(C)`, and every field is a layer, which is `Plain` with elements `f32`.
            unsafe impl dl::Plain for #name {
                type Element = f32;
            }
            impl dl::Network for #name {
                type Model = Self;
                fn network(&self) -> &Self {
                    self
                }
                fn network_mut(&mut self) -> &mut Self {
                    self
                }
            }
            #body
        };
    }
}

fn implementation(ir: &Ir) -> TokenStream {
    let name = &ir.name;
    let training = Schedule::new(ir, Mode::Training);
    let inference = Schedule::new(ir, Mode::Inference);
    let settings = settings(&training, &inference);
    let (training_memory, inference_memory) = (memory::definition(&training), memory::definition(&inference));
    let tables = tables::tables(ir);
    let memory = memory::members(&training, &inference);
    let init = structure::init(ir);
    let passes = passes::passes(&training, &inference);
    quote! {
        #settings
        #inference_memory
        #training_memory

        #[allow(unused_mut, unused_variables)]
        impl dl::Model for #name {
            #tables
            #memory
            #init
            #passes
        }
    }
}

/// A condition that rustc decides, at the user's token.
fn check(check: &Check) -> TokenStream {
    let Check { span, condition, message } = check;
    let pieces = message.0.iter().map(|piece| match piece {
        Piece::Text(text) => quote!(dl::Piece::Text(#text)),
        Piece::Dim(dim) => quote!(dl::Piece::Number(#dim)),
    });
    let call = quote_spanned!(*span=> dl::check(#condition, &[#(#pieces),*]));
    quote!(const _: () = #call;)
}

/// The settings of all operations as constants, so that the passes read as one line a layer.
fn settings(training: &Schedule, inference: &Schedule) -> TokenStream {
    let mut constants = TokenStream::new();
    for schedule in [training, inference] {
        for node in &schedule.nodes {
            let Config::Settings { path, fields, activation } = &node.op.config else { continue };
            if schedule.mode == Mode::Inference && !differs(node) {
                continue;
            }
            let name = constant(node, schedule.mode);
            let activation = activation.then(|| {
                let identity = quote!(dl::ops::Activation::Identity);
                let value = node.activation.as_ref().map_or(&identity, |a| &a.expr);
                quote!(activation: #value)
            });
            constants.extend(quote!(const #name: #path = #path { #fields #activation };));
        }
    }
    constants
}

/// Whether the settings of a node at inference are not those in training: a fused activation that training cannot fuse.
fn differs(node: &Node) -> bool {
    node.activation.as_ref().is_some_and(|a| !a.keeps_output)
}

/// The name of a node's settings: `CONV1_OP`. Not `CONV1`, which may be a constant of the user's.
fn constant(node: &Node, mode: Mode) -> Ident {
    let suffix = if mode == Mode::Inference && differs(node) { "_INFER_OP" } else { "_OP" };
    format_ident!("{}{suffix}", node.constant.to_uppercase(), span = Span::mixed_site())
}

/// The settings of an operation, by name or (activations) as they are.
fn operation(node: &Node, mode: Mode) -> TokenStream {
    match &node.op.config {
        Config::Expr(expr) => expr.clone(),
        _ => {
            let name = constant(node, mode);
            quote!(#name)
        }
    }
}
