//! Losses of two values of one shape, number by number. One entry each.

use super::*;
use crate::check;
use quote::quote;

/// A loss of two values of one shape.
pub struct ElementwiseLoss {
    name: &'static str,
    /// The formula, and its use.
    line: &'static str,
    parameters: &'static [Parameter],
    /// The rules of the parameters.
    check: fn(&Call) -> bool,
    /// The variant of `dl::ops::loss::Elementwise`.
    variant: fn(&Call) -> TokenStream,
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
        let variant = (self.variant)(call);
        let mut built = built(quote!(dl::ops::loss::Elementwise::#variant));
        built.op.same_shape = true;
        Some(built)
    }
}

/// A loss without parameters.
const fn plain(name: &'static str, line: &'static str, variant: fn(&Call) -> TokenStream) -> ElementwiseLoss {
    ElementwiseLoss { name, line, parameters: &[], check: |_| true, variant }
}

pub static MSE: ElementwiseLoss = plain("mse", "computes the mean of `(a - b)²`: for regression", |_| quote!(Mse));
pub static MAE: ElementwiseLoss =
    plain("mae", "computes the mean of `|a - b|`: for regression with outliers", |_| quote!(Mae));
pub static BCE: ElementwiseLoss =
    plain("bce", "computes the binary cross-entropy of probabilities `a` with targets 0 to 1", |_| quote!(Bce));
pub static BCE_WITH_LOGITS: ElementwiseLoss = plain(
    "bce_with_logits",
    "computes `bce(sigmoid(a), b)` in a numerically stable way: for binary classification from logits",
    |_| quote!(BceWithLogits),
);
pub static HINGE: ElementwiseLoss = plain(
    "hinge",
    "computes the mean of `max(0, 1 - a·b)` for targets 1 and -1: for binary classification by a margin",
    |_| quote!(Hinge),
);
pub static KL_NORMAL: ElementwiseLoss = plain(
    "kl_normal",
    "computes `-½ Σ (1 + v - m² - e^v)` of `kl_normal(mean, log_variance)`: the Kullback-Leibler divergence of a normal \
     distribution from the standard one, summed over the elements",
    |_| quote!(KlNormal),
);

pub static HUBER: ElementwiseLoss = ElementwiseLoss {
    name: "huber",
    line: "computes the mean of `½d²` where `|d| < delta`, else `delta·(|d| - ½delta)`, for `d = a - b`: for outliers, but smooth near 0",
    parameters: &[Parameter::named(
        "delta",
        Kind::Number,
        Default::Number(1.0),
        "value of `|d|` from which the loss is linear",
    )],
    check: |call| check::positive(call, "delta"),
    variant: |call| {
        let delta = call.number("delta");
        quote!(Huber { delta: #delta })
    },
};

pub static SIGMOID_FOCAL: ElementwiseLoss = ElementwiseLoss {
    name: "sigmoid_focal",
    line: "computes `bce_with_logits` times `(1 - p)^gamma`, where `p` is the probability of the true answer, weighted by \
           `alpha`: for binary classification where most samples are easy",
    parameters: &[
        Parameter::named(
            "gamma",
            Kind::Number,
            Default::Number(2.0),
            "exponent of `1 - p`: the larger, the less samples count that are classified well",
        ),
        Parameter::named(
            "alpha",
            Kind::Number,
            Default::Number(0.25),
            "weight of positive targets; negative ones have `1 - alpha`",
        ),
    ],
    check: |call| {
        let gamma = check::not_negative(call, "gamma");
        check::rate(call, "alpha") && gamma
    },
    variant: |call| {
        let (gamma, alpha) = (call.number("gamma"), call.number("alpha"));
        quote!(SigmoidFocal { gamma: #gamma, alpha: #alpha })
    },
};
