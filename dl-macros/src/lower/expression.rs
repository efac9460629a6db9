//! Lowers expressions: names, pipes and operators.

use super::constants::Constant;
use super::{Lowered, Lowering};
use crate::ast::{Expr, ExprKind, Layer, Operator, Stage};
use crate::layers;
use crate::number::Number;
use crate::suggest::{did_you_mean, suggest};
use proc_macro2::{Ident, Span};

impl Lowering<'_> {
    /// Lowers `expr`; `name` is the name of the `let`.
    pub(super) fn expression(&mut self, expr: &Expr, name: Option<&Ident>) -> Lowered {
        // Only the first layer in braces reads their input.
        let implicit = self.implicit.take();
        match &expr.kind {
            ExprKind::Number(_) | ExprKind::Dim(_) => self.number(expr),
            ExprKind::Path(path) => match path.single() {
                Some(single) if implicit.is_some() && self.is_layer(single) => {
                    let layer = Layer { name: single.clone(), arguments: Vec::new(), rename: None, broken: false };
                    self.apply(&layer, implicit, name)
                }
                Some(single) => self.lookup(single, expr),
                None => self.number(expr),
            },
            ExprKind::Call(layer) => {
                let reads = layers::find(&layer.name.to_string()).is_none_or(|layer| layer.operands() > 0);
                self.apply(layer, implicit.filter(|_| reads), name)
            }
            ExprKind::Pipe(from, stages) => {
                self.implicit = implicit;
                let mut lowered = self.expression(from, None);
                for (i, stage) in stages.iter().enumerate() {
                    let name = name.filter(|_| i + 1 == stages.len());
                    lowered = self.stage(stage, Some(lowered), name);
                }
                lowered
            }
            ExprKind::Binary(a, operator, at, b) => {
                let before = self.diagnostics.count();
                let (a, b) = (self.expression(a, None), self.expression(b, None));
                // After a mistake in one of the sides, they need not fit.
                let silent = self.diagnostics.count() > before;
                let diagnostics = self.diagnostics;
                self.diagnostics = if silent { self.silent } else { diagnostics };
                let lowered = self.binary(a, *operator, *at, b, name);
                self.diagnostics = diagnostics;
                if silent { self.error_value(expr.start, None) } else { lowered }
            }
            ExprKind::Negative(a) => match self.expression(a, None) {
                Lowered::Number(number) => Lowered::Number(number.negative()),
                value => self.binary(Lowered::Number(Number::Known(-1.0)), Operator::Mul, expr.start, value, name),
            },
            ExprKind::Parens(inner) => {
                self.implicit = implicit;
                self.expression(inner, name)
            }
            ExprKind::Stage(stage) => self.stage(stage, implicit, name),
            ExprKind::If(choice) => self.choose(choice, implicit, expr.start),
            ExprKind::Tuple(items) => {
                let values = items.iter().map(|item| match self.expression(item, None) {
                    Lowered::Value(value) => Some(value),
                    _ => {
                        let message = format!("expected a value of the network, found `{item}`");
                        self.diagnostics.error_between(item.start, item.end, message);
                        None
                    }
                });
                match values.collect::<Vec<_>>().into_iter().collect() {
                    Some(values) => Lowered::Several(values),
                    None => self.error_value(expr.start, None),
                }
            }
            ExprKind::List(items) => {
                let names: Vec<String> = items.iter().map(ToString::to_string).collect();
                let message = format!("a list is no value; layers take several as `concat({})`", names.join(", "));
                let layers = items.iter().any(|item| matches!(item.kind, ExprKind::Call(_)));
                let arrows = "a list is no value; arrows lead from layer to layer: `x -> dense(16) -> relu`".to_owned();
                self.diagnostics.error_between(expr.start, expr.end, if layers { arrows } else { message });
                items.iter().for_each(|item| self.mark_used(item));
                self.error_value(expr.start, None)
            }
            ExprKind::Flag(_) | ExprKind::Text(_) | ExprKind::Range => {
                let message = format!("expected a value of the network, found `{expr}`");
                self.diagnostics.error_between(expr.start, expr.end, message);
                self.error_value(expr.start, None)
            }
            ExprKind::Broken => self.error_value(expr.start, None),
        }
    }

    /// Lowers a number.
    fn number(&mut self, expr: &Expr) -> Lowered {
        match self.evaluate(|evaluate| evaluate.number(expr)) {
            Some(number) => Lowered::Number(number),
            None => self.error_value(expr.start, None),
        }
    }

    /// Lowers `name`, which is a value or a constant.
    fn lookup(&mut self, name: &Ident, expr: &Expr) -> Lowered {
        if let Some(lowered) = self.bound(&name.to_string()) {
            return lowered;
        }
        let model = self.file.models.iter().any(|model| model.name == *name);
        if model && !self.constants.has(name) {
            let input = self.suggested_value();
            self.error(name.span(), format!("`{name}` is a model, and wants a value: `{input} -> {name}`"));
            return self.error_value(name.span(), None);
        }
        let constant = self.constants.get(name);
        let outside = crate::names::is_capitalised(name);
        if constant.is_some() || outside {
            return match constant {
                Some(Constant::Broken) => self.error_value(name.span(), None),
                _ => self.number(expr),
            };
        }
        let text = name.to_string();
        let message = if let Some(layer) = layers::find(&text) {
            let input = self.visible().last().map_or("x".to_owned(), |binding| binding.name.to_string());
            format!("`{}` is a layer, and wants a value: `{input} -> {text}`", layer.name())
        } else if self.find_block(name).is_some() {
            let input = self.visible().last().map_or("x".to_owned(), |binding| binding.name.to_string());
            format!("`{text}` is a block, and wants a value: `{input} -> {text}`")
        } else if self.names.layer(&text).is_some() {
            format!("`{text}` is a layer, not a value; bind its output with `let`")
        } else if crate::names::is_keyword(name) {
            format!("expected a value of the network, found `{text}`")
        } else {
            let known: Vec<String> = self.visible().iter().map(|binding| binding.name.to_string()).collect();
            let meant = suggest(&text, known.iter().map(String::as_str), &[]);
            // The suggested value counts as used.
            meant.as_deref().and_then(|meant| self.bound(meant));
            let hidden = self.bindings[..self.frame].iter().any(|binding| binding.name == text);
            let help = match (&meant, known.as_slice()) {
                _ if !self.in_loss
                    && self.model.loss.iter().flat_map(|loss| &loss.targets).any(|target| target.name == text) =>
                {
                    " in the body; it is a target of the loss".to_owned()
                }
                (None, _) if hidden => format!(" in this block, which sees what it takes: `(…, {text}: [_])`"),
                (None, [.., last]) => {
                    let target = format!("; what the data set gives is declared: `loss({text}: …)`");
                    let target = match self.in_loss {
                        // The values of a loss that stands alone are those in its parentheses.
                        true if !self.model.is_loss => target,
                        _ => String::new(),
                    };
                    format!("; {}{target}", list(&known, last))
                }
                _ => did_you_mean(meant),
            };
            // It may be missing after a mistake in the header.
            if self.model.header_broken || self.file.names_missing {
                return self.error_value(name.span(), None);
            }
            format!("there is no value `{text}`{help}")
        };
        self.error(name.span(), message);
        self.error_value(name.span(), None)
    }

    fn stage(&mut self, stage: &Stage, piped: Option<Lowered>, name: Option<&Ident>) -> Lowered {
        match stage {
            Stage::Layer(layer) => self.apply(layer, piped, name),
            Stage::Combinator(combinator) => self.combine(combinator, piped, name),
            Stage::Model(model) => self.use_model(model, piped, name),
            Stage::If(choice, at) => self.choose(choice, piped, *at),
            Stage::Broken => self.error_value(Span::call_site(), None),
        }
    }

    /// Returns whether a name alone is a layer here, and not a value.
    fn is_layer(&self, name: &Ident) -> bool {
        let text = name.to_string();
        let value = self.visible().iter().any(|binding| binding.name == text);
        !value
            && (layers::find(&text).is_some() || self.names.layer(&text).is_some() || self.find_block(name).is_some())
    }
}

/// Lists values: ``the values here are `a`, `b` and `c` ``.
fn list(names: &[String], last: &str) -> String {
    let mut names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.dedup();
    if names.len() < 2 {
        return format!("the value here is `{last}`");
    }
    let last = names.pop().unwrap_or_default();
    format!("the values here are {} and {last}", names.join(", "))
}
