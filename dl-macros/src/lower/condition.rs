//! Lowers `if`: the macro chooses one of two bodies by numbers that it knows.

use super::{Lowered, Lowering};
use crate::ast::{Comparison, Condition, ExprKind, If};
use crate::dim::Dim;
use proc_macro2::Span;

impl Lowering<'_> {
    /// Lowers the chosen body, whose first layer reads `piped`.
    pub(super) fn choose(&mut self, choice: &If, piped: Option<Lowered>, at: Span) -> Lowered {
        let Some(chosen) = self.holds(&choice.condition) else { return self.error_value(at, None) };
        let body = if chosen { &choice.then } else { &choice.otherwise };
        let bindings = self.bindings.len();
        let lowered = self.statements(body, piped.as_ref());
        if !self.model.broken {
            self.unused(bindings, 0);
        }
        self.bindings.truncate(bindings);
        lowered.unwrap_or_else(|| self.error_value(at, None))
    }

    /// Returns whether a condition holds; `None` if a mistake was reported.
    fn holds(&mut self, condition: &Condition) -> Option<bool> {
        match condition {
            Condition::Flag(expr) => match &expr.bare().kind {
                ExprKind::Flag(flag) => Some(*flag),
                ExprKind::Broken => None,
                _ => {
                    let message = format!("expected a comparison, `true` or `false`, found `{expr}`");
                    self.diagnostics.error_between(expr.start, expr.end, message);
                    None
                }
            },
            Condition::Not(inner) => self.holds(inner).map(|holds| !holds),
            // Both sides are evaluated, so that mistakes in both are reported.
            Condition::And(a, b) => self.holds(a).zip(self.holds(b)).map(|(a, b)| a && b),
            Condition::Or(a, b) => self.holds(a).zip(self.holds(b)).map(|(a, b)| a || b),
            Condition::Compare(a, operator, b) => {
                if let (ExprKind::Flag(a), ExprKind::Flag(b)) = (&a.bare().kind, &b.bare().kind) {
                    return Some((a == b) == (*operator == Comparison::Equal));
                }
                let sides = self.evaluate(|evaluate| (evaluate.size(a), evaluate.size(b)));
                let (x, y) = (sides.0?, sides.1?);
                let (Dim::Known(a), Dim::Known(b)) = (&x, &y) else {
                    // It may be a constant whose name is missing after a mistake.
                    if self.file.names_missing {
                        return None;
                    }
                    let (unknown, expr) = if x.known().is_none() { (x, a) } else { (y, b) };
                    let message = match unknown {
                        Dim::Parameter(name) => format!(
                            "the macro chooses here, and does not know the parameter `{name}`; make it a parameter of a block, or \
                            two models"
                        ),
                        _ => format!(
                            "the macro chooses here, and does not know `{expr}` from outside; declare it inside `model!`: \
                            `const {expr}: usize = …;`"
                        ),
                    };
                    self.diagnostics.error_between(expr.start, expr.end, message);
                    return None;
                };
                Some(operator.holds(a, b))
            }
        }
    }
}
