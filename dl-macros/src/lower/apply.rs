//! One use of a layer: its operands, its settings, its shape rule, and the node that comes of it.

use super::arguments::{Settings, settings};
use super::{Draft, Flow, Lowering, Named};
use crate::ast::{self, ExprKind, Operator};
use crate::check;
use crate::diagnostics::message;
use crate::ir::{Element, Field, FieldId, Node, Shape};
use crate::layers::{self, Built, Call, Layer, Operand, synonyms};
use crate::suggest::{did_you_mean, suggest};
use proc_macro2::{Ident, Span};

/// What is known of one use before its shape rule is asked.
struct Use<'a> {
    layer: &'static dyn Layer,
    /// As messages call it.
    name: &'a str,
    span: Span,
    operands: Vec<Flow>,
    settings: &'a Settings,
    /// For tables.
    text: String,
    /// What a `let` calls the value.
    binding: Option<&'a Ident>,
    /// What `as` calls the layer.
    rename: Option<&'a Ident>,
    /// The weights of the layer used again.
    again: Option<FieldId>,
}

impl Lowering<'_> {
    /// The output of the layer `use_`, whose first operand may come through an arrow; `binding` is the name of a `let`.
    pub(super) fn apply(&mut self, use_: &ast::Layer, piped: Option<Flow>, binding: Option<&Ident>) -> Flow {
        let name = use_.name.to_string();
        if let Some(layer) = layers::find(&name) {
            return self.apply_layer(layer, use_, piped, binding);
        }
        if self.named.contains_key(&name) {
            return self.apply_again(&name, use_, piped, binding);
        }
        let message = if self.bindings.iter().any(|binding| binding.name == name) {
            format!("`{name}` is a value; an arrow leads to a layer")
        } else {
            let known = layers::LAYERS.iter().map(|layer| layer.name());
            let known = known.chain(self.named.keys().map(String::as_str));
            let help = did_you_mean(suggest(&name, known, synonyms::LAYERS));
            format!("there is no layer `{name}`{help}")
        };
        self.error(use_.name.span(), message);
        use_.arguments.iter().for_each(|argument| self.touch(&argument.value));
        self.register(use_, None);
        self.poisoned(use_.name.span(), None)
    }

    /// A layer of the language.
    fn apply_layer(
        &mut self,
        layer: &'static dyn Layer,
        use_: &ast::Layer,
        piped: Option<Flow>,
        binding: Option<&Ident>,
    ) -> Flow {
        let span = use_.name.span();
        let (operands, arguments) = self.operands(layer, use_, piped);
        let settings = self.evaluate(|evaluate| settings(evaluate, layer, arguments, span, use_.broken));
        let shown = ast::Layer { name: use_.name.clone(), arguments: Vec::new(), rename: None, broken: false };
        let shown = if arguments.is_empty() { shown.to_string() } else { show(&use_.name, arguments) };
        let Some(operands) = operands else {
            let evident = self.evident(layer, &settings, span);
            self.register(use_, Some((layer, settings, None, None, true)));
            return self.poisoned(span, evident);
        };
        let input = operands.iter().find_map(|operand| self.shape_of(operand));
        let rename = use_.rename.as_ref().filter(|name| self.may_name(name));
        let name = layer.name();
        let (flow, field, good) = self.build(Use {
            layer,
            name,
            span,
            operands,
            settings: &settings,
            text: shown,
            binding,
            rename,
            again: None,
        });
        self.register(use_, Some((layer, settings, field, input, !good)));
        flow
    }

    /// A layer that `as` named, with the same weights.
    fn apply_again(&mut self, name: &str, use_: &ast::Layer, piped: Option<Flow>, binding: Option<&Ident>) -> Flow {
        let span = use_.name.span();
        if let Some(rename) = &use_.rename {
            self.error(rename.span(), format!("`{name}` has its name already"));
        }
        let Some(Named { layer, settings, field, input, broken }) = self.named.remove(name) else {
            return self.poisoned(span, None);
        };
        let (operands, arguments) = self.operands(layer, use_, piped);
        if let Some(first) = arguments.first() {
            let message = format!("`{name}` is used again with the same weights, and takes no arguments here");
            self.error(first.name.as_ref().map_or(first.value.start, Ident::span), message);
        }
        // The spans are those of the first use: what is wrong now is at this one.
        let settings = Settings { values: settings.values, spans: Vec::new() };
        let flow = match operands.filter(|_| !broken) {
            None => {
                let evident = self.evident(layer, &settings, span);
                self.poisoned(span, evident)
            }
            Some(operands) => {
                let now = operands.first().and_then(|operand| self.shape_of(operand));
                if let (Some(field), Some(before), Some(now)) = (field, &input, now)
                    && !self.same_weights(layer, &settings, field, &now)
                {
                    let text = message!(
                        format!("the weights of `{name}` are for an input of "),
                        before,
                        ", but this one is ",
                        &now
                    );
                    self.error(span, text);
                    let evident = self.evident(layer, &settings, span);
                    self.poisoned(span, evident)
                } else {
                    let (text, again) = (name.to_owned(), field);
                    let use_ =
                        Use { layer, name, span, operands, settings: &settings, text, binding, rename: None, again };
                    self.build(use_).0
                }
            }
        };
        self.named.insert(name.to_owned(), Named { layer, settings, field, input, broken });
        flow
    }

    /// Whether the layer on an input of shape `now` has weights of the type of `field`. A mistake in it is reported later.
    fn same_weights(&self, layer: &dyn Layer, settings: &Settings, field: FieldId, now: &Shape) -> bool {
        let silent = crate::diagnostics::Diagnostics::default();
        let call = Call {
            name: layer.name(),
            span: Span::call_site(),
            operands: vec![Operand::Tensor(now.clone())],
            settings: &settings.values,
            spans: &[],
            index: 0,
            diagnostics: &silent,
        };
        let weights = layer.build(&call).and_then(|built| built.weights);
        // Whatever was reported here is reported again by the use itself.
        drop(silent.into_tokens());
        weights.is_none_or(|weights| weights.ty.to_string() == self.fields[field].ty.to_string())
    }

    /// `a` and `b` joined by `operator`, which stands at `span`.
    pub(super) fn binary(&mut self, a: Flow, operator: Operator, span: Span, b: Flow, binding: Option<&Ident>) -> Flow {
        if let (Flow::Number(a), Flow::Number(b)) = (&a, &b) {
            let result = self.evaluate(|evaluate| evaluate.combine(a, operator, span, b));
            return result.map_or_else(|| self.poisoned(span, None), Flow::Number);
        }
        if operator == Operator::Rem {
            self.error(span, "`%` is for sizes; values have `+`, `-`, `*` and `/`");
            return self.poisoned(span, None);
        }
        let layer = layers::of_operator(operator);
        let settings = Settings { values: Vec::new(), spans: Vec::new() };
        let text = format!("{} {} {}", self.show(&a), operator.symbol(), self.show(&b));
        let name = operator.symbol().to_string();
        let operands = vec![a, b];
        self.build(Use {
            layer,
            name: &name,
            span,
            operands,
            settings: &settings,
            text,
            binding,
            rename: None,
            again: None,
        })
        .0
    }

    /// The operands of a use, by arrow or as first arguments, and the arguments that are left. `None` for missing ones.
    fn operands<'u>(
        &mut self,
        layer: &dyn Layer,
        use_: &'u ast::Layer,
        piped: Option<Flow>,
    ) -> (Option<Vec<Flow>>, &'u [ast::Argument]) {
        let (name, wanted, arrow) = (use_.name.to_string(), layer.operands(), piped.is_some());
        let mut operands: Vec<Flow> = piped.into_iter().collect();
        let mut arguments = use_.arguments.as_slice();
        while let Some((ast::Argument { name: None, value }, rest)) =
            arguments.split_first().filter(|_| operands.len() < wanted)
        {
            // `dense(10)` without a value: say so below, and not that 10 is no value.
            let size = !layer.takes_numbers() && matches!(value.bare().kind, ExprKind::Number(_) | ExprKind::Flag(_));
            if size {
                break;
            }
            let flow = self.flow(value, None);
            operands.push(flow);
            arguments = rest;
        }
        if operands.len() < wanted {
            if !use_.broken {
                let rest = use_.arguments.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let call = if rest.is_empty() { name.clone() } else { format!("{name}({rest})") };
                let input = self.bindings.first().map_or("x".to_owned(), |binding| binding.name.to_string());
                let message = match (wanted, arrow) {
                    (1, _) => format!("`{name}` wants a value: `{input} -> {call}`"),
                    (_, true) => format!("`{name}` wants a second value: `… -> {name}({input})`"),
                    (_, false) => format!("`{name}` wants two values: `{name}(a, b)`"),
                };
                self.error(use_.name.span(), message);
            }
            return (None, arguments);
        }
        if !layer.takes_numbers() && operands.iter().any(|operand| matches!(operand, Flow::Number(_))) {
            let message = format!("`{name}` takes a value of the network, and this is a number");
            self.error(use_.name.span(), message);
            return (None, arguments);
        }
        (Some(operands), arguments)
    }

    /// Asks the shape rule of a use, and makes its node. The value, the weights, and whether all is well.
    fn build(&mut self, use_: Use) -> (Flow, Option<FieldId>, bool) {
        let Use { layer, name, span, settings, .. } = use_;
        let operands = &use_.operands;
        let shapes: Option<Vec<Operand>> = operands
            .iter()
            .map(|operand| match operand {
                Flow::Number(number) => Some(Operand::Number(number.clone())),
                Flow::Value(_) => self.shape_of(operand).map(Operand::Tensor),
            })
            .collect();
        let broken = settings.values.iter().any(|(_, setting)| matches!(setting, layers::Setting::Broken));
        let index = self.counts.entry(layer.name()).or_default();
        *index += 1;
        let index = *index - 1;
        let Some(shapes) = shapes.filter(|_| !broken) else {
            let evident = self.evident(layer, settings, span);
            return (self.poisoned(span, evident), None, false);
        };
        let whole = shapes.iter().find_map(|operand| match operand {
            Operand::Tensor(shape) if shape.element != Element::F32 => Some(shape.clone()),
            _ => None,
        });
        let call = Call {
            name,
            span,
            operands: shapes,
            settings: &settings.values,
            spans: &settings.spans,
            index,
            diagnostics: self.diagnostics,
        };
        let built = match whole {
            Some(shape) => {
                self.error(span, message!(format!("`{name}` takes numbers of type f32, but its input is "), &shape));
                None
            }
            None => layer.build(&call),
        };
        let Some(built) = built else {
            let evident = layer.evident(&call);
            return (self.poisoned(span, evident), None, false);
        };
        let inputs = operands_of(operands);
        let (flow, field) = self.node(use_, inputs, built);
        (flow, field, true)
    }

    /// The node of a checked use.
    fn node(&mut self, use_: Use, inputs: Vec<usize>, built: Built) -> (Flow, Option<FieldId>) {
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
                self.fields.push(Field { name, ty, tensors, init, text: text.clone() });
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

    /// The shape of a value, if it is known.
    fn shape_of(&self, flow: &Flow) -> Option<Shape> {
        match flow {
            Flow::Value(id) => self.values[*id].shape.clone(),
            Flow::Number(_) => None,
        }
    }

    /// The output's shape as the settings alone tell it.
    fn evident(&self, layer: &dyn Layer, settings: &Settings, span: Span) -> Option<Shape> {
        layer.evident(&Call {
            name: layer.name(),
            span,
            operands: Vec::new(),
            settings: &settings.values,
            spans: &settings.spans,
            index: 0,
            diagnostics: self.diagnostics,
        })
    }

    /// Whether `as` may call a layer `name`.
    fn may_name(&self, name: &Ident) -> bool {
        if !check::bindable(self.diagnostics, name) {
            return false;
        }
        let free = !self.named.contains_key(&name.to_string());
        if !free {
            let message =
                format!("there is a layer `{name}` already; `-> {name}`, without `as`, uses it again with its weights");
            self.error(name.span(), message);
        }
        free
    }

    /// Remembers the layer that `as` named.
    #[expect(clippy::type_complexity, reason = "the parts of `Named`, in order")]
    fn register(
        &mut self,
        use_: &ast::Layer,
        known: Option<(&'static dyn Layer, Settings, Option<FieldId>, Option<Shape>, bool)>,
    ) {
        let Some(name) = &use_.rename else { return };
        // After an unknown layer the name is known all the same, so that its uses are no mistakes.
        let unknown = || (layers::LAYERS[0], Settings { values: Vec::new(), spans: Vec::new() }, None, None, true);
        let (layer, settings, field, input, broken) = known.unwrap_or_else(unknown);
        self.named.entry(name.to_string()).or_insert(Named { layer, settings, field, input, broken });
    }

    /// Notes the uses of names in an expression that is not looked at after a mistake.
    fn touch(&mut self, expr: &ast::Expr) {
        match &expr.kind {
            ExprKind::Path(path) => {
                let last = self.bindings.iter_mut().rev().find(|binding| binding.name == path.last);
                if let Some(binding) = last {
                    binding.used = true;
                }
            }
            ExprKind::Call(layer) => layer.arguments.iter().for_each(|argument| self.touch(&argument.value)),
            ExprKind::Pipe(from, _) => self.touch(from),
            ExprKind::Binary(a, _, _, b) => {
                self.touch(a);
                self.touch(b);
            }
            ExprKind::Negative(a) | ExprKind::Parens(a) => self.touch(a),
            ExprKind::List(items) => items.iter().for_each(|item| self.touch(item)),
            _ => {}
        }
    }

    /// An operand in words: its name or number.
    fn show(&self, flow: &Flow) -> String {
        match flow {
            Flow::Value(id) => self.values[*id].name.to_string(),
            Flow::Number(number) => message!(number).text(),
        }
    }
}

/// `conv2d(6, 5)`
fn show(name: &Ident, arguments: &[ast::Argument]) -> String {
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    format!("{name}({})", arguments.join(", "))
}

/// The operands that are values.
fn operands_of(operands: &[Flow]) -> Vec<usize> {
    let value = |operand: &Flow| match operand {
        Flow::Value(id) => Some(*id),
        Flow::Number(_) => None,
    };
    operands.iter().filter_map(value).collect()
}
