//! Checks the operands of layers that look along time: sequences of rows.

use crate::call::{Call, Operand};
use crate::diagnostics::message;
use crate::dim::Dim;
use crate::ir::{Length, Shape};

/// A sequence of rows of features.
#[derive(Clone)]
pub struct Time {
    /// The number of features of a row.
    pub features: Dim,
    /// The number of rows of a static sequence `[t, n]`; `None` if the length is only known at run time.
    pub steps: Option<Dim>,
    /// The run-time length.
    pub length: Option<Length>,
}

impl Time {
    /// Returns the shape of a sequence of the same length with rows of `features` numbers.
    pub fn with_features(&self, features: Dim) -> Shape {
        let dims: Vec<Dim> = self.steps.iter().cloned().chain([features]).collect();
        Shape::of(dims).with_length(self.length.clone())
    }
    /// Returns the number of rows for one sample in counts such as multiply-adds, which count one row where the length is unknown.
    pub fn counted_steps(&self) -> Dim {
        self.steps.clone().unwrap_or(Dim::Known(1))
    }
}

/// Returns the sequence that is operand `k`, `[t, n]`, or reports another shape.
pub fn time(call: &Call, k: usize) -> Option<Time> {
    let Some(Operand::Tensor(input)) = call.operands.get(k) else { return None };
    match (&input.length, input.dims.as_slice()) {
        (None, [steps, features]) => {
            return Some(Time { features: features.clone(), steps: Some(steps.clone()), length: None });
        }
        (length @ Some(_), [features]) => {
            return Some(Time { features: features.clone(), steps: None, length: length.clone() });
        }
        _ => {}
    }
    let what = ["input", "second input"][k.min(1)];
    let mut text =
        message!(format!("`{}` takes a sequence [positions, features], but its {what} is ", call.name), input);
    if let (None, [length]) = (&input.length, input.dims.as_slice()) {
        text.push(message!("; a sequence of single numbers is [", length, ", 1]"));
    }
    call.diagnostics.error(call.span, text);
    None
}
