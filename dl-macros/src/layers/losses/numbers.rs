//! Elementwise losses of two values with the same shape. Each is an entry of [`ALL`].

use super::*;
use crate::check;

/// An elementwise loss of two values with the same shape.
struct ElementwiseLoss {
    name: &'static str,
    /// The variant of `dl::ops::loss::Elementwise`.
    variant: Variant,
    /// The formula and the use of the loss, for the guide.
    line: &'static str,
    parameters: &'static [Parameter],
    /// Checks the parameters.
    check: fn(&Call) -> bool,
}

impl Layer for ElementwiseLoss {
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
    fn recovered_shape(&self, _: &Call) -> Option<Shape> {
        Some(Shape::of([]))
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let shapes = shapes(call);
        let [a, b] = shapes.as_slice() else { return None };
        check::same_shape(call, a, b)?;
        let variant = self.variant.of(call);
        let mut built = match call.is_given("pos_weight") {
            true => weighted(call, a)?,
            // `kl_normal` has no reduction of its own: it is a sum over the elements.
            false if call.choice("reduction").is_none() => built(quote!(dl::ops::loss::Elementwise::#variant)),
            false => reduced(call, quote!(dl::ops::loss::Elementwise::#variant)),
        };
        built.op.same_shape = true;
        Some(built)
    }
}

/// Builds `bce_with_logits` with positive weights: one number, or one for each output of `shape`.
fn weighted(call: &Call, shape: &Shape) -> Option<Built> {
    let (outputs, positions) = check::outputs(shape);
    check::positive_weights(call, &outputs)?;
    let (weights, (reduction, written)) = (call.numbers("pos_weight"), reduction(call));
    let fields = quote!(weights: &[#(#weights),*], positions: #positions, reduction: #written);
    let mut built = built(quote!(dl::ops::loss::PositiveWeights { #fields }));
    built.op.reduction = Some(reduction);
    Some(built)
}

impl ElementwiseLoss {
    /// Returns a loss that has no parameter but its reduction.
    const fn new(name: &'static str, variant: &'static str, line: &'static str) -> Self {
        ElementwiseLoss { name, variant: Variant::Named(variant), line, parameters: &[REDUCTION], check: |_| true }
    }
    /// Adds parameters and their check.
    const fn with(self, parameters: &'static [Parameter], check: fn(&Call) -> bool) -> Self {
        ElementwiseLoss { parameters, check, ..self }
    }
}

/// Every elementwise loss.
pub static ALL: &[&dyn Layer] = &[
    &ElementwiseLoss::new("bce", "Bce", "computes the binary cross-entropy of probabilities `a` with targets 0 to 1"),
    &ElementwiseLoss::new(
        "bce_with_logits",
        "BceWithLogits",
        "computes `bce(sigmoid(a), b)` in a numerically stable way: for binary classification from logits",
    )
    .with(
        &[
            Parameter::named(
                "pos_weight",
                Kind::NumberOrNumbers,
                Default::ByLayer,
                "weight of the target 1: a number, or one for each output (for images, each channel)",
            ),
            REDUCTION,
        ],
        |_| true,
    ),
    &ElementwiseLoss::new(
        "sigmoid_focal",
        "SigmoidFocal",
        "computes `bce_with_logits` times `(1 - p)^gamma`, where `p` is the probability of the true answer, weighted by \
         `alpha`: for binary classification where most samples are easy",
    )
    .with(
        &[
            Parameter::named("gamma", Kind::Number, Default::Number(2.0), "exponent of `1 - p`: the larger it is, the smaller is the weight of samples that are classified well"),
            Parameter::named("alpha", Kind::Number, Default::Number(0.25), "weight of positive targets; negative ones have `1 - alpha`"),
            REDUCTION,
        ],
        |call| {
            let gamma = check::not_negative(call, "gamma");
            check::rate(call, "alpha") && gamma
        },
    ),
    &ElementwiseLoss::new("hinge", "Hinge", "computes the mean of `max(0, 1 - a·b)` for targets 1 and -1: for maximum-margin binary classification"),
    &ElementwiseLoss::new("mse", "Mse", "computes the mean of `(a - b)²`: for regression"),
    &ElementwiseLoss::new("mae", "Mae", "computes the mean of `|a - b|`: for regression with outliers"),
    &ElementwiseLoss::new(
        "huber",
        "Huber",
        "computes the mean of `½d²` where `|d| < delta`, else `delta·(|d| - ½delta)`, for `d = a - b`: for regression with outliers, and smooth near 0",
    )
    .with(
        &[Parameter::named("delta", Kind::Number, Default::Number(1.0), "value of `|d|` above which the loss is linear"), REDUCTION],
        |call| check::positive(call, "delta"),
    ),
    &ElementwiseLoss::new(
        "kl_normal",
        "KlNormal",
        "computes `-½ Σ (1 + v - m² - e^v)` of `kl_normal(mean, log_variance)`: the Kullback-Leibler divergence of a normal \
         distribution from the standard one, summed over the elements",
    )
    .with(&[], |_| true),
];
