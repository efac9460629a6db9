//! Lowers the header of a model: its parameters, inputs and output shapes.

use super::{Binding, Lowered, Lowering, PartialValue};
use crate::ast::{self, ExprKind};
use crate::check;
use crate::diagnostics::message;
use crate::dim::Dim;
use crate::ir::{Element, Length, Shape};
use crate::names::{is_capitalised, is_keyword};
use proc_macro2::{Ident, Span};

/// The shapes of a header. After a mistake they are approximate, and only used to write the struct.
pub(super) struct Header {
    pub inputs: Vec<Shape>,
    /// The name, the shape and the span of each output.
    pub outputs: Vec<(Ident, Shape, Span)>,
    /// `true` if the outputs have no mistake.
    pub valid: bool,
}

impl Lowering<'_> {
    /// Lowers the header and adds a value for each input.
    pub(super) fn header(&mut self, model: &ast::Model) -> Header {
        let mut header = Header { inputs: Vec::new(), outputs: Vec::new(), valid: true };
        self.generics(model);
        for (i, input) in model.inputs.iter().enumerate() {
            let allowed = check::bindable(self.diagnostics, &input.name);
            let twice = model.inputs[..i].iter().any(|earlier| earlier.name == input.name);
            if twice {
                self.error(input.name.span(), format!("there is an input `{}` already", input.name));
                self.bindings.iter_mut().for_each(|binding| binding.used |= binding.name == input.name);
            }
            let shape = input.shape.as_ref().map(|shape| self.input_shape(input, shape, twice));
            header.inputs.push(shape.as_ref().map_or(Shape::of([]), |(shape, _)| shape.clone()));
            let shape = shape.and_then(|(shape, valid)| (valid && !twice).then_some(shape));
            self.values.push(PartialValue { name: input.name.clone(), shape });
            let lowered = Lowered::Value(self.values.len() - 1);
            self.bindings.push(Binding { name: input.name.clone(), lowered, used: !allowed || twice });
        }
        if self.values.is_empty() {
            self.error_value(model.name.span(), None);
            header.inputs.push(Shape::of([]));
        }
        match &model.output {
            Some(ast::Output::One(shape)) => {
                let name = Ident::new("output", Span::call_site());
                self.output(&mut header, name, shape);
            }
            Some(ast::Output::Several(outputs, at)) => self.outputs(&mut header, outputs, *at),
            None => header.valid = false,
        }
        if header.outputs.is_empty() {
            let output = (Ident::new("output", Span::call_site()), Shape::of([]), model.name.span());
            header.outputs.push(output);
            header.valid = false;
        }
        header
    }

    /// Evaluates the shape of an input, which may have a length of its own.
    fn input_shape(&mut self, input: &ast::Input, shape: &ast::Shape, twice: bool) -> (Shape, bool) {
        let (evaluated, mut valid) = self.shape(shape, true);
        let Some(length) = &shape.length else { return (evaluated, valid) };
        if let Some(name) = &length.name {
            self.error(name.span(), "an input has a length of its own: `[.., 8]`; a name is for outputs");
            valid = false;
        }
        let bound = length.bound.as_ref().and_then(|expr| {
            let dim = self.evaluate(|evaluate| evaluate.size(expr));
            let least = |dim: &Dim| {
                let text = message!("the bound of a length must be at least 1");
                self.diagnostics.require(dim.at_least(&Dim::Known(1)), expr.start, text)
                    && self.expressible(dim, expr.start, "this bound", "")
            };
            dim.filter(least)
        });
        valid &= bound.is_some() == length.bound.is_some();
        let sequences = |input: &&ast::Input| input.shape.as_ref().is_some_and(|shape| shape.length.is_some());
        let several = self.model.inputs.iter().filter(sequences).count() > 1;
        if self.lengths.len() == check::MAX_LENGTHS {
            let message = format!("a model has at most {} inputs that are sequences", check::MAX_LENGTHS);
            self.error(length.span, message);
            return (evaluated, false);
        }
        let name = several.then(|| crate::names::plain(&input.name.to_string()));
        let length = Length { index: self.lengths.len(), name, bound };
        if !twice {
            self.lengths.push(length.clone());
        }
        (evaluated.with_length(Some(length)), valid)
    }

    /// Returns the length that the shape of an output or a target names, if it has one; reports one that no input has.
    pub(super) fn declared_length(&self, shape: &ast::Shape) -> Option<Length> {
        let declared = shape.length.as_ref()?;
        if let Some(bound) = &declared.bound {
            self.error(bound.start, "the bound of a length belongs to the input: `tokens: u32[..=256]`");
        }
        let names: Vec<String> = self.lengths.iter().filter_map(|length| length.name.clone()).collect();
        if let Some(name) = &declared.name {
            let plain = crate::names::plain(&name.to_string());
            let single = |length: &&Length| length.name.is_none() && self.is_sequence_input(&plain);
            let found = self.lengths.iter().find(|length| length.name.as_ref() == Some(&plain));
            let found = found.or_else(|| self.lengths.first().filter(single));
            if found.is_none() && !self.inputs_are_broken() {
                let names =
                    if names.is_empty() { String::new() } else { format!("; there are `{}..`", names.join("..`, `")) };
                self.error(name.span(), format!("no input `{name}` is a sequence{names}"));
            }
            return found.cloned();
        }
        match self.lengths.as_slice() {
            [length] => Some(length.clone()),
            // The shape of an input may have been one.
            [] if self.inputs_are_broken() => None,
            [] => {
                let message =
                    "no input is a sequence; declare it as one, such as `[.., 8]`, or give this dimension a size";
                self.error(declared.span, message);
                None
            }
            _ => {
                let choices = names.iter().map(|name| format!("`{name}..`")).collect::<Vec<_>>().join(" or ");
                self.error(declared.span, format!("several inputs are sequences; say which length it is: {choices}"));
                None
            }
        }
    }

    /// Returns whether the parser reported a mistake in the inputs, so that their lengths are not reliable.
    pub(super) fn inputs_are_broken(&self) -> bool {
        let broken = |input: &ast::Input| input.shape.as_ref().is_none_or(|shape| shape.broken);
        self.model.header_broken || self.model.broken && self.lengths.is_empty() || self.model.inputs.iter().any(broken)
    }

    fn is_sequence_input(&self, name: &str) -> bool {
        self.model
            .inputs
            .iter()
            .any(|input| input.name == name && input.shape.as_ref().is_some_and(|shape| shape.length.is_some()))
    }

    /// Checks the names of the model's const parameters.
    fn generics(&mut self, model: &ast::Model) {
        for (i, name) in model.generics.iter().enumerate() {
            if is_keyword(name) {
                self.error(name.span(), format!("`{name}` is a word of Rust; choose another name"));
            } else if !is_capitalised(name) {
                let text = format!("names of parameters are in capitals, as those of constants: `{}`", capitals(name));
                self.error(name.span(), text);
            } else if model.generics[..i].contains(name) {
                self.error(name.span(), format!("there is a parameter `{name}` already"));
            } else if self.constants.get(name).is_some() {
                self.error(name.span(), format!("`{name}` is a constant of this `model!` already"));
            }
        }
    }

    fn outputs(&mut self, header: &mut Header, outputs: &[ast::Input], at: Span) {
        if outputs.len() < 2 {
            self.error(at, "several outputs are named: `-> (mean: [20], variance: [20])`; one has no name: `-> [20]`");
            header.valid = false;
        }
        for (i, output) in outputs.iter().enumerate() {
            let twice = outputs[..i].iter().any(|earlier| earlier.name == output.name);
            if twice {
                self.error(output.name.span(), format!("there is an output `{}` already", output.name));
            }
            header.valid &= check::bindable(self.diagnostics, &output.name) && !twice && output.shape.is_some();
            if let (Some(shape), false) = (&output.shape, twice) {
                self.output(header, output.name.clone(), shape);
            }
        }
    }

    fn output(&mut self, header: &mut Header, name: Ident, shape: &ast::Shape) {
        let (output, mut valid) = self.shape(shape, false);
        let length = self.declared_length(shape);
        valid &= length.is_some() == shape.length.is_some();
        if output.element == Element::U32 {
            self.error(shape.span, "the output of a network is `f32`");
            valid = false;
        }
        header.outputs.push((name, Shape::of(output.dims).with_length(length), shape.span));
        header.valid &= valid;
    }

    /// Evaluates a shape and returns whether it is valid; a broken dimension becomes 1. With `scalar`, an element type alone is a shape.
    pub(super) fn shape(&mut self, shape: &ast::Shape, scalar: bool) -> (Shape, bool) {
        let mut valid = !shape.broken;
        let element = match &shape.element {
            Some(ast::Element::U32) => Element::U32,
            Some(ast::Element::Other(name)) => {
                self.error(name.span(), format!("elements are `f32` or `u32`, not `{name}`"));
                valid = false;
                Element::F32
            }
            Some(ast::Element::F32) | None => Element::F32,
        };
        // `u32` alone declares one number for each sample.
        let scalar = scalar || shape.length.is_some();
        if shape.dims.is_empty() && !(scalar && shape.element.is_some()) {
            let message = match shape.length {
                Some(_) => "the rows of a sequence have a shape: single numbers are `[.., 1]`",
                None => "a shape has at least one dimension: one number is `[1]`",
            };
            if !(shape.length.is_some() && (shape.broken || self.model.broken)) {
                self.error(shape.span, message);
            }
            valid = false;
        }
        if shape.dims.len() > check::MAX_DIMENSIONS {
            self.error(shape.span, format!("a shape has at most {} dimensions", check::MAX_DIMENSIONS));
            return (Shape { element, length: None, dims: vec![Dim::Known(1)], record: None, in_blocks: false }, false);
        }
        let mut dims = Vec::new();
        for (k, expr) in shape.dims.iter().enumerate() {
            if let (0, Some(message)) = (k, self.batch(expr, shape.dims.len())) {
                self.diagnostics.error_between(expr.start, expr.end, message);
                valid = false;
                continue;
            }
            if matches!(expr.kind, ExprKind::List(_)) {
                self.error(expr.start, "a shape is one list of sizes: `[1, 28, 28]`");
                valid = false;
                break;
            }
            let dim = self.evaluate(|evaluate| evaluate.size(expr));
            let nonzero = dim.as_ref().is_some_and(|dim| {
                let text = message!("a dimension must be at least 1");
                self.diagnostics.require(dim.at_least(&Dim::Known(1)), expr.start, text)
            });
            let plain = dim.as_ref().is_none_or(|dim| self.expressible(dim, expr.start, "this dimension", ""));
            valid &= nonzero && plain;
            dims.push(dim.filter(|_| plain).unwrap_or(Dim::Known(1)));
        }
        if valid && Dim::product(&dims).known().is_some_and(|size| size > check::MAX_ELEMENTS) {
            self.error(shape.span, "no memory holds a value of this shape");
            return (Shape { element, length: None, dims: vec![Dim::Known(1)], record: None, in_blocks: false }, false);
        }
        (Shape { element, length: None, dims, record: None, in_blocks: false }, valid)
    }

    /// Returns the message about a first dimension that is the batch.
    fn batch(&self, expr: &ast::Expr, dims: usize) -> Option<String> {
        let batch = match &expr.kind {
            ExprKind::Negative(_) => dims > 1,
            ExprKind::Path(path) => {
                let name = path.single()?;
                let own = self.constants.has(name) || self.model.generics.contains(name);
                !own && dims > 1 && super::choices::is_batch(name)
            }
            _ => false,
        };
        batch.then(|| format!("a shape is that of one sample, and the batch is never written: leave out `{expr}`"))
    }

    /// Requires that a size is not computed from a parameter of the model, since stable Rust has no type for that.
    pub(super) fn expressible(&self, dim: &Dim, span: Span, what: &str, help: &str) -> bool {
        let Some(parameter) = dim.computed_from(&self.model.generics) else { return true };
        let message = format!(
            "{what} is computed from the parameter `{parameter}`, which stable Rust cannot express in a type; give the model \
            another parameter for it: `{}<{}, const SIZE: usize>`{help}",
            self.model.name,
            self.model.generics.iter().map(|name| format!("const {name}: usize")).collect::<Vec<_>>().join(", ")
        );
        self.error(span, message);
        false
    }
}

/// Converts `hidden` to `HIDDEN`.
fn capitals(name: &Ident) -> String {
    crate::names::plain(&name.to_string()).to_uppercase()
}
