//! The header of a model: its input and output shapes.

use super::{Binding, Draft, Flow, Lowering};
use crate::ast;
use crate::check;
use crate::diagnostics::message;
use crate::dim::Dim;
use crate::ir::{Element, Shape, ValueId};
use proc_macro2::Span;

impl Lowering<'_> {
    /// The input's values, and the declared output with its place.
    pub(super) fn header(&mut self, model: &ast::Model) -> (Vec<ValueId>, Option<(Shape, Span)>) {
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
            let shape = shape.and_then(|(shape, good)| (good && !twice).then_some(shape));
            let name = self.names.value(&input.name);
            self.values.push(Draft { name, shape });
            let flow = Flow::Value(self.values.len() - 1);
            self.bindings.push(Binding { name: input.name.clone(), flow, used: !good || i > 0 });
        }
        if self.values.is_empty() {
            self.poisoned(model.name.span(), None);
        }
        let declared = match &model.output {
            Some(ast::Output::One(shape)) => {
                let (declared, good) = self.shape(shape);
                if good && declared.element == Element::U32 {
                    self.error(shape.span, "the output of a network is `f32`");
                }
                good.then_some((declared, shape.span))
            }
            Some(ast::Output::Several(at)) => {
                self.error(*at, "several outputs are not supported yet");
                None
            }
            None => None,
        };
        (vec![0], declared)
    }

    /// A shape, and whether it is right.
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
            dims.extend(dim);
        }
        (Shape { element, dims }, good)
    }
}
