//! Evaluates arguments and dimensions: to a number where all numbers are known, else to an expression for rustc.

use super::constants::{Constant, Constants};
use crate::ast::{Expr, ExprKind, Operator, Path};
use crate::diagnostics::{Diagnostics, message};
use crate::dim::Dim;
use crate::names::is_capitalised;
use crate::number::Number;
use crate::suggest::{is_typo, suggest};

/// The context in which arguments are evaluated.
#[derive(Clone, Copy)]
pub struct Evaluate<'a> {
    pub constants: &'a Constants<'a>,
    /// Returns whether a name is a value of the network.
    pub is_value: &'a dyn Fn(&str) -> bool,
    /// The parameters of the block that is being unfolded.
    pub parameters: &'a [String],
    /// The parameters of the model.
    pub generics: &'a [proc_macro2::Ident],
    pub diagnostics: &'a Diagnostics,
}

impl Evaluate<'_> {
    /// Evaluates a size of type `usize`; `None` if a mistake was reported.
    pub fn size(&self, expr: &Expr) -> Option<Dim> {
        match &expr.kind {
            ExprKind::Number(syn::Lit::Int(literal)) if matches!(literal.suffix(), "" | "usize") => {
                let parsed = literal.base10_parse::<usize>().ok();
                if parsed.is_none() {
                    self.diagnostics.error(expr.start, format!("`{literal}` is too large for a size"));
                }
                parsed.map(Dim::Known)
            }
            ExprKind::Path(path) => match self.constant(path)? {
                Constant::Size(dim) => Some(dim),
                Constant::Number(_) => {
                    let message = format!("`{path}` is an `f32`, but a size is a `usize`");
                    self.error(expr, message)
                }
                Constant::Broken => None,
            },
            ExprKind::Dim(dim) => Some(dim.clone()),
            ExprKind::Parens(inner) => self.size(inner),
            ExprKind::Binary(a, operator, at, b) => {
                // Both sides are evaluated first, so that mistakes in both are reported.
                let (a, b) = (self.size(a), self.size(b));
                let (a, b) = (a?, b?);
                let valid = match operator {
                    Operator::Sub => {
                        let text = message!(&a, " - ", &b, " is less than 0, and a size cannot be");
                        self.diagnostics.require(a.at_least(&b), *at, text)
                    }
                    Operator::Div | Operator::Rem => {
                        let nonzero = b.at_least(&Dim::Known(1));
                        self.diagnostics.require(nonzero, *at, "this divides by zero")
                    }
                    Operator::Add | Operator::Mul => true,
                };
                valid.then(|| match operator {
                    Operator::Add => a.add(&b),
                    Operator::Sub => a.sub(&b),
                    Operator::Mul => a.mul(&b),
                    Operator::Div => a.div(&b),
                    Operator::Rem => a.rem(&b),
                })
            }
            ExprKind::Range => {
                self.error(expr, "a length (`..`) stands in the shape of an input or an output: `tokens: u32[..]`")
            }
            ExprKind::Negative(_) => self.error(expr, "a size cannot be negative"),
            ExprKind::Broken => None,
            ExprKind::Number(_) => {
                let whole = whole(&expr.to_string());
                let help = whole.map_or(String::new(), |n| format!("; write `{n}`"));
                self.error(expr, format!("expected a whole number, found `{expr}`{help}"))
            }
            _ => self.error(expr, format!("expected a whole number, found `{expr}`")),
        }
    }

    /// Evaluates a number of type `f32`; `None` if a mistake was reported.
    pub fn number(&self, expr: &Expr) -> Option<Number> {
        match &expr.kind {
            ExprKind::Number(literal) => {
                let value = match literal {
                    syn::Lit::Int(literal) => literal.base10_parse::<f64>().or(literal.base10_digits().parse()).ok(),
                    syn::Lit::Float(literal) => literal.base10_digits().parse().ok(),
                    _ => None,
                };
                let number = value.and_then(Number::finite);
                number.or_else(|| self.error(expr, format!("`{expr}` is too large for an `f32`")))
            }
            ExprKind::Path(path) => match self.constant_or(path, |path| Constant::Number(path_number(path)))? {
                Constant::Size(dim) => Some(Number::from(&dim)),
                Constant::Number(number) => Some(number),
                Constant::Broken => None,
            },
            ExprKind::Dim(dim) => Some(Number::from(dim)),
            ExprKind::Parens(inner) => self.number(inner),
            ExprKind::Negative(inner) => self.number(inner).map(|number| number.negative()),
            ExprKind::Binary(a, operator, at, b) => {
                let (a, b) = (self.number(a), self.number(b));
                self.combine(&a?, *operator, *at, &b?)
            }
            ExprKind::Broken => None,
            _ => self.error(expr, format!("expected a number, found `{expr}`")),
        }
    }

    /// Applies `operator`, whose token is at `at`, to `a` and `b`; `None` if a mistake was reported.
    pub fn combine(&self, a: &Number, operator: Operator, at: proc_macro2::Span, b: &Number) -> Option<Number> {
        let result = a.combine(operator, b);
        if result.is_none() {
            let text = message!("", a, format!(" {} ", operator.symbol()), b, " is no finite `f32`");
            self.diagnostics.error(at, text);
        }
        result
    }

    fn constant(&self, path: &Path) -> Option<Constant> {
        self.constant_or(path, |path| Constant::Size(Dim::External(crate::path::Path::new(path.tokens.clone()))))
    }

    /// Returns the constant that `path` names; `outside` makes one from outside of the macro.
    fn constant_or(&self, path: &Path, outside: impl Fn(&Path) -> Constant) -> Option<Constant> {
        let Some(name) = path.single() else { return Some(outside(path)) };
        if self.generics.contains(name) {
            return Some(Constant::Size(Dim::Parameter(name.clone())));
        }
        if let Some(constant) = self.constants.get(name) {
            return Some(constant);
        }
        if (self.is_value)(&name.to_string()) {
            let message = format!("`{name}` is a value of the network; sizes and settings are numbers and constants");
            self.diagnostics.error(name.span(), message);
            return None;
        }
        if crate::names::is_keyword(name) {
            self.diagnostics.error(name.span(), format!("expected a number or a constant, found `{name}`"));
            return None;
        }
        // A name that differs from a constant of the macro by a typo is reported rather than taken for one from outside.
        let mut own = self.constants.names();
        own.extend(self.generics.iter().map(ToString::to_string));
        if let Some(meant) = own.iter().find(|own| is_capitalised(name) && is_typo(&name.to_string(), own)) {
            let message = format!(
                "there is no constant `{name}` in this `model!`; did you mean `{meant}`? One from outside is told apart by its \
                path: `self::{name}`"
            );
            if self.constants.first_typo(name) {
                self.diagnostics.error(name.span(), message);
            }
            return None;
        }
        // It may be declared in a part that was skipped after a mistake.
        if self.constants.names_missing {
            return None;
        }
        // Constants are in capitals. Any other name that the macro does not know is a mistake, which rustc would report less clearly.
        if !is_capitalised(name) && crate::layers::find(&name.to_string()).is_some_and(|layer| !layer.gives_way()) {
            self.diagnostics.error(name.span(), format!("expected a number or a constant, found the layer `{name}`"));
            return None;
        }
        if !is_capitalised(name) {
            let constants = self.constants.names();
            let generics: Vec<String> = self.generics.iter().map(ToString::to_string).collect();
            let known = self.parameters.iter().chain(&constants).chain(&generics).map(String::as_str);
            let help = match suggest(&name.to_string(), known, &[]) {
                Some(meant) => format!("; did you mean `{meant}`?"),
                None => "; sizes and settings are numbers, and constants in capitals".to_owned(),
            };
            self.diagnostics.error(name.span(), format!("there is no number `{name}` here{help}"));
            return None;
        }
        Some(outside(path))
    }

    fn error<T>(&self, expr: &Expr, message: impl Into<crate::diagnostics::Message>) -> Option<T> {
        self.diagnostics.error_between(expr.start, expr.end, message);
        None
    }
}

/// Returns the value of a literal such as `1e3`, `16.0` or `16u32`, if it is a whole number.
pub fn whole(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(['u', 'i', 'f']);
    let number = |text: &str| text.replace('_', "").parse::<f64>().ok();
    let value = number(text).or_else(|| number(digits))?;
    (value >= 1.0 && value.fract() == 0.0 && value < 1e15).then_some(value as u64)
}

/// Returns a constant of type `f32` from outside.
pub fn path_number(path: &Path) -> Number {
    Number::Expr(path.tokens.clone())
}
