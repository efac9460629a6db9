//! Writes the architecture as a drawing and a table, for the documentation of the struct.

use crate::dim::Dim;
use crate::drawing::tokens;
use crate::ir::{Config, Ir, Node, ValueId};
use crate::types::Type;
use dl_drawing::{Graph, Layer, Source, grouped};
use proc_macro2::TokenStream;
use quote::quote;
use std::fmt::Write;

/// Returns a Markdown table with the output shape, parameters and multiply-adds of each layer.
pub fn architecture(ir: &Ir) -> String {
    let mut text = String::from("\n\n| | layer | output | parameters | multiply-adds |\n|---|---|---|---:|---:|\n");
    for input in &ir.inputs {
        let value = &ir.values[*input];
        let _ = writeln!(text, "| `{}` | | `{}` | | |", value.name, value.shape);
    }
    let (mut parameters, mut work) = (Dim::Known(0), Dim::Known(0));
    for (i, node) in ir.nodes.iter().enumerate() {
        let (own, shape) = (self::parameters(ir, i), &ir.values[node.output].shape);
        // Cells are empty for layers without weights or multiply-adds, and for models that only rustc knows.
        let model = matches!(node.op.config, Config::Model(_));
        let count = if node.field.is_some() && !model { number(&own) } else { number_or_empty(&own) };
        let (text_of, products) = (node.text.replace('|', "\\|"), number_or_empty(&node.multiply_adds));
        let _ = writeln!(text, "| `{}` | `{text_of}` | `{shape}` | {count} | {products} |", node.label);
        (parameters, work) = (parameters.add(&own), work.add(&node.multiply_adds));
    }
    if let (Dim::Known(_), Dim::Known(_)) = (&parameters, &work) {
        let _ = writeln!(text, "| | | | **{}** | **{}** |", number(&parameters), number(&work));
    }
    text
}

/// Returns a number with its digits in groups of three.
fn number(dim: &Dim) -> String {
    dim.known().map_or_else(|| dim.to_string(), |n| grouped(n as u64))
}
/// Returns a number like [`number`], or nothing for 0.
fn number_or_empty(dim: &Dim) -> String {
    if dim.known() == Some(0) { String::new() } else { number(dim) }
}

/// Writes the graph of model `irs[which]` as an attribute that only rustdoc expands; nothing for a model with mistakes.
pub fn drawing(irs: &[Ir], which: usize) -> TokenStream {
    let ir = &irs[which];
    if ir.nodes.is_empty() {
        return TokenStream::new();
    }
    let mut graph = graph(irs, ir);
    for (input, &value) in graph.inputs.iter_mut().zip(&ir.inputs) {
        *input = format!("{} {}", ir.values[value].name, ir.values[value].shape);
    }
    let graph = tokens(&graph);
    quote!(#[cfg_attr(doc, doc = dl::drawing!(#graph))])
}

/// Returns the graph of the body of `ir`, without the loss.
fn graph(irs: &[Ir], ir: &Ir) -> Graph {
    let nodes = &ir.nodes[..ir.body_len(&ir.nodes)];
    let source = |value: &ValueId| match ir.inputs.iter().position(|input| input == value) {
        Some(k) => Some(Source::Input(k)),
        None => nodes.iter().position(|node| node.output == *value).map(Source::Layer),
    };
    let draw = |(i, node): (usize, &Node)| {
        let shape = |value: ValueId| ir.values[value].shape.to_string();
        let from = node.inputs.first().map(|&value| shape(value)).unwrap_or_default();
        let parameters = parameters(ir, i).known().unwrap_or(0) as u64;
        let drawn = Layer::new(&node.text, &node.label, &shape(node.output), &from, parameters);
        let (inside, copies) = match &node.op.config {
            Config::Model(ty) => model(irs, ty),
            _ => (None, 1),
        };
        let inside = inside.filter(|inside| !std::ptr::eq(*inside, ir)).map(|inside| graph(irs, inside));
        Layer { reads: node.inputs.iter().filter_map(source).collect(), inside, copies, ..drawn }
    };
    Graph { inputs: vec![String::new(); ir.inputs.len()], layers: nodes.iter().enumerate().map(draw).collect() }
}

/// Returns the model of the same macro that `ty` names, if there is one, and the number of copies: `Encoder`, `[NetStack; 6]`.
fn model<'a>(irs: &'a [Ir], ty: &Type) -> (Option<&'a Ir>, usize) {
    let (name, copies) = ty.declared();
    (irs.iter().find(|ir| Some(&ir.name) == name && !ir.broken), copies)
}

/// Returns the number of trained parameters that node `i` adds: 0 if it shares the weights of an earlier node.
pub fn parameters(ir: &Ir, i: usize) -> Dim {
    match ir.nodes[i].field {
        Some(field) if !ir.nodes[..i].iter().any(|node: &Node| node.field == Some(field)) => {
            ir.fields[field].trained().unwrap_or(Dim::Known(0))
        }
        _ => Dim::Known(0),
    }
}
