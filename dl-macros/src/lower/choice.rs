//! `if`: the macro chooses one of two bodies, by numbers that it knows.

use super::{Flow, Lowering};
use crate::ast::{Condition, ExprKind, If};
use crate::dim::Dim;
use proc_macro2::Span;

impl Lowering<'_> {
    /// The body that is chosen; `piped` flows into it.
    pub(super) fn choose(&mut self, choice: &If, piped: Option<Flow>, at: Span) -> Flow {
        let Some(chosen) = self.holds(&choice.condition) else { return self.poisoned(at, None) };
        let body = if chosen { &choice.then } else { &choice.otherwise };
        let bindings = self.bindings.len();
        let flow = self.statements(body, piped.as_ref());
        self.bindings.truncate(bindings);
        flow.unwrap_or_else(|| self.poisoned(at, None))
    }

    /// Whether a condition holds; `None` when a mistake was reported.
    fn holds(&mut self, condition: &Condition) -> Option<bool> {
        match condition {
            Condition::Flag(expr) => match &expr.bare().kind {
                ExprKind::Flag(flag) => Some(*flag),
                _ => {
                    let message = format!("expected a comparison, `true` or `false`, found `{expr}`");
                    self.diagnostics.error_between(expr.start, expr.end, message);
                    None
                }
            },
            Condition::Not(inner) => self.holds(inner).map(|holds| !holds),
            // Both sides, so that mistakes in both are reported.
            Condition::And(a, b) => self.holds(a).zip(self.holds(b)).map(|(a, b)| a && b),
            Condition::Or(a, b) => self.holds(a).zip(self.holds(b)).map(|(a, b)| a || b),
            Condition::Compare(a, operator, at, b) => {
                if let (ExprKind::Flag(a), ExprKind::Flag(b)) = (&a.bare().kind, &b.bare().kind) {
                    return Some((a == b) == (*operator == "=="));
                }
                let (a, b) = self.evaluate(|evaluate| (evaluate.size(a), evaluate.size(b)));
                let (Dim::Known(a), Dim::Known(b)) = (a?, b?) else {
                    let message = "the macro chooses, and must know both numbers: they are a constant from outside, or a \
                        parameter of the model; a constant can be declared inside `model!`";
                    self.error(*at, message);
                    return None;
                };
                Some(match *operator {
                    "==" => a == b,
                    "!=" => a != b,
                    "<" => a < b,
                    "<=" => a <= b,
                    ">" => a > b,
                    _ => a >= b,
                })
            }
        }
    }
}
