//! Expressions of values: what a name stands for, and what flows through pipes and operators.

use super::constants::Constant;
use super::{Flow, Lowering};
use crate::ast::{Expr, ExprKind, Operator, Stage};
use crate::layers;
use crate::number::Number;
use crate::suggest::{did_you_mean, suggest};
use proc_macro2::{Ident, Span};

impl Lowering<'_> {
    /// The value of `expr`; `name` is what a `let` calls it.
    pub(super) fn flow(&mut self, expr: &Expr, name: Option<&Ident>) -> Flow {
        match &expr.kind {
            ExprKind::Number(_) => self.number(expr),
            ExprKind::Path(path) => match path.single() {
                Some(single) => self.lookup(single, expr),
                None => self.number(expr),
            },
            ExprKind::Call(layer) => self.apply(layer, None, name),
            ExprKind::Pipe(from, stages) => {
                let mut flow = self.flow(from, None);
                for (i, stage) in stages.iter().enumerate() {
                    let name = name.filter(|_| i + 1 == stages.len());
                    flow = self.stage(stage, Some(flow), name);
                }
                flow
            }
            ExprKind::Binary(a, operator, at, b) => {
                let (a, b) = (self.flow(a, None), self.flow(b, None));
                self.binary(a, *operator, *at, b, name)
            }
            ExprKind::Negative(a) => match self.flow(a, None) {
                Flow::Number(number) => Flow::Number(number.negative()),
                value => self.binary(Flow::Number(Number::Known(-1.0)), Operator::Mul, expr.start, value, name),
            },
            ExprKind::Parens(inner) => self.flow(inner, name),
            ExprKind::Stage(stage) => self.stage(stage, None, name),
            ExprKind::Flag(_) | ExprKind::List(_) | ExprKind::Range => {
                let message = format!("expected a value of the network, found `{expr}`");
                self.diagnostics.error_between(expr.start, expr.end, message);
                self.poisoned(expr.start, None)
            }
            ExprKind::Broken => self.poisoned(expr.start, None),
        }
    }

    /// A number, or what a mistake leaves.
    fn number(&mut self, expr: &Expr) -> Flow {
        match self.evaluate(|evaluate| evaluate.number(expr)) {
            Some(number) => Flow::Number(number),
            None => self.poisoned(expr.start, None),
        }
    }

    /// What `name` stands for: a value, or a constant.
    fn lookup(&mut self, name: &Ident, expr: &Expr) -> Flow {
        if let Some(binding) = self.bindings.iter_mut().rev().find(|binding| binding.name == *name) {
            binding.used = true;
            return binding.flow.clone();
        }
        let constant = self.constants.get(name);
        let outside = crate::parse::is_capitalised(name);
        if constant.is_some() || outside {
            return match constant {
                Some(Constant::Broken) => self.poisoned(name.span(), None),
                _ => self.number(expr),
            };
        }
        let text = name.to_string();
        let message = if let Some(layer) = layers::find(&text) {
            let input = self.bindings.last().map_or("x".to_owned(), |binding| binding.name.to_string());
            format!("`{}` is a layer, and wants a value: `{input} -> {text}`", layer.name())
        } else if self.named.contains_key(&text) {
            format!("`{text}` is a layer, not a value; bind its output with `let`")
        } else if crate::parse::is_keyword(name) {
            format!("expected a value of the network, found `{text}`")
        } else {
            let known: Vec<String> = self.bindings.iter().map(|binding| binding.name.to_string()).collect();
            let meant = suggest(&text, known.iter().map(String::as_str), &[]);
            // The value that was meant is used.
            if let Some(binding) =
                self.bindings.iter_mut().rev().find(|b| meant.as_deref() == Some(&b.name.to_string()))
            {
                binding.used = true;
            }
            let help = match (&meant, known.as_slice()) {
                (None, [.., last]) => format!("; the values here are {}", list(&known, last)),
                _ => did_you_mean(meant),
            };
            format!("there is no value `{text}`{help}")
        };
        self.error(name.span(), message);
        self.poisoned(name.span(), None)
    }

    fn stage(&mut self, stage: &Stage, piped: Option<Flow>, name: Option<&Ident>) -> Flow {
        match stage {
            Stage::Layer(layer) => self.apply(layer, piped, name),
            Stage::Combinator(word) => self.later(word, format!("`{word} {{ … }}` is not supported yet")),
            Stage::Model(path) => {
                let text = path.last.to_string();
                let meant = suggest(&text, layers::LAYERS.iter().map(|layer| layer.name()), layers::synonyms::LAYERS);
                let help = match meant {
                    Some(layer) if path.single => format!("; did you mean the layer `{layer}`?"),
                    _ => String::new(),
                };
                let message = format!("`{path}` is a model, and models inside models are not supported yet{help}");
                self.later(&path.last, message)
            }
            Stage::Broken => self.poisoned(Span::call_site(), None),
        }
    }

    /// Says that a feature is not built yet.
    fn later(&mut self, at: &Ident, message: String) -> Flow {
        self.error(at.span(), message);
        self.poisoned(at.span(), None)
    }
}

/// `` `a`, `b` and `c` ``
fn list(names: &[String], last: &str) -> String {
    let mut names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.dedup();
    if names.len() < 2 {
        return format!("`{last}` alone");
    }
    let last = names.pop().unwrap_or_default();
    format!("{} and {last}", names.join(", "))
}
