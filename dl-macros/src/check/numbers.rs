//! Checks that numbers are within their limits.

use crate::call::Call;
use crate::diagnostics::{Message, message};
use crate::dim::Cond;
use crate::number::Number;

/// Requires a number between 0 and 1.
pub fn rate(call: &Call, name: &str) -> bool {
    limit(call, name, |rate| rate.within(0.0, 1.0, true), "must be between 0 and 1")
}

/// Requires a number between -1 and 1.
pub fn cosine(call: &Call, name: &str) -> bool {
    limit(call, name, |cosine| cosine.within(-1.0, 1.0, true), "must be between -1 and 1")
}

/// Requires a number above 0.
pub fn positive(call: &Call, name: &str) -> bool {
    limit(call, name, Number::is_positive, "must be above 0")
}

/// Requires a number of at least 0.
pub fn not_negative(call: &Call, name: &str) -> bool {
    limit(call, name, |number| number.within(0.0, f32::MAX.into(), true), "must not be negative")
}

/// Requires that a divisor is not 0.
pub fn divisor(call: &Call, divisor: &Number) -> Option<()> {
    call.diagnostics.require(divisor.is_not_zero(), call.span, "this divides by zero").then_some(())
}

/// Requires that the number `name` is `allowed`; `rule` states the limit in words.
fn limit(call: &Call, name: &str, allowed: impl Fn(&Number) -> Cond, rule: &str) -> bool {
    let number = call.number(name);
    let found = match &number {
        Number::Known(_) => message!(", and is ", &number),
        Number::Expr(_) => Message::default(),
    };
    let text = message!(format!("the {name} of `{}` {rule}", call.name), found);
    call.diagnostics.require(allowed(&number), call.at(name), text)
}
