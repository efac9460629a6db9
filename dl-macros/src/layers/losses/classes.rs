//! Losses for classification: scores `[classes, positions…]` with targets `u32[positions…]`. Each is an entry of [`ALL`].

use super::*;
use crate::check;
use crate::ir::Range;
use quote::quote;

/// A loss for classification.
struct ClassificationLoss {
    name: &'static str,
    /// The variant of `dl::ops::loss::Classes`.
    variant: Variant,
    /// The formula and the use of the loss, for the guide.
    line: &'static str,
    parameters: &'static [Parameter],
    /// Checks the parameters.
    check: fn(&Call) -> bool,
}

impl Layer for ClassificationLoss {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> Doc {
        Doc::new(Chapter::Loss, "`[classes]` and `u32`, `[classes, h, w]` and `u32[h, w]`, … → a number", self.line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }
    fn operands(&self) -> usize {
        2
    }
    fn takes(&self, operand: usize) -> Element {
        if operand == 1 { Element::U32 } else { Element::F32 }
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
        let [output, target] = shapes.as_slice() else { return None };
        check::classes(call, output, target)?;
        let variant = self.variant.of(call);
        let mut built = built(quote!(dl::ops::loss::Classes::#variant));
        let limit = output.dims.first()?.clone();
        built.op.range = Some(Range { operand: 1, limit, check: "check_labels" });
        Some(built)
    }
}

/// Every loss for classification.
pub static ALL: &[&dyn Layer] = &[
    &ClassificationLoss {
        name: "cross_entropy",
        variant: Variant::Named("CrossEntropy"),
        line: "computes `-ln softmax(x)` of the true class: for classification from logits",
        parameters: &[Parameter::named(
            "label_smoothing",
            Kind::Number,
            Default::Number(0.0),
            "probability mass that is spread evenly over all classes",
        )],
        check: |call| check::rate(call, "label_smoothing"),
    },
    &ClassificationLoss {
        name: "nll",
        variant: Variant::Named("Nll"),
        line: "computes `-x` of the true class: for classification from log-probabilities",
        parameters: &[],
        check: |_| true,
    },
    &ClassificationLoss {
        name: "focal",
        variant: Variant::Named("Focal"),
        line: "computes `cross_entropy` times `(1 - p)^gamma`, where `p` is the probability of the true class: for imbalanced \
               classes",
        parameters: &[Parameter::named(
            "gamma",
            Kind::Number,
            Default::Number(2.0),
            "exponent of `1 - p`: the larger it is, the smaller is the weight of samples that are classified well",
        )],
        check: |call| check::not_negative(call, "gamma"),
    },
    &ClassificationLoss {
        name: "multi_margin",
        variant: Variant::Named("MultiMargin"),
        line: "computes the mean of `max(0, margin - x_true + x)` over the other classes: for maximum-margin classification",
        parameters: &[Parameter::named(
            "margin",
            Kind::Number,
            Default::Number(1.0),
            "difference between the scores of the true class and any other class above which the loss is 0",
        )],
        check: |call| check::positive(call, "margin"),
    },
];
