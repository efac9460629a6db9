//! Numbers of type `f32`: each is known to the macro or an expression that only rustc can evaluate.

use crate::ast::Operator;
use crate::diagnostics::Message;
use crate::dim::{Cond, Dim};
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

/// A number such as a factor, a rate or a slope.
#[derive(Clone, Debug)]
pub enum Number {
    /// A number known at expansion.
    Known(f64),
    /// A constant expression of type `f32`, which only rustc can evaluate.
    Expr(TokenStream),
}

impl Number {
    /// Applies `operator`; `None` if the result is not a finite `f32`.
    pub fn combine(&self, operator: Operator, other: &Number) -> Option<Number> {
        match (self, other) {
            (Number::Known(a), Number::Known(b)) => Number::finite(match operator {
                Operator::Add => a + b,
                Operator::Sub => a - b,
                Operator::Mul => a * b,
                Operator::Div => a / b,
                Operator::Rem => a % b,
            }),
            (a, b) => {
                let operator = proc_macro2::Punct::new(operator.symbol(), proc_macro2::Spacing::Alone);
                Some(Number::Expr(quote!((#a #operator #b))))
            }
        }
    }
    /// Returns `value` as a number, if it is finite as an `f32`.
    pub fn finite(value: f64) -> Option<Number> {
        (value as f32).is_finite().then_some(Number::Known(value))
    }
    /// Returns `-self`.
    pub fn negative(&self) -> Number {
        match self {
            Number::Known(value) => Number::Known(-value),
            Number::Expr(expr) => Number::Expr(quote!((-#expr))),
        }
    }
    /// Returns the condition `low <= self && self <= high`, or `self < high` unless `inclusive`.
    pub fn within(&self, low: f64, high: f64, inclusive: bool) -> Cond {
        match self {
            Number::Known(value) => Cond::Known(*value >= low && (*value < high || inclusive && *value == high)),
            Number::Expr(expr) => {
                let (low, high) = (Number::Known(low), Number::Known(high));
                let less = if inclusive { quote!(<=) } else { quote!(<) };
                Cond::Expr(quote!((#low <= #expr && #expr #less #high)))
            }
        }
    }
    /// Returns the condition `self <= other`.
    pub fn at_most(&self, other: &Number) -> Cond {
        match (self, other) {
            (Number::Known(a), Number::Known(b)) => Cond::Known(a <= b),
            (a, b) => Cond::Expr(quote!((#a <= #b))),
        }
    }
    /// Returns the condition `self > 0`.
    pub fn is_positive(&self) -> Cond {
        match self {
            Number::Known(value) => Cond::Known(*value as f32 > 0.0),
            Number::Expr(expr) => Cond::Expr(quote!((#expr > 0.0))),
        }
    }
    /// Returns the condition `self != 0`.
    pub fn is_not_zero(&self) -> Cond {
        match self {
            Number::Known(value) => Cond::Known(*value as f32 != 0.0),
            Number::Expr(expr) => Cond::Expr(quote!((#expr != 0.0))),
        }
    }
}

impl From<&Dim> for Number {
    fn from(dim: &Dim) -> Self {
        match dim {
            Dim::Known(n) => Number::Known(*n as f64),
            dim => Number::Expr(quote!((#dim as f32))),
        }
    }
}

/// Writes the number, or the user's expression if the macro does not know it: rustc cannot format an `f32` in a constant.
impl From<&Number> for Message {
    fn from(number: &Number) -> Self {
        Message::from(match number {
            Number::Known(value) => format!("{value}"),
            Number::Expr(expr) => format!("{expr}"),
        })
    }
}

/// Writes a constant expression of type `f32`.
impl ToTokens for Number {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            // `finite` has excluded infinities and NaN.
            Number::Known(value) => {
                let value = (*value as f32).clamp(f32::MIN, f32::MAX);
                let literal = Literal::f32_unsuffixed(value.abs());
                tokens.extend(if value < 0.0 { quote!(-#literal) } else { quote!(#literal) });
            }
            Number::Expr(expr) => expr.to_tokens(tokens),
        }
    }
}
