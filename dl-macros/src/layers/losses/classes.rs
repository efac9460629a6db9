//! Losses for classification: scores `[classes, positions…]` or `[…, classes]` with a target for each position. Each is an entry of
//! [`ALL`].

use super::*;
use crate::check;
use crate::ir::Range;

/// A loss for classification.
struct ClassificationLoss {
    name: &'static str,
    /// Writes the variant of `dl::ops::loss::Classes`.
    variant: fn(&Call) -> TokenStream,
    /// The formula and the use of the loss, for the guide.
    line: &'static str,
    parameters: &'static [Parameter],
    /// Checks the parameters.
    check: fn(&Call) -> bool,
}

/// The dimension of the classes.
pub const AXIS: Parameter = Parameter::named(
    "axis",
    Kind::Axis,
    Default::ByLayer,
    "dimension of the classes, 0 or -1; by default the one with which the shape of the target fits",
);
const IGNORE: Parameter = Parameter::named(
    "ignore",
    Kind::Size,
    Default::ByLayer,
    "class whose targets do not count, any number: the loss is the mean over the others of the batch",
);
const WEIGHTS: Parameter = Parameter::named(
    "weights",
    Kind::Numbers,
    Default::ByLayer,
    "weight of each class: the loss is the weighted mean over all targets of the batch",
);

impl Layer for ClassificationLoss {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> Doc {
        let shapes = "`[classes]` and `u32`, `[classes, h, w]` or `[h, w, classes]` and `u32[h, w]`, … → a number";
        Doc::new(Chapter::Loss, shapes, self.line)
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
        let last = check::classes(call, output, target)?;
        let classes = if last { output.dims.last() } else { output.dims.first() }?.clone();
        check::class_weights(call, &classes)?;
        let variant = (self.variant)(call);
        let loss = quote!(dl::ops::loss::Classes::#variant);
        let (ignore, weights) = (call.given_size("ignore"), call.numbers("weights"));
        if !last && ignore.is_none() && weights.is_empty() {
            let mut built = reduced(call, loss);
            built.op.range = Some(Range { operand: 1, limit: classes, check: "check_labels", but: None });
            return Some(built);
        }
        let ignore = ignore.map_or(quote!(dl::None), |class| quote!(dl::Some(#class as u32)));
        let (reduction, written) = reduction(call);
        let fields = quote!(loss: #loss, classes: #classes, last: #last, ignore: #ignore, weights: &[#(#weights),*]);
        let op = quote!(dl::ops::loss::WeightedClasses { #fields, reduction: #written });
        // The rows of a sequence are a dimension whose length may differ from sample to sample.
        let rows = last && output.dims.len() == 2;
        let mut built = built(if rows { quote!(dl::ops::loss::RowClasses(#op)) } else { op });
        if rows {
            built.op.sequences = vec![0];
        }
        built.op.reduction = Some(reduction);
        built.op.range = Some(Range { operand: 1, limit: classes, check: "check_labels_but", but: Some(ignore) });
        Some(built)
    }
}

/// Every loss for classification.
pub static ALL: &[&dyn Layer] = &[
    &ClassificationLoss {
        name: "cross_entropy",
        variant: |call| {
            let label_smoothing = call.number("label_smoothing");
            quote!(CrossEntropy { label_smoothing: #label_smoothing })
        },
        line: "computes `-ln softmax(x)` of the true class: for classification from logits",
        parameters: &[
            Parameter::named(
                "label_smoothing",
                Kind::Number,
                Default::Number(0.0),
                "probability mass that is spread evenly over all classes",
            ),
            IGNORE,
            WEIGHTS,
            AXIS,
            REDUCTION,
        ],
        check: |call| check::rate(call, "label_smoothing"),
    },
    &ClassificationLoss {
        name: "nll",
        variant: |_| quote!(Nll),
        line: "computes `-x` of the true class: for classification from log-probabilities",
        parameters: &[IGNORE, WEIGHTS, AXIS, REDUCTION],
        check: |_| true,
    },
    &ClassificationLoss {
        name: "focal",
        variant: |call| {
            let gamma = call.number("gamma");
            quote!(Focal { gamma: #gamma })
        },
        line: "computes `cross_entropy` times `(1 - p)^gamma`, where `p` is the probability of the true class: for imbalanced \
               classes",
        parameters: &[
            Parameter::named(
                "gamma",
                Kind::Number,
                Default::Number(2.0),
                "exponent of `1 - p`: the larger it is, the smaller is the weight of samples that are classified well",
            ),
            AXIS,
            REDUCTION,
        ],
        check: |call| check::not_negative(call, "gamma"),
    },
    &ClassificationLoss {
        name: "multi_margin",
        variant: |call| {
            let margin = call.number("margin");
            quote!(MultiMargin { margin: #margin })
        },
        line: "computes the mean of `max(0, margin - x_true + x)` over the other classes: for maximum-margin classification",
        parameters: &[
            Parameter::named(
                "margin",
                Kind::Number,
                Default::Number(1.0),
                "difference between the scores of the true class and any other class above which the loss is 0",
            ),
            AXIS,
            REDUCTION,
        ],
        check: |call| check::positive(call, "margin"),
    },
];
