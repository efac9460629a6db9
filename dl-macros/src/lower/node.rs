//! A use of a layer whose operands and settings are known: its rules are asked, and its node is made.

use super::arguments::Settings;
use super::{Draft, Flow, Lowering};
use crate::check;
use crate::diagnostics::{Diagnostics, message};
use crate::dim::Dim;
use crate::ir::{Element, Field, FieldId, Node, Shape};
use crate::layers::{self, Built, Call, Layer, Operand, Setting, Weights};
use proc_macro2::{Ident, Span};

/// What is known of one use before its rules are asked.
pub(super) struct Use<'a> {
    pub layer: &'static dyn Layer,
    /// As messages call it.
    pub name: &'a str,
    pub span: Span,
    /// `None` when some are missing.
    pub operands: Option<Vec<Flow>>,
    pub settings: &'a Settings,
    /// For tables.
    pub text: String,
    /// What a `let` calls the value.
    pub binding: Option<&'a Ident>,
    /// What `as` calls the layer.
    pub rename: Option<&'a Ident>,
    /// The weights of the layer used again.
    pub again: Option<FieldId>,
}

/// What became of a use.
pub(super) struct Outcome {
    pub flow: Flow,
    pub field: Option<FieldId>,
    pub good: bool,
}

impl Lowering<'_> {
    /// Asks the rules of a use, and makes its node, or what a mistake leaves.
    pub(super) fn build(&mut self, use_: Use) -> Outcome {
        let index = self.counts.entry(use_.layer.name()).or_default();
        *index += 1;
        let index = *index - 1;
        let shapes = use_.operands.as_ref().and_then(|operands| self.shapes(operands));
        let call = Call {
            name: use_.name,
            span: use_.span,
            operands: shapes.clone().unwrap_or_default(),
            settings: &use_.settings.values,
            spans: &use_.settings.spans,
            index,
            diagnostics: self.diagnostics,
        };
        let broken = use_.settings.values.iter().any(|(_, setting)| matches!(setting, Setting::Broken));
        // Every rule that can be asked is asked, whatever else is wrong.
        let good = !broken && use_.layer.check(&call);
        let built = shapes.filter(|_| good && takes(&call)).and_then(|_| use_.layer.build(&call));
        let built = built.filter(|built| check::holdable(&call, built));
        let evident = use_.layer.evident(&call).filter(|shape| shape.dims.iter().all(|dim| dim.known() != Some(0)));
        let input = call.evident_input();
        match built {
            Some(built) => {
                let (flow, field) = self.node(use_, built);
                Outcome { flow, field, good: true }
            }
            None => {
                let field = use_.again.or_else(|| self.broken_field(&use_, input.as_ref()));
                Outcome { flow: self.poisoned(use_.span, evident), field, good: false }
            }
        }
    }

    /// The operands' shapes and numbers, if all are known.
    fn shapes(&self, operands: &[Flow]) -> Option<Vec<Operand>> {
        let operand = |flow: &Flow| match flow {
            Flow::Number(number) => Some(Operand::Number(number.clone())),
            Flow::Value(id) => self.values[*id].shape.clone().map(Operand::Tensor),
        };
        operands.iter().map(operand).collect()
    }

    /// The node of a checked use.
    fn node(&mut self, use_: Use, built: Built) -> (Flow, Option<FieldId>) {
        let inputs = use_.operands.iter().flatten().filter_map(Flow::value).collect();
        let Use { layer, span, text, binding, rename, again, .. } = use_;
        let Built { output, op, weights, multiply_adds } = built;
        // One number serves the field and the value.
        let mut counted = None;
        let mut counter = |names: &mut super::Names| -> Ident {
            counted.get_or_insert_with(|| names.counted(layer.stem(), span)).clone()
        };
        let field = again.or_else(|| {
            weights.map(|weights| {
                let name = rename.cloned().unwrap_or_else(|| counter(&mut self.names));
                let layers::Weights { ty, tensors, init } = weights;
                self.fields.push(Field { scope: None, model: false, name, ty, tensors, init, text: text.clone() });
                self.fields.len() - 1
            })
        });
        let again_name = again.map(|field| self.fields[field].name.clone());
        let wanted = binding.or(rename).or(again_name.as_ref()).cloned();
        let wanted = wanted.unwrap_or_else(|| counter(&mut self.names));
        let name = self.names.value(&wanted);
        let label = field.map_or(&name, |field| &self.fields[field].name);
        let label = label.to_string().trim_start_matches("r#").to_owned();
        self.values.push(Draft { name, shape: Some(output) });
        let output = self.values.len() - 1;
        let constant = self.names.constant(&label);
        self.nodes.push(Node { op, inputs, output, field, text, label, constant, multiply_adds, activation: None });
        (Flow::Value(output), field)
    }

    /// The field of a layer with a mistake, so that programs that name it are not wrong too: for an input that fits.
    fn broken_field(&mut self, use_: &Use, input: Option<&Shape>) -> Option<FieldId> {
        let weights = [vec![1], vec![1, 4096, 4096]].into_iter().find_map(|dims| {
            let rank = dims.len();
            let guess = Shape::of(dims.into_iter().map(Dim::Known).collect::<Vec<_>>());
            let input = input.filter(|shape| shape.dims.len() == rank).unwrap_or(&guess);
            self.weights(use_.layer, use_.settings, input)
        })?;
        let name = use_.rename.cloned().unwrap_or_else(|| self.names.counted(use_.layer.stem(), use_.span));
        let Weights { ty, tensors, init } = weights;
        self.fields.push(Field { scope: None, model: false, name, ty, tensors, init, text: use_.text.clone() });
        Some(self.fields.len() - 1)
    }

    /// The weights that a layer has for an input of shape `input`, on trial: mistakes are nobody's.
    pub(super) fn weights(&self, layer: &dyn Layer, settings: &Settings, input: &Shape) -> Option<Weights> {
        let trial = Diagnostics::default();
        let call = Call {
            name: layer.name(),
            span: Span::call_site(),
            operands: vec![Operand::Tensor(input.clone())],
            settings: &settings.values,
            spans: &[],
            index: 0,
            diagnostics: &trial,
        };
        let built = layer.build(&call);
        trial.forget();
        built.and_then(|built| built.weights)
    }

    /// The shape of a value, if it is known.
    pub(super) fn shape_of(&self, flow: &Flow) -> Option<Shape> {
        match flow {
            Flow::Value(id) => self.values[*id].shape.clone(),
            Flow::Number(_) => None,
        }
    }
}

/// Whether the elements that flow in are numbers of type `f32`.
fn takes(call: &Call) -> bool {
    let whole = |operand: &Operand| matches!(operand, Operand::Tensor(shape) if shape.element != Element::F32);
    let good = !call.operands.iter().any(whole);
    if !good {
        let text = message!(format!("`{}` takes numbers of type f32, but its input is ", call.name), &call.input());
        call.diagnostics.error(call.span, text);
    }
    good
}
