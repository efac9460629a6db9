//! Checks a use of a layer whose operands and settings are known, and adds its node to the graph.

use super::arguments::Settings;
use super::names::plain;
use super::{Lowered, Lowering, PartialValue};
use crate::call::{Call, Operand, Setting};
use crate::check;
use crate::diagnostics::{Diagnostics, message};
use crate::dim::Dim;
use crate::ir::{BackwardReads, Blocks, Config, Element, Field, FieldId, Node, Op, Shape, ValueId};
use crate::layers::{self, Built, Layer, Weights};
use proc_macro2::{Ident, Span};

/// A checked node that will be added to the graph.
pub(super) struct NewNode<'a> {
    pub op: Op,
    pub inputs: Vec<ValueId>,
    pub output: Shape,
    /// Its weights, if they are new.
    pub field: Option<Field>,
    /// The weights that it shares with an earlier node.
    pub shared_field: Option<FieldId>,
    pub text: String,
    /// The name that a `let` gives to the value.
    pub binding: Option<&'a Ident>,
    /// The prefix of the value's name if there is no `let`.
    pub name_prefix: &'static str,
    pub span: Span,
}

/// One use of a layer before it is checked.
pub(super) struct LayerUse<'a> {
    pub layer: &'static dyn Layer,
    /// Its name in messages.
    pub name: &'a str,
    pub span: Span,
    /// `None` if some are missing.
    pub operands: Option<Vec<Lowered>>,
    pub settings: &'a Settings,
    /// Its text in tables.
    pub text: String,
    /// The name that a `let` gives to the value.
    pub binding: Option<&'a Ident>,
    /// The name that `as` gives to the layer.
    pub rename: Option<&'a Ident>,
    /// The weights that it shares with an earlier use.
    pub shared_field: Option<FieldId>,
    /// `true` if its arguments may be incomplete after a syntax error.
    pub broken: bool,
}

/// The result of one use of a layer.
pub(super) struct BuiltLayer {
    pub lowered: Lowered,
    pub field: Option<FieldId>,
    /// `false` if a mistake was reported.
    pub valid: bool,
}

impl Lowering<'_> {
    /// Checks a use and adds its node, or a value for its result after a mistake.
    pub(super) fn build(&mut self, use_: LayerUse) -> BuiltLayer {
        let index = self.counts.entry(use_.layer.name()).or_default();
        *index += 1;
        let index = *index - 1;
        let shapes = use_.operands.as_ref().and_then(|operands| self.shapes(operands));
        let call = Call {
            name: use_.name,
            span: use_.span,
            operands: shapes.clone().unwrap_or_default(),
            sequence: use_.layer.is_sequence(),
            parameters: use_.layer.parameters(),
            settings: &use_.settings.values,
            spans: &use_.settings.spans,
            index,
            diagnostics: self.diagnostics,
        };
        let broken = use_.settings.values.iter().any(|(_, setting)| matches!(setting, Setting::Broken));
        // The settings are checked even if the operands are wrong.
        let valid = !broken && use_.layer.check(&call);
        let built =
            shapes.filter(|_| valid && !use_.broken && takes(use_.layer, &call)).and_then(|_| use_.layer.build(&call));
        let built = built.and_then(|built| with_length(&call, built));
        let fits = built.as_ref().is_none_or(|built| {
            let weights = built.weights.as_ref().map_or(&[][..], |weights| &weights.tensors);
            check::fits_in_memory(&call, &built.output, weights)
        });
        let built = built.filter(|built| fits && self.has_types(use_.layer, &call, built));
        let allowed = |dim: &Dim| dim.known() != Some(0) && dim.computed_from(&self.model.generics).is_none();
        let recovered_shape = use_.layer.recovered_shape(&call).filter(|shape| fits && shape.dims.iter().all(allowed));
        // The recovered shape may be that of a wrong `u32` input; outputs are `f32`.
        let recovered_shape = recovered_shape.map(|shape| Shape { element: Element::F32, ..shape });
        let input = call.known_input();
        // Nor is its length known if that of the input is not.
        let length = input.as_ref().map(|input| input.length.clone());
        let unknown = length.is_none() && (!self.lengths.is_empty() || self.inputs_are_broken());
        let recovered_shape = recovered_shape.filter(|_| !unknown).map(|shape| match &shape.length {
            None => shape.with_length(length.flatten()),
            _ => shape,
        });
        match built {
            Some(built) => {
                let (lowered, field) = self.node(use_, built);
                BuiltLayer { lowered, field, valid: true }
            }
            None => {
                let field = use_.shared_field.or_else(|| self.broken_field(&use_, input.as_ref()));
                BuiltLayer { lowered: self.error_value(use_.span, recovered_shape), field, valid: false }
            }
        }
    }

    /// Requires that stable Rust has types for the output and the weights of a use.
    pub(super) fn has_types(&self, layer: &dyn Layer, call: &Call, built: &Built) -> bool {
        let output = built.output.dims.iter();
        let weights = built.weights.iter().flat_map(|weights| &weights.tensors).flat_map(|tensor| &tensor.shape);
        let what = format!("a size of `{}`", call.name);
        output.chain(weights).all(|dim| self.expressible(dim, call.span, &what, layer.alternative()))
    }

    /// Returns the shapes and numbers of the operands, if all are known.
    pub(super) fn shapes(&self, operands: &[Lowered]) -> Option<Vec<Operand>> {
        let operand = |lowered: &Lowered| match lowered {
            Lowered::Number(number) => Some(Operand::Number(number.clone())),
            Lowered::Value(id) => self.values[*id].shape.clone().map(Operand::Tensor),
            Lowered::Several(_) => None,
        };
        operands.iter().map(operand).collect()
    }

    /// Adds the node of a checked use.
    fn node(&mut self, use_: LayerUse, built: Built) -> (Lowered, Option<FieldId>) {
        let inputs = use_.operands.iter().flatten().filter_map(Lowered::value).collect();
        let LayerUse { layer, span, text, binding, rename, shared_field, .. } = use_;
        let Built { output, op, weights, multiply_adds } = built;
        if let (true, Some(_)) = (self.in_loss, &weights) {
            let message = format!("`{}` has weights, and belongs into the body; the loss has none", use_.name);
            self.error(span, message);
        }
        if let Some(reduction) = op.reduction {
            self.reduces_alike(use_.name, reduction, span);
        }
        let field = weights.filter(|_| shared_field.is_none()).map(|weights| {
            let name = rename.cloned().unwrap_or_else(|| self.names.counted(layer.name_prefix(), span));
            let layers::Weights { ty, tensors, init } = weights;
            let (scope, text, is_parameter) = (self.scope, text.clone(), layer.operands() == 0);
            let nameless = false;
            Field { scope, name, model: false, is_parameter, nameless, ty, tensors, init, text, parameters: None }
        });
        let binding = binding.or(rename.filter(|_| field.is_none()));
        let node =
            NewNode { op, inputs, output, field, shared_field, text, binding, name_prefix: layer.name_prefix(), span };
        let lowered = self.push_node(node);
        let node = self.nodes.last_mut().expect("just made");
        node.multiply_adds = multiply_adds;
        if layer.has_no_gradient() {
            self.without_gradient.push((node.output, span));
        }
        (lowered, node.field)
    }

    /// Adds a checked node.
    pub(super) fn push_node(&mut self, node: NewNode) -> Lowered {
        let NewNode { op, inputs, output, field, shared_field, text, binding, name_prefix, span } = node;
        if self.in_loss && matches!(op.config, Config::Model(_)) {
            self.error(span, format!("`{text}` has weights, and belongs into the body; the loss has none"));
        }
        let field = shared_field.or_else(|| {
            self.fields.push(field?);
            Some(self.fields.len() - 1)
        });
        let own = field.map(|field| self.fields[field].name.clone());
        let wanted = binding.cloned().or(own.clone()).unwrap_or_else(|| self.names.counted(name_prefix, span));
        let name = self.names.value(&wanted);
        let label = match own {
            Some(own) => self.qualified(&own, "."),
            None => self.qualified(&wanted, "."),
        };
        // A layer without weights has the name of its value, which is unique.
        let label = if field.is_none() && self.scope.is_none() { plain(&name.to_string()) } else { label };
        self.values.push(PartialValue { name, shape: Some(output) });
        let output = self.values.len() - 1;
        let constant = self.names.constant(&label.replace('.', "_"));
        let multiply_adds = Dim::Known(0);
        let (weights_as, activation, batch_norm, adds_last) = (None, None, None, false);
        self.nodes.push(Node {
            op,
            inputs,
            output,
            field,
            weights_as,
            text,
            label,
            constant,
            multiply_adds,
            checkpoint: self.checkpoint,
            activation,
            batch_norm,
            adds_last,
        });
        Lowered::Value(output)
    }

    /// Gives one of several outputs of a model the name that a `let` binds it to.
    pub(super) fn name_part(&mut self, value: ValueId, name: &Ident) {
        if self.scope.is_none()
            && self.nameless.remove(&value)
            && let Some(node) = self.nodes.iter_mut().find(|node| node.output == value)
        {
            let name = self.names.value(name);
            node.label = plain(&name.to_string());
            node.constant = self.names.constant(&node.label);
            self.values[value].name = name;
        }
    }

    /// Adds a node that copies a value without cost, for places that need a value of their own.
    pub(super) fn copied(&mut self, value: ValueId, span: Span) -> ValueId {
        let Some(output) = self.values[value].shape.clone() else { return value };
        let op = Op::new(Config::Reshape, BackwardReads::NOTHING).with_blocks(Blocks::Preserves);
        let (text, inputs) = ("identity".to_owned(), vec![value]);
        let name_prefix = "identity";
        let node =
            NewNode { op, inputs, output, field: None, shared_field: None, text, binding: None, name_prefix, span };
        self.push_node(node).value().unwrap_or(value)
    }

    /// Applies `layer`, which implements the combinator called `name`.
    pub(super) fn join(
        &mut self,
        layer: &'static dyn Layer,
        name: &str,
        span: Span,
        operands: Vec<Lowered>,
        text: String,
        binding: Option<&Ident>,
    ) -> Lowered {
        let settings = self.evaluate(|evaluate| super::arguments::settings(evaluate, layer, &[], span, false));
        let (operands, settings) = (Some(operands), &settings);
        self.build(LayerUse {
            layer,
            name,
            span,
            operands,
            settings,
            text,
            binding,
            rename: None,
            shared_field: None,
            broken: false,
        })
        .lowered
    }

    /// Adds a field for a broken layer, with an input shape that fits, so that code that names the field still compiles.
    fn broken_field(&mut self, use_: &LayerUse, input: Option<&Shape>) -> Option<FieldId> {
        let weights = [vec![1], vec![1, 4096, 4096]].into_iter().find_map(|dims| {
            let rank = dims.len();
            let guess = Shape::of(dims.into_iter().map(Dim::Known).collect::<Vec<_>>());
            let input = input.filter(|shape| shape.dims.len() == rank).unwrap_or(&guess);
            self.weights(use_.layer, use_.settings, input)
        })?;
        let name = use_.rename.cloned().unwrap_or_else(|| self.names.counted(use_.layer.name_prefix(), use_.span));
        let Weights { ty, tensors, init } = weights;
        let mut sizes = tensors.iter().flat_map(|tensor| &tensor.shape);
        if sizes.any(|dim| dim.computed_from(&self.model.generics).is_some()) {
            return None;
        }
        let (scope, text, is_parameter) = (self.scope, use_.text.clone(), use_.layer.operands() == 0);
        self.fields.push(Field {
            scope,
            name,
            model: false,
            is_parameter,
            nameless: false,
            ty,
            tensors,
            init,
            text,
            parameters: None,
        });
        Some(self.fields.len() - 1)
    }

    /// Returns the weights that a layer has for an input of shape `input`, without reporting mistakes.
    pub(super) fn weights(&self, layer: &dyn Layer, settings: &Settings, input: &Shape) -> Option<Weights> {
        let trial = Diagnostics::default();
        let call = Call {
            name: layer.name(),
            span: Span::call_site(),
            operands: vec![Operand::Tensor(input.clone())],
            sequence: layer.is_sequence(),
            parameters: layer.parameters(),
            settings: &settings.values,
            spans: &[],
            index: 0,
            diagnostics: &trial,
        };
        let built = layer.build(&call);
        trial.forget();
        built.and_then(|built| built.weights)
    }

    /// Returns the shape of a value, if it is known.
    pub(super) fn shape_of(&self, lowered: &Lowered) -> Option<Shape> {
        match lowered {
            Lowered::Value(id) => self.values[*id].shape.clone(),
            Lowered::Number(_) | Lowered::Several(_) => None,
        }
    }
}

/// Gives the output of a layer that works on rows the length of its operands, which must be the same.
fn with_length(call: &Call, mut built: Built) -> Option<Built> {
    let shapes = || {
        call.operands.iter().filter_map(|operand| match operand {
            Operand::Tensor(shape) => Some(shape),
            Operand::Number(_) => None,
        })
    };
    let Some(first) = shapes().find(|shape| shape.length.is_some()) else { return Some(built) };
    if !built.op.sequences.is_empty() {
        return Some(built);
    }
    if let Some(other) = shapes().find(|shape| shape.length != first.length) {
        let start = format!("`{}` takes values of one length, but they are ", call.name);
        call.diagnostics.error(call.span, message!(start, first, " and ", other));
        return None;
    }
    built.output.length.clone_from(&first.length);
    Some(built)
}

/// Requires that the operands have the element types that the layer takes.
pub(super) fn takes(layer: &dyn Layer, call: &Call) -> bool {
    let mut valid = true;
    for (k, operand) in call.operands.iter().enumerate() {
        let (Operand::Tensor(shape), wanted) = (operand, layer.takes(k)) else { continue };
        if shape.element != wanted {
            let text = match (wanted, layer.is_loss()) {
                (Element::F32, true) if k == 1 => {
                    message!(format!("`{}` compares with numbers of type `f32`, but the target is ", call.name), shape)
                }
                (Element::F32, _) => {
                    let help = "; `embedding` makes features of whole numbers";
                    message!(format!("`{}` takes numbers of type `f32`, but its input is ", call.name), shape, help)
                }
                (Element::U32, true) => {
                    let start = format!("`{}` compares with a class, a whole number, but here it is ", call.name);
                    message!(start, shape, "; declare the target as `u32`")
                }
                (Element::U32, false) => {
                    let help = "; declare it as `u32[…]`";
                    message!(format!("`{}` takes whole numbers, but its input is ", call.name), shape, help)
                }
            };
            let exchanged = match call.operands.get(1) {
                Some(Operand::Tensor(second)) => {
                    k == 0 && second.element == layer.takes(0) && shape.element == layer.takes(1)
                }
                _ => false,
            };
            let swapped =
                format!("`{0}` takes what the network says first, and then the target: exchange them", call.name);
            call.diagnostics.error(call.span, if exchanged { swapped.into() } else { text });
            valid = false;
            if exchanged {
                break;
            }
        }
    }
    valid
}
