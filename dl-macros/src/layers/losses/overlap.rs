//! Losses of overlap for segmentation: `dice` and `jaccard` of classes, and `sigmoid_dice` and `sigmoid_jaccard` of masks.

use super::classes::AXIS;
use super::*;
use crate::check;
use crate::diagnostics::message;
use crate::ir::Range;

/// A loss of overlap.
struct OverlapLoss {
    name: &'static str,
    /// The variant of `dl::ops::loss::Measure`.
    measure: &'static str,
    /// The formula and the use of the loss, for the guide.
    line: &'static str,
    parameters: &'static [Parameter],
    /// `true` if the target is a class for each pixel, `false` if it has the shape of the output.
    classes: bool,
}

const SMOOTH: Parameter = Parameter::named(
    "smooth",
    Kind::Number,
    Default::Number(1e-5),
    "number that is added above and below the fraction; a larger one such as 1 weakens classes that are absent",
);
const BATCH: Parameter = Parameter::named(
    "batch",
    Kind::Flag,
    Default::Flag(false),
    "whether the areas are those of the whole batch, and not of each sample",
);

impl Layer for OverlapLoss {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> Doc {
        let shapes = match self.classes {
            true => "`[classes, h, w]` or `[h, w, classes]` and `u32[h, w]`, … → a number",
            false => "two values of one shape, `[h, w]` or `[masks, h, w]` → a number",
        };
        Doc::new(Chapter::Loss, shapes, self.line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }
    fn operands(&self) -> usize {
        2
    }
    fn takes(&self, operand: usize) -> Element {
        if operand == 1 && self.classes { Element::U32 } else { Element::F32 }
    }
    fn is_loss(&self) -> bool {
        true
    }
    fn check(&self, call: &Call) -> bool {
        check::positive(call, "smooth")
    }
    fn recovered_shape(&self, _: &Call) -> Option<Shape> {
        Some(Shape::of([]))
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let shapes = shapes(call);
        let [output, target] = shapes.as_slice() else { return None };
        if output.length.is_some() {
            let start = format!("`{}` needs all pixels of a sample, and this is a sequence, ", self.name);
            call.diagnostics.error(call.span, message!(start, *output));
            return None;
        }
        if self.classes { self.of_classes(call, output, target) } else { self.of_masks(call, output, target) }
    }
}

impl OverlapLoss {
    fn of_classes(&self, call: &Call, output: &Shape, target: &Shape) -> Option<Built> {
        let last = check::classes(call, output, target)?;
        if target.dims.is_empty() {
            let text = format!(
                "`{}` compares areas, `[classes, h, w]` with `u32[h, w]`; one class for each sample has none: use `cross_entropy`",
                self.name
            );
            call.diagnostics.error(call.span, text);
            return None;
        }
        let classes = if last { output.dims.last() } else { output.dims.first() }?.clone();
        let ignore = call.given_size("ignore").map_or(quote!(dl::None), |class| quote!(dl::Some(#class as u32)));
        let overlap = self.overlap(call);
        let fields = quote!(overlap: #overlap, classes: #classes, last: #last, ignore: #ignore);
        let mut built = built(quote!(dl::ops::loss::ClassOverlap { #fields }));
        built.op.range = Some(Range { operand: 1, limit: classes, check: "check_labels_but", but: Some(ignore) });
        Some(built)
    }
    fn of_masks(&self, call: &Call, output: &Shape, target: &Shape) -> Option<Built> {
        check::same_shape(call, output, target)?;
        if output.dims.is_empty() {
            call.diagnostics.error(call.span, format!("`{}` compares areas, and one number has none", self.name));
            return None;
        }
        let masks = if output.dims.len() > 2 { output.dims[0].clone() } else { Dim::Known(1) };
        let ignore = match call.is_given("ignore") {
            true => {
                let ignore = call.number("ignore");
                quote!(dl::Some(#ignore))
            }
            false => quote!(dl::None),
        };
        let overlap = self.overlap(call);
        let fields = quote!(overlap: #overlap, masks: #masks, ignore: #ignore);
        let mut built = built(quote!(dl::ops::loss::MaskOverlap { #fields }));
        built.op.same_shape = true;
        Some(built)
    }
    fn overlap(&self, call: &Call) -> TokenStream {
        let (smooth, batch) = (call.number("smooth"), call.flag("batch"));
        let measure = proc_macro2::Ident::new(self.measure, proc_macro2::Span::call_site());
        quote!(dl::ops::loss::Overlap { measure: dl::ops::loss::Measure::#measure, smooth: #smooth, batch: #batch })
    }
}

const OF_CLASSES: &[Parameter] = &[
    Parameter::named(
        "ignore",
        Kind::Size,
        Default::ByLayer,
        "class of the pixels that do not count, any number: the void",
    ),
    SMOOTH,
    BATCH,
    AXIS,
];
const OF_MASKS: &[Parameter] = &[
    Parameter::named(
        "ignore",
        Kind::Number,
        Default::ByLayer,
        "target of the pixels that do not count, such as -1: the void",
    ),
    SMOOTH,
    BATCH,
];

/// Every loss of overlap.
pub static ALL: &[&dyn Layer] = &[
    &OverlapLoss {
        name: "dice",
        measure: "Dice",
        line: "computes `1 - (2·Σpt + smooth) / (Σp + Σt + smooth)` of each class, with `p = softmax(x)`, and takes the mean: for \
               segmentation",
        parameters: OF_CLASSES,
        classes: true,
    },
    &OverlapLoss {
        name: "jaccard",
        measure: "Jaccard",
        line: "computes `1 - (Σpt + smooth) / (Σp + Σt - Σpt + smooth)` of each class, with `p = softmax(x)`, and takes the mean: the \
               IoU loss",
        parameters: OF_CLASSES,
        classes: true,
    },
    &OverlapLoss {
        name: "sigmoid_dice",
        measure: "Dice",
        line: "computes `dice` of yes-or-no masks, with `p = sigmoid(x)`; each channel of `[masks, h, w]` is a mask",
        parameters: OF_MASKS,
        classes: false,
    },
    &OverlapLoss {
        name: "sigmoid_jaccard",
        measure: "Jaccard",
        line: "computes `jaccard` of yes-or-no masks, with `p = sigmoid(x)`; each channel of `[masks, h, w]` is a mask",
        parameters: OF_MASKS,
        classes: false,
    },
];
