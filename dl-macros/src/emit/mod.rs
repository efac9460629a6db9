//! Writes the Rust of a checked network: the struct, its tables, its memory and its passes. Emitting code never fails.

mod arguments;
mod broken;
mod carrying;
mod core;
mod docs;
mod int8;
mod memory;
mod names;
mod passes;
pub mod probes;
mod records;
mod stepping;
mod steps;
mod structure;
mod tables;

pub use structure::camel;

use crate::diagnostics::{Check, Piece, before};
use crate::fuse::Mode;
use crate::ir::{Config, Ir, Node};
use crate::names::rename_facade;
use crate::schedule::Schedule;
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

impl Schedule<'_> {
    /// Returns the name of the struct that holds the memory of this mode.
    fn memory(&self) -> Ident {
        self.ir.memory_name(match self.mode {
            Mode::Training => "Training",
            Mode::Evaluation => "Evaluation",
            Mode::Inference | Mode::Core => "Inference",
            Mode::Int8 => "I8Memory",
        })
    }
}

/// Writes all code of the model `irs[which]`, which may use the other models; `krate` is the path of the facade.
pub fn model(krate: &TokenStream, irs: &[Ir], which: usize) -> TokenStream {
    let ir = &irs[which];
    let parts = structure::Parts::of(ir);
    let structure = structure::structure(krate, irs, which, &parts);
    // A `cfg` on the struct applies to its code, too.
    let conditions: Vec<_> = ir.attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).collect();
    let (declared, core) = core::code(krate, irs, ir);
    let checks = if ir.generics.is_empty() { ir.checks.iter().map(check).collect() } else { quote!() };
    let (imports, plain, network) =
        (ir.imports(&quote!(#krate::private)), structure::plain_numbers(ir, &parts), structure::network(ir));
    let body = match (ir.without_std, ir.broken) {
        (true, _) => quote!(),
        (false, true) => broken::implementation(ir),
        (false, false) => implementation(irs, ir),
    };
    let quantized = int8::Quantized::of(ir);
    let int8 = quantized.as_ref().map(int8::Quantized::implementation);
    let quantized = quantized.as_ref().map(|quantized| quantized.structure(krate));
    let code = rename_facade(&ir.reserved, quote!(#checks #plain #network #declared #body #int8));
    quote! {
        #structure
        #quantized

        #(#conditions)*
        const _: () = {
            #imports
            #code
        };
        #(#conditions)*
        #core
    }
}

fn implementation(irs: &[Ir], ir: &Ir) -> TokenStream {
    let (name, parameters) = (ir.self_type(), ir.parameters());
    let (carried, floats) = carrying::offsets(irs, ir);
    let training = Schedule { carried, ..Schedule::new(ir, Mode::Training) };
    let inference = Schedule::new(ir, Mode::Inference);
    let evaluation = ir.objective.as_ref().map(|_| Schedule::new(ir, Mode::Evaluation));
    let schedules = [Some(&training), Some(&inference), evaluation.as_ref()];
    let settings = settings(ir, schedules.iter().flatten());
    let definitions = schedules.iter().flatten().map(|schedule| memory::definition(schedule));
    let tables = tables::tables(ir);
    let carried = floats.as_ref().map(|floats| quote!(const CARRIED: usize = #floats;));
    let carries = floats.map(|_| quote!(impl #parameters dl::Carries for #name {}));
    let memory = memory::members_of_passes(&training, &inference, evaluation.as_ref());
    let (init, merge) = (structure::init(ir), structure::merge(irs, &training));
    let passes = passes::passes(&training, &inference);
    let objective = evaluation.as_ref().map(|evaluation| {
        let (table, passes) = (tables::objective(ir), passes::objective(&training, evaluation));
        quote! {
            #[allow(unused_mut, unused_variables)]
            impl #parameters dl::LossPasses for #name {
                #table
                #passes
            }
        }
    });
    let step = stepping::goes_forward(irs, ir)
        .then(|| (stepping::definition(&inference), stepping::implementation(&inference)));
    let in_blocks = ir.in_blocks.then(|| {
        let pass = passes::in_blocks(&inference);
        quote! {
            #[allow(unused_mut, unused_variables)]
            impl #parameters dl::BlockPasses for #name { #pass }
        }
    });
    let (state, step) = step.unwrap_or_else(|| (TokenStream::new(), stepping::refusal(irs, ir)));
    quote! {
        #settings
        #(#definitions)*
        #state

        #[allow(unused_mut, unused_variables)]
        impl #parameters dl::Passes for #name {
            #tables
            #carried
            #memory
            #init
            #merge
            #passes
        }
        #in_blocks
        #objective
        #step
        #carries
    }
}

/// Writes an item in which rustc decides a condition.
fn check(check: &Check) -> TokenStream {
    let call = condition(check);
    quote!(const _: () = #call;)
}

/// Writes the call that decides a condition, at the user's token.
fn condition(check: &Check) -> TokenStream {
    let (span, condition, message) = match check {
        Check::Condition { span, condition, message } => (span, condition, message),
        Check::Assertion(assertion) => return assertion.clone(),
    };
    let pieces = message.0.iter().map(|piece| match piece {
        Piece::Text(text) => quote!(dl::Piece::Text(#text)),
        Piece::Dim(dim) => quote!(dl::Piece::Number(#dim)),
    });
    let name = quote_spanned!(before(*span)=> dl::check);
    let arguments = quote_spanned!(*span=> (#condition, &[#(#pieces),*]));
    quote!(#name #arguments)
}

/// Writes the settings of all operations as constants, so that a pass has one line for each layer. A generic model has them in
/// the passes, since a constant cannot use its parameters.
fn settings<'a>(ir: &Ir, schedules: impl Iterator<Item = &'a &'a Schedule<'a>>) -> TokenStream {
    let mut constants = TokenStream::new();
    let mut written = std::collections::HashSet::new();
    for schedule in schedules.filter(|_| ir.generics.is_empty()) {
        for node in &schedule.nodes {
            if let Config::Settings { path, .. } = &node.op.config {
                let (name, value) = (constant(ir, node, schedule.mode), struct_of_settings(node));
                if written.insert(name.to_string()) {
                    constants.extend(quote!(const #name: #path = #value;));
                }
            }
        }
    }
    constants
}

/// Writes the settings of a node as a struct: `dl::ops::conv2d::Conv2dOp { … }`.
fn struct_of_settings(node: &Node) -> TokenStream {
    let Config::Settings { path, fields, activation } = &node.op.config else { return quote!() };
    let activation = activation.then(|| {
        let identity = quote!(dl::ops::Activation::Identity);
        let value = node.activation.as_ref().map_or(&identity, |a| &a.expr);
        quote!(activation: #value)
    });
    quote!(#path { #fields #activation })
}

/// Returns whether a node has other settings at inference than in training: an activation that training cannot fuse, or one after batch norm.
fn differs_at_inference(node: &Node) -> bool {
    node.batch_norm.is_some() || node.activation.as_ref().is_some_and(|a| !a.backward_reads_output)
}

/// Returns the name of the constant with a node's settings.
fn constant(ir: &Ir, node: &Node, mode: Mode) -> Ident {
    ir.constant_name(node, if mode != Mode::Training && differs_at_inference(node) { "_OP_INFER" } else { "_OP" })
}

/// Writes the settings of an operation: the name of a constant, or the expression itself (activations, generic models).
fn operation(ir: &Ir, node: &Node, mode: Mode) -> TokenStream {
    match &node.op.config {
        Config::Expr(expr) => expr.clone(),
        Config::Settings { .. } if !ir.generics.is_empty() => {
            let settings = struct_of_settings(node);
            quote!((#settings))
        }
        _ => {
            let name = constant(ir, node, mode);
            quote!(#name)
        }
    }
}
