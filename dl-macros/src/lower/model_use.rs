//! Models inside models: of the same `model!`, of elsewhere, or layers written by hand.

use super::node::Raw;
use super::{Flow, Lowering, Named};
use crate::ast::{self, ExprKind, ModelUse, Output, Path};
use crate::check;
use crate::diagnostics::{Check, before, message};
use crate::dim::Dim;
use crate::ir::{Config, Field, FieldId, Op, SavedForBackward, Shape, ValueId};
use crate::layers;
use crate::names::ident;
use crate::suggest::suggest;
use crate::types::Type;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use std::rc::Rc;

/// A model that `as` named, for use with the same weights.
pub(super) struct NamedModel {
    header: Header,
    field: Option<FieldId>,
}

/// What is known of a model where it is used.
#[derive(Clone)]
struct Header {
    ty: Type,
    /// As written.
    text: String,
    /// `None` for models from elsewhere: rustc knows.
    inputs: Option<Vec<Shape>>,
    outputs: Vec<Shape>,
    /// The type of all inputs together, where there are several.
    input_record: Option<Type>,
    output_record: Option<Type>,
    parameters: Option<Dim>,
    /// Where the output of a model from elsewhere is stated.
    stated: Option<Span>,
}

impl Lowering<'_> {
    /// The output of a model.
    pub(super) fn use_model(&mut self, use_: &ModelUse, piped: Option<Flow>, binding: Option<&Ident>) -> Flow {
        let (path, span) = (&use_.path, use_.path.last.span());
        let mut flows: Vec<Flow> = piped.into_iter().collect();
        let rename = use_.rename.as_ref().filter(|name| self.may_name(name));
        // A block with a capital is reported, and none of its uses.
        let block = path.single().is_some_and(|name| self.find_block(name).is_some());
        let header = match self.known(path) {
            // What is missing after a mistake of grammar would look like another.
            _ if use_.broken || block => None,
            Some(_) => self.known_header(use_),
            None => self.stated_header(use_),
        };
        let name = rename.cloned().unwrap_or_else(|| self.names.counted(&snake(&path.last.to_string()), span));
        let Some(header) = header else {
            if let Some(rename) = rename {
                self.name_broken(rename);
            }
            use_.arguments.iter().for_each(|argument| self.touch(&argument.value));
            return self.poisoned(span, None);
        };
        flows.extend(self.model_values(&use_.arguments));
        if !use_.path.generics.is_empty() {
            let ty = &header.ty;
            self.diagnostics.put_checks(vec![Check::Promise(quote!(<#ty as dl::Passes>::CHECKED))]);
        }
        let field = Field {
            scope: self.scope,
            name,
            model: true,
            ty: header.ty.clone(),
            tensors: Vec::new(),
            init: quote!(),
            text: header.text.clone(),
            parameters: header.parameters.clone(),
        };
        let (flow, field) = self.apply_model(&header, flows, span, Some(field), None, binding);
        if let Some(rename) = rename {
            self.names.name_layer(rename, Named::Model(Rc::new(NamedModel { header, field })));
        }
        flow
    }

    /// A model that `as` named, with the same weights.
    pub(super) fn use_model_again(
        &mut self,
        named: &NamedModel,
        use_: &ast::Layer,
        piped: Option<Flow>,
        binding: Option<&Ident>,
    ) -> Flow {
        let mut flows: Vec<Flow> = piped.into_iter().collect();
        flows.extend(self.model_values(&use_.arguments));
        if let Some(rename) = &use_.rename {
            self.error(rename.span(), format!("`{}` has its name already", use_.name));
        }
        let span = use_.name.span();
        let Some(field) = named.field else { return self.poisoned(span, None) };
        self.apply_model(&named.header, flows, span, None, Some(field), binding).0
    }

    /// What a model makes, after a mistake.
    fn unknown(&mut self, header: &Header, span: Span) -> Flow {
        let mut flows = header.outputs.iter().map(|shape| self.poisoned(span, Some(shape.clone()))).collect::<Vec<_>>();
        if flows.len() == 1 {
            return flows.remove(0);
        }
        Flow::Several(flows.iter().filter_map(Flow::value).collect())
    }

    /// The values between the parentheses of a model.
    fn model_values(&mut self, arguments: &[ast::Argument]) -> Vec<Flow> {
        let mut flows = Vec::new();
        for ast::Argument { value, .. } in arguments {
            let flow = self.flow(value, None);
            flows.push(match flow {
                Flow::Number(_) => {
                    let message = format!("a model takes values of the network, and `{value}` is a number");
                    self.diagnostics.error_between(value.start, value.end, message);
                    self.poisoned(value.start, None)
                }
                flow => flow,
            });
        }
        flows
    }

    fn apply_model(
        &mut self,
        header: &Header,
        flows: Vec<Flow>,
        span: Span,
        field: Option<Field>,
        again: Option<FieldId>,
        binding: Option<&Ident>,
    ) -> (Flow, Option<FieldId>) {
        let values: Option<Vec<ValueId>> = flows.iter().map(Flow::value).collect();
        let wanted = header.inputs.as_ref().map_or(1, Vec::len);
        let broken = flows.iter().any(|flow| matches!(flow, Flow::Value(id) if self.values[*id].shape.is_none()));
        if broken && flows.len() != wanted {
            return (self.unknown(header, span), None);
        }
        let Some(values) = values.filter(|values| values.len() == wanted) else {
            let message = match (flows.len(), wanted) {
                (0, _) => format!("`{0}` wants a value: `{1} -> {0}`", header.text, self.suggested_value()),
                (_, 1) => format!("`{}` takes one value", header.text),
                (_, n) => format!("`{}` takes {n} values: `{}(a, b)`", header.text, header.text),
            };
            self.error(span, message);
            return (self.unknown(header, span), None);
        };
        let shapes: Option<Vec<Shape>> = values.iter().map(|&value| self.values[value].shape.clone()).collect();
        let Some(shapes) = shapes else { return (self.unknown(header, span), None) };
        let mut good = true;
        for (shape, wanted) in shapes.iter().zip(header.inputs.iter().flatten()) {
            let start = format!("`{}` takes ", header.text);
            let text = message!(start, wanted, ", but its input is ", shape);
            good &= self.diagnostics.require(check::equal(shape, wanted), span, text);
        }
        if !good {
            return (self.unknown(header, span), None);
        }
        if header.inputs.is_none() {
            self.promise(header, &shapes[0], span);
        }
        let input = match &header.input_record {
            Some(record) => self.joined(&values, record, span),
            None => values[0],
        };
        let mut op = Op::model(header.ty.clone());
        op.elsewhere = header.inputs.is_none();
        let output = match &header.output_record {
            Some(record) => Shape::record(record.clone(), &header.outputs),
            None => header.outputs[0].clone(),
        };
        let stem = "model";
        let raw = Raw { op, inputs: vec![input], output, field, again, text: header.text.clone(), binding, stem, span };
        let flow = self.raw(raw);
        let field = self.nodes.last().and_then(|node| node.field);
        let (Some(_), Flow::Value(id)) = (&header.output_record, &flow) else { return (flow, field) };
        let parts = self.parts(*id, &header.outputs, span);
        (Flow::Several(parts), field)
    }

    /// Leaves to rustc that a model from elsewhere takes and makes what is said here.
    fn promise(&mut self, header: &Header, input: &Shape, span: Span) {
        let (ty, text, output) = (&header.ty, &header.text, &header.outputs[0]);
        let promises = [("takes", span, input.ty()), ("makes", header.stated.unwrap_or(span), output.ty())];
        let promises = promises.map(|(name, span, shape)| {
            let (name, arguments) = (Ident::new(name, before(span)), quote_spanned!(span=> (#text)));
            let path = quote_spanned!(before(span)=> dl::#name::<#ty, #shape>);
            Check::Promise(quote!(#path #arguments))
        });
        self.diagnostics.put_checks(promises.into());
    }

    /// The model of the same macro that a path means.
    fn known(&self, path: &Path) -> Option<&ast::Model> {
        self.file.models.iter().find(|model| path.single && model.name == path.last)
    }

    /// The shapes of a model of the same macro.
    fn known_header(&mut self, use_: &ModelUse) -> Option<Header> {
        let (file, name) = (self.file, &use_.path.last);
        let model = file.models.iter().find(|model| model.name == *name)?;
        if model.header_broken {
            return None;
        }
        if contains(file, model, &self.model.name.to_string(), &mut Vec::new()) {
            let through = if *name == self.model.name { String::new() } else { format!(": `{name}` contains it") };
            let message = format!("`{}` would contain itself{through}", self.model.name);
            self.error(name.span(), message);
            return None;
        }
        if model.generics.len() != use_.path.generics.len() {
            let wanted: Vec<String> = model.generics.iter().map(ToString::to_string).collect();
            let message = match wanted.as_slice() {
                [] => format!("`{name}` has no parameters"),
                wanted => format!("`{name}` wants its parameters: `{name}<{}>`", wanted.join(", ")),
            };
            self.error(name.span(), message);
            return None;
        }
        let arguments: Vec<Dim> =
            use_.path.generics.iter().filter_map(|expr| self.evaluate(|evaluate| evaluate.size(expr))).collect();
        if arguments.len() < model.generics.len() {
            return None;
        }
        let mut shape = |shape: &ast::Shape| self.header_shape(shape, &model.generics, &arguments);
        let inputs: Option<Vec<Shape>> =
            model.inputs.iter().map(|input| input.shape.as_ref().and_then(&mut shape)).collect();
        let outputs: Option<Vec<Shape>> = match &model.output {
            Some(Output::One(output)) => shape(output).map(|shape| vec![shape]),
            Some(Output::Several(outputs, _)) => {
                outputs.iter().map(|o| o.shape.as_ref().and_then(&mut shape)).collect()
            }
            None => None,
        };
        let (inputs, outputs) = (inputs?, outputs?);
        if let Some(stated) = use_.output.first() {
            let stated = self.shape(stated, false).0;
            let start = format!("`{name}` makes ");
            let text = message!(start, &outputs[0], ", and not ", &stated);
            self.diagnostics.require(check::equal(&stated, &outputs[0]), use_.output[0].span, text);
        }
        let record = |suffix: &str, many: bool| {
            let record = ident(&format!("{name}{suffix}"), name.span());
            many.then(|| Type::Own(record, arguments.clone()))
        };
        // Parameters of the model as far as it was read already; those of later ones are not needed for more than tables.
        Some(Header {
            ty: Type::Own(name.clone(), arguments.clone()),
            text: use_.path.to_string(),
            input_record: record("Input", inputs.len() > 1),
            output_record: record("Output", outputs.len() > 1),
            inputs: Some(inputs),
            outputs,
            parameters: None,
            stated: None,
        })
    }

    /// A shape of another model's header, with its parameters in place.
    fn header_shape(&self, shape: &ast::Shape, generics: &[Ident], arguments: &[Dim]) -> Option<Shape> {
        // `[]` is reported where it stands.
        if shape.dims.is_empty() && shape.element.is_none() {
            return None;
        }
        let mut dims = Vec::new();
        for expr in &shape.dims {
            let place = match &expr.kind {
                ExprKind::Path(path) => path.single().and_then(|name| generics.iter().position(|g| g == name)),
                _ => None,
            };
            let silent = super::Evaluate {
                constants: self.constants,
                is_value: &|_| false,
                parameters: &[],
                generics: &self.model.generics,
                diagnostics: self.silent,
            };
            dims.push(match place {
                Some(k) => arguments[k].clone(),
                None => silent.size(expr)?,
            });
        }
        let whole = matches!(shape.element, Some(ast::Element::U32));
        let element = if whole { crate::ir::Element::U32 } else { crate::ir::Element::F32 };
        Some(Shape { element, dims, record: None })
    }

    /// The output that a use states of a model from elsewhere.
    fn stated_header(&mut self, use_: &ModelUse) -> Option<Header> {
        let (path, span) = (&use_.path, use_.path.last.span());
        let shapes: Vec<(Shape, bool)> = use_.output.iter().map(|shape| self.shape(shape, false)).collect();
        if shapes.iter().any(|(_, good)| !good) {
            return None;
        }
        let outputs: Vec<Shape> = shapes.into_iter().map(|(shape, _)| shape).collect();
        if outputs.len() == 1 {
            let arguments: Option<Vec<Dim>> =
                path.generics.iter().map(|expr| self.evaluate(|evaluate| evaluate.size(expr))).collect();
            return Some(Header {
                ty: Type::Outside(crate::path::Path::new(path.tokens.clone()), arguments?),
                text: path.to_string(),
                inputs: None,
                outputs,
                input_record: None,
                output_record: None,
                parameters: None,
                stated: use_.output.first().map(|shape| shape.span),
            });
        }
        if self.file.lost && path.single && outputs.is_empty() {
            return None;
        }
        let text = path.last.to_string();
        let foreign = path.first().is_some_and(|first| crate::parse::MODULES.iter().any(|module| first == module));
        if let Some(help) = layers::absent::instead(layers::absent::LAYERS, &text).filter(|_| path.single || foreign) {
            self.error(span, format!("there is no layer `{path}`; {help}"));
            return None;
        }
        let meant = suggest(&text, layers::LAYERS.iter().map(|layer| layer.name()), layers::synonyms::LAYERS);
        let models: Vec<String> = self.file.models.iter().map(|model| model.name.to_string()).collect();
        let near = suggest(&text, models.iter().map(String::as_str), &[]);
        let message = match (meant, near) {
            (_, Some(model)) if path.single => {
                format!("there is no model `{text}` in this `model!`; did you mean `{model}`?")
            }
            (Some(layer), _) if path.single => format!(
                "there is no model `{text}` in this `model!`; did you mean the layer `{layer}`? A model from elsewhere states \
                its output: `-> {path}: [10]`"
            ),
            (Some(layer), _) if foreign && outputs.is_empty() => format!("`{path}` is `{layer}` here"),
            _ if outputs.is_empty() => {
                format!("the output of `{path}` is not known here; state it: `-> {path}: [10]`, and rustc verifies it")
            }
            _ => "a model from elsewhere with several outputs cannot be used here; give it one".to_owned(),
        };
        self.error(span, message);
        None
    }

    /// Several values side by side, as the inputs of one model.
    fn joined(&mut self, values: &[ValueId], record: &Type, span: Span) -> ValueId {
        let shapes: Vec<Shape> = values.iter().filter_map(|&value| self.values[value].shape.clone()).collect();
        let mut op =
            Op::new(Config::settings(quote!(dl::ops::tuple::Pack), offsets(&shapes)), SavedForBackward::NOTHING);
        op.each_input = true;
        let output = Shape::record(record.clone(), &shapes);
        let text = "join".to_owned();
        let inputs = values.to_vec();
        let raw = Raw { op, inputs, output, field: None, again: None, text, binding: None, stem: "joined", span };
        self.raw(raw).value().unwrap_or(0)
    }

    /// The outputs of one model, apart.
    fn parts(&mut self, value: ValueId, shapes: &[Shape], span: Span) -> Vec<ValueId> {
        let mut parts = Vec::new();
        for (k, shape) in shapes.iter().enumerate() {
            let mut fields = offsets(shapes);
            fields.extend(quote!(part: #k,));
            let op = Op::new(Config::settings(quote!(dl::ops::tuple::Unpack), fields), SavedForBackward::NOTHING);
            let (text, output) = ("part".to_owned(), shape.clone());
            let inputs = vec![value];
            let raw = Raw { op, inputs, output, field: None, again: None, text, binding: None, stem: "part", span };
            let part = self.raw(raw).value();
            // Those of a block are called after it.
            self.nameless.extend(part.filter(|_| self.scope.is_none()));
            parts.extend(part);
        }
        parts
    }
}

/// `lens: &[784, 20],`
fn offsets(shapes: &[Shape]) -> TokenStream {
    let lens = shapes.iter().map(Shape::len);
    quote!(lens: &[#(#lens),*],)
}

/// Whether `model` uses the model called `name`, or is it.
fn contains(file: &ast::File, model: &ast::Model, name: &str, seen: &mut Vec<String>) -> bool {
    if model.name == name {
        return true;
    }
    if seen.contains(&model.name.to_string()) {
        return false;
    }
    seen.push(model.name.to_string());
    let mut models = Vec::new();
    crate::visit::each_model(&model.body, &mut |path| models.push(path.last.to_string()));
    models.iter().any(|used| {
        let inner = file.models.iter().find(|model| model.name == used);
        inner.is_some_and(|inner| contains(file, inner, name, seen))
    })
}

/// `ImageEncoder` as `image_encoder`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_uppercase() && i > 0 {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}
