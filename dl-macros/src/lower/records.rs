//! Packs several inputs of a model into one struct, and unpacks several outputs from one.

use super::Lowering;
use super::node::NewNode;
use crate::ir::{BackwardReads, Config, Op, Shape, ValueId};
use crate::types::Type;
use proc_macro2::{Span, TokenStream};
use quote::quote;

impl Lowering<'_> {
    /// Adds a node that packs several values into the struct of inputs that a model takes.
    pub(super) fn joined(&mut self, values: &[ValueId], record: &Type, span: Span) -> ValueId {
        let shapes: Vec<Shape> = values.iter().filter_map(|&value| self.values[value].shape.clone()).collect();
        let mut op = Op::new(Config::settings(quote!(dl::ops::tuple::Pack), lens(&shapes)), BackwardReads::NOTHING);
        op.each_input = true;
        let output = Shape::record(record.clone(), &shapes);
        let text = "join".to_owned();
        let inputs = values.to_vec();
        let node = NewNode {
            op,
            inputs,
            output,
            field: None,
            shared_field: None,
            text,
            binding: None,
            name_prefix: "joined",
            span,
        };
        self.push_node(node).value().unwrap_or(0)
    }

    /// Adds the nodes that unpack the struct of outputs of a model.
    pub(super) fn parts(&mut self, value: ValueId, shapes: &[Shape], span: Span) -> Vec<ValueId> {
        let mut parts = Vec::new();
        for (k, shape) in shapes.iter().enumerate() {
            let mut fields = lens(shapes);
            fields.extend(quote!(part: #k,));
            let op = Op::new(Config::settings(quote!(dl::ops::tuple::Unpack), fields), BackwardReads::NOTHING);
            let (text, output) = ("part".to_owned(), shape.clone());
            let inputs = vec![value];
            let node = NewNode {
                op,
                inputs,
                output,
                field: None,
                shared_field: None,
                text,
                binding: None,
                name_prefix: "part",
                span,
            };
            let part = self.push_node(node).value();
            // In a block, values keep the name that begins with the block's.
            self.nameless.extend(part.filter(|_| self.scope.is_none()));
            parts.extend(part);
        }
        parts
    }
}

/// Writes the sizes of the parts: `lens: &[784, 20],`.
fn lens(shapes: &[Shape]) -> TokenStream {
    let lens = shapes.iter().map(Shape::len);
    quote!(lens: &[#(#lens),*],)
}
