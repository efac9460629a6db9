//! The architecture as a table, for the documentation of the struct.

use crate::dim::Dim;
use crate::ir::{Ir, Node};
use std::fmt::Write;

/// A Markdown table: layer, output shape, parameters.
pub fn architecture(ir: &Ir) -> String {
    let mut text = String::from("\n\n| | layer | output | parameters |\n|---|---|---|---:|\n");
    for input in &ir.inputs {
        let value = &ir.values[*input];
        let _ = writeln!(text, "| `{}` | | `{}` | |", value.name, value.shape);
    }
    for (i, node) in ir.nodes.iter().enumerate() {
        let parameters = parameters(ir, i);
        let count = if node.field.is_some() { parameters.to_string() } else { String::new() };
        let shape = &ir.values[node.output].shape;
        let _ = writeln!(text, "| `{}` | `{}` | `{shape}` | {count} |", node.label, node.text.replace('|', "\\|"));
    }
    let total = (0..ir.nodes.len()).fold(Dim::Known(0), |sum, i| sum.add(&parameters(ir, i)));
    if let Dim::Known(total) = total {
        let _ = writeln!(text, "| | | | **{total}** |");
    }
    text
}

/// Trained numbers that node `i` brings; none when it shares the weights of an earlier one.
pub fn parameters(ir: &Ir, i: usize) -> Dim {
    match ir.nodes[i].field {
        Some(field) if !ir.nodes[..i].iter().any(|node: &Node| node.field == Some(field)) => {
            ir.fields[field].trained().unwrap_or(Dim::Known(0))
        }
        _ => Dim::Known(0),
    }
}
