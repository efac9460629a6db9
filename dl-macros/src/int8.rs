//! Checks that a model with `#[int8]` has a form on int8, and names what has none.

use crate::diagnostics::Diagnostics;
use crate::fuse::{Mode, fuse};
use crate::ir::{Config, Element, Form, Inference, Int8, Ir, Node};

/// Returns what can be written of the form on int8 of a model, and reports what keeps the model from it.
pub fn check(ir: &Ir, diagnostics: &Diagnostics) -> Form {
    let Some(at) = ir.int8 else { return Form::None };
    let before = diagnostics.count();
    let name = format!("{}I8", ir.name);
    if ir.reserved.has(&name) {
        diagnostics.error(at, format!("`#[int8]` makes a model `{name}`, and there is one already"));
    }
    if !ir.generics.is_empty() {
        let message =
            format!("`{}` has parameters, and a model on int8 has its sizes as numbers or constants", ir.name);
        diagnostics.error(at, message);
    }
    for (count, what) in [(ir.inputs.len(), "input"), (ir.outputs.len(), "output")] {
        if count > 1 {
            let message = format!("a model on int8 has one {what}, and `{}` has {count}", ir.name);
            diagnostics.error(at, message);
        }
    }
    for &input in &ir.inputs {
        let value = &ir.values[input];
        if value.shape.element == Element::U32 {
            let message = format!("a model on int8 takes numbers `f32`, and `{}` are `u32`", value.name);
            diagnostics.error(at, message);
        } else if value.shape.length.is_some() {
            let message = format!(
                "a model on int8 takes samples of one size, and `{}` has a length that is known at run time",
                value.name
            );
            diagnostics.error(at, message);
        }
    }
    if diagnostics.count() > before {
        return Form::None;
    }
    for node in fuse(ir, Mode::Int8) {
        if let Some(reason) = obstacle(&node) {
            let message = format!("`{}`, `{}`, has no form on int8{reason}", node.label, node.text);
            // The location of the name, as a token of the user's.
            diagnostics.error(ir.values[node.output].name.span().resolved_at(at), message);
        }
    }
    if ir.broken || diagnostics.count() > before { Form::Signatures } else { Form::Whole }
}

/// Returns why a node has no form on int8, as the end of a sentence.
fn obstacle(node: &Node) -> Option<&'static str> {
    match (&node.op.config, &node.op.int8) {
        (Config::Model(_), _) => Some(": it is a model inside the model; write its layers here, or as a `block`"),
        (Config::Reshape, _) => None,
        _ if node.op.inference == Inference::Identity => None,
        (_, Int8::BatchNorm { .. }) => Some(
            " by itself: it becomes a part of a `conv2d` or `dense` directly before it, whose output nothing else reads",
        ),
        (_, Int8::None) => Some(
            "; what has one: convolutions, `dense`, `batch_norm`, pooling, activations, `softmax` along the last dimension, `pad2d` with zeros, \
             `concat`, and `+ - *` of values of one shape",
        ),
        // Its weights are those of another kind of layer.
        _ if node.weights_as.is_some() => Some(", since it shares its weights with a layer of another kind"),
        _ => None,
    }
}
