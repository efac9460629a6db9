//! Finds the interface of a model that another model uses: in the same `model!`, or as the use of a model from outside states it.

use super::Lowering;
use crate::ast::{self, ExprKind, ModelUse, Output, Path};
use crate::check;
use crate::diagnostics::message;
use crate::dim::Dim;
use crate::ir::{Length, Shape};
use crate::layers;
use crate::names::ident;
use crate::suggest::suggest;
use crate::types::Type;
use proc_macro2::{Ident, Span};

/// The interface of a model, as far as the macro knows it at a use.
#[derive(Clone)]
pub(super) struct Header {
    pub ty: Type,
    /// The path as the user wrote it.
    pub text: String,
    /// The shapes of its inputs; `None` for a model from outside, whose inputs only rustc knows.
    pub inputs: Option<Vec<Shape>>,
    pub outputs: Vec<Shape>,
    /// The struct of several inputs.
    pub input_record: Option<Type>,
    /// The struct of several outputs.
    pub output_record: Option<Type>,
    pub parameters: Option<Dim>,
    /// The span at which a use states the output of a model from outside.
    pub stated: Option<Span>,
}

impl Lowering<'_> {
    /// Returns the model of the same macro that `path` names.
    pub(super) fn known(&self, path: &Path) -> Option<&ast::Model> {
        self.file.models.iter().find(|model| path.single && model.name == path.last)
    }

    /// Returns the interface of a model of the same macro.
    pub(super) fn known_header(&mut self, use_: &ModelUse) -> Option<Header> {
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
            many.then(|| Type::Declared(record, arguments.clone()))
        };
        // The model may not be lowered yet, so its number of parameters is unknown; only tables show it.
        Some(Header {
            ty: Type::Declared(name.clone(), arguments.clone()),
            text: use_.path.to_string(),
            input_record: record("Input", inputs.len() > 1),
            output_record: record("Output", outputs.len() > 1),
            inputs: Some(inputs),
            outputs,
            parameters: None,
            stated: None,
        })
    }

    /// Evaluates a shape in the header of another model, whose parameters `arguments` replace.
    fn header_shape(&self, shape: &ast::Shape, generics: &[Ident], arguments: &[Dim]) -> Option<Shape> {
        // An empty shape is reported at its declaration.
        if shape.dims.is_empty() && shape.element.is_none() {
            return None;
        }
        // The uses of the model replace it by the length of what flows in.
        let length = shape.length.as_ref().map(|_| Length { index: 0, name: None, bound: None });
        let mut dims = Vec::new();
        for expr in &shape.dims {
            let parameter = match &expr.kind {
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
            dims.push(match parameter {
                Some(k) => arguments[k].clone(),
                None => silent.size(expr)?,
            });
        }
        let whole = matches!(shape.element, Some(ast::Element::U32));
        let element = if whole { crate::ir::Element::U32 } else { crate::ir::Element::F32 };
        Some(Shape { element, length, dims, record: None, in_blocks: false })
    }

    /// Returns the interface of a model from outside, whose output the use states.
    pub(super) fn stated_header(&mut self, use_: &ModelUse) -> Option<Header> {
        let (path, span) = (&use_.path, use_.path.last.span());
        let shapes: Vec<(Shape, bool)> = use_.output.iter().map(|shape| self.shape(shape, false)).collect();
        if shapes.iter().any(|(_, valid)| !valid) {
            return None;
        }
        let outputs: Vec<Shape> = shapes.into_iter().map(|(shape, _)| shape).collect();
        if outputs.len() == 1 {
            let arguments: Option<Vec<Dim>> =
                path.generics.iter().map(|expr| self.evaluate(|evaluate| evaluate.size(expr))).collect();
            return Some(Header {
                ty: Type::External(crate::path::Path::new(path.tokens.clone()), arguments?),
                text: path.to_string(),
                inputs: None,
                outputs,
                input_record: None,
                output_record: None,
                parameters: None,
                stated: use_.output.first().map(|shape| shape.span),
            });
        }
        if self.file.names_missing && path.single && outputs.is_empty() {
            return None;
        }
        let text = path.last.to_string();
        let foreign = path.first().is_some_and(|first| crate::parse::MODULES.iter().any(|module| first == module));
        if let Some(help) =
            layers::unsupported::advice(layers::unsupported::LAYERS, &text).filter(|_| path.single || foreign)
        {
            self.error(span, format!("there is no layer `{path}`; {help}"));
            return None;
        }
        let meant = suggest(&text, layers::all().map(|layer| layer.name()), layers::synonyms::LAYERS);
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
}

/// Returns whether `model` is the model called `name` or uses it.
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
