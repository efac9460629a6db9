//! The header of a model: its input and output shapes.

use super::{Binding, Draft, Flow, Lowering};
use crate::ast;
use crate::check;
use crate::diagnostics::message;
use crate::dim::Dim;
use crate::ir::{Element, Shape};
use proc_macro2::Span;

/// The shapes of a header. After a mistake they are what comes nearest: the struct is written with them.
pub(super) struct Header {
    pub input: Shape,
    pub output: Shape,
    /// Where the output is declared, if it is right.
    pub declared: Option<Span>,
}

impl Lowering<'_> {
    /// Makes the inputs' values.
    pub(super) fn header(&mut self, model: &ast::Model) -> Header {
        let mut header = Header { input: Shape::of([]), output: Shape::of([]), declared: None };
        if let Some(at) = model.generics {
            self.error(at, "generic models are not supported yet");
        }
        if let Some(at) = model.loss {
            self.error(at, "`loss` is not supported yet; give the loss to the trainer");
        }
        if let Some(second) = model.inputs.get(1) {
            self.error(second.name.span(), "a second input is not supported yet");
        }
        for (i, input) in model.inputs.iter().enumerate() {
            let good = check::bindable(self.diagnostics, &input.name);
            let twice = model.inputs[..i].iter().any(|earlier| earlier.name == input.name);
            if twice {
                self.error(input.name.span(), format!("there is an input `{}` already", input.name));
            }
            let shape = input.shape.as_ref().map(|shape| self.shape(shape));
            if let Some((shape, _)) = shape.as_ref().filter(|_| i == 0) {
                header.input = shape.clone();
            }
            let shape = shape.and_then(|(shape, good)| (good && !twice).then_some(shape));
            let name = self.names.value(&input.name);
            self.values.push(Draft { name, shape });
            let flow = Flow::Value(self.values.len() - 1);
            self.bindings.push(Binding { name: input.name.clone(), flow, used: !good || i > 0 });
        }
        if self.values.is_empty() {
            self.poisoned(model.name.span(), None);
        }
        match &model.output {
            Some(ast::Output::One(shape)) => {
                let (output, mut good) = self.shape(shape);
                if output.element == Element::U32 {
                    self.error(shape.span, "the output of a network is `f32`");
                    good = false;
                }
                header.output = Shape::of(output.dims);
                header.declared = good.then_some(shape.span);
            }
            Some(ast::Output::Several(at)) => self.error(*at, "several outputs are not supported yet"),
            None => {}
        }
        header
    }

    /// A shape, and whether it is right; a broken dimension is 1.
    fn shape(&mut self, shape: &ast::Shape) -> (Shape, bool) {
        let mut good = true;
        let element = match &shape.element {
            Some(name) if name == "u32" => Element::U32,
            Some(name) if name != "f32" => {
                self.error(name.span(), format!("elements are `f32` or `u32`, not `{name}`"));
                good = false;
                Element::F32
            }
            _ => Element::F32,
        };
        if shape.dims.is_empty() {
            self.error(shape.span, "a shape has at least one dimension: one number is `[1]`");
            good = false;
        }
        let mut dims = Vec::new();
        for expr in &shape.dims {
            let dim = self.evaluate(|evaluate| evaluate.size(expr));
            let nonzero = dim.as_ref().is_some_and(|dim| {
                let text = message!("a dimension must be at least 1");
                self.diagnostics.require(dim.at_least(&Dim::Known(1)), expr.start, text)
            });
            good &= nonzero;
            dims.push(dim.unwrap_or(Dim::Known(1)));
        }
        (Shape { element, dims }, good)
    }
}
