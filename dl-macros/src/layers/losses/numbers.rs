//! Losses of two values of one shape, number by number. One entry each.

use super::*;
use crate::check;
use quote::quote;

/// A loss of two values of one shape.
struct OfNumbers {
    name: &'static str,
    /// Of `dl::ops::loss::Elementwise`.
    variant: Variant,
    /// What it is, and what it is for.
    line: &'static str,
    parameters: &'static [Parameter],
    /// The rules of the parameters.
    check: fn(&Call) -> bool,
}

impl Layer for OfNumbers {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> Doc {
        Doc::new(Chapter::Loss, "two values of one shape → a number", self.line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }
    fn operands(&self) -> usize {
        2
    }
    fn is_loss(&self) -> bool {
        true
    }
    fn check(&self, call: &Call) -> bool {
        (self.check)(call)
    }
    fn evident(&self, _: &Call) -> Option<Shape> {
        Some(Shape::of([]))
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let shapes = shapes(call);
        let [a, b] = shapes.as_slice() else { return None };
        check::same_shape(call, a, b)?;
        let variant = self.variant.of(call);
        let mut built = built(quote!(dl::ops::loss::Elementwise::#variant));
        built.op.same_shape = true;
        Some(built)
    }
}

impl OfNumbers {
    /// One without parameters.
    const fn new(name: &'static str, variant: &'static str, line: &'static str) -> Self {
        OfNumbers { name, variant: Variant::Named(variant), line, parameters: &[], check: |_| true }
    }
    /// The same with parameters and their rules.
    const fn with(self, parameters: &'static [Parameter], check: fn(&Call) -> bool) -> Self {
        OfNumbers { parameters, check, ..self }
    }
}

/// Every loss of two values of one shape.
pub static ALL: &[&dyn Layer] = &[
    &OfNumbers::new("bce", "Bce", "cross-entropy of probabilities `a` with targets 0 to 1: answers that are yes or no"),
    &OfNumbers::new(
        "bce_with_logits",
        "BceWithLogits",
        "the same of `sigmoid(a)`, with fewer digits lost: yes or no from plain numbers",
    ),
    &OfNumbers::new(
        "sigmoid_focal",
        "SigmoidFocal",
        "`bce_with_logits` times `(1 - p)^gamma`, where `p` is the probability of the right answer, and by `alpha`: \
         yes or no, most of them easy",
    )
    .with(
        &[
            Parameter::named("gamma", Kind::Number, Default::Number(2.0), "how much easy answers are passed over"),
            Parameter::named("alpha", Kind::Number, Default::Number(0.25), "weight of yes, against 1 - alpha of no"),
        ],
        |call| {
            let gamma = check::not_negative(call, "gamma");
            check::rate(call, "alpha") && gamma
        },
    ),
    &OfNumbers::new("hinge", "Hinge", "mean of `max(0, 1 - a·b)` for targets 1 and -1: yes or no by a margin"),
    &OfNumbers::new("mse", "Mse", "mean of `(a - b)²`: numbers"),
    &OfNumbers::new("mae", "Mae", "mean of `|a - b|`: numbers with outliers"),
    &OfNumbers::new(
        "huber",
        "Huber",
        "mean of `½d²` where `|d| < delta`, else `delta·(|d| - ½delta)`, for `d = a - b`: outliers, but smooth near 0",
    )
    .with(
        &[Parameter::named("delta", Kind::Number, Default::Number(1.0), "where the parabola becomes a line")],
        |call| check::positive(call, "delta"),
    ),
    &OfNumbers::new(
        "kl_normal",
        "KlNormal",
        "`kl_normal(mean, log_variance)`: `-½ Σ (1 + v - m² - e^v)`, how far a normal distribution is from the standard \
         one; the sum over the elements",
    ),
];
