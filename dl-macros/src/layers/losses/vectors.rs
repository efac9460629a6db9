//! Losses of vectors: of a pair with a target, of a triplet, or of two views of every sample. Each is an entry of [`ALL`].

use super::*;
use crate::check;
use crate::ir::Saved;
use quote::quote;

/// A loss of vectors.
struct VectorLoss {
    name: &'static str,
    /// The struct or variant of `dl::ops::loss`.
    variant: Variant,
    /// The formula and the use of the loss, for the guide.
    line: &'static str,
    kind: VectorLossKind,
    parameters: &'static [Parameter],
    /// Checks the parameters.
    check: fn(&Call) -> bool,
}

/// The operands that a loss of vectors compares.
#[derive(Clone, Copy, PartialEq, Eq)]
enum VectorLossKind {
    /// Two vectors, with a target.
    Pair,
    /// Three vectors.
    Triplet,
    /// Two vectors of each sample, compared with those of all other samples of the batch.
    Batch,
}

impl Layer for VectorLoss {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> Doc {
        let shapes = match self.kind {
            VectorLossKind::Pair => "`[n]`, `[n]` and a target, 1 or -1 → a number",
            VectorLossKind::Triplet => "`[n]`, `[n]` and `[n]` → a number",
            VectorLossKind::Batch => "`[n]` and `[n]` → a number",
        };
        Doc::new(Chapter::Loss, shapes, self.line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }
    fn operands(&self) -> usize {
        if self.kind == VectorLossKind::Batch { 2 } else { 3 }
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
        let (vectors, target) = shapes.split_at_checked(if self.kind == VectorLossKind::Triplet { 3 } else { 2 })?;
        check::features(call)?;
        for other in &vectors[1..] {
            check::same_shape(call, vectors[0], other)?;
        }
        for target in target {
            check::one_target(call, target)?;
        }
        let variant = self.variant.of(call);
        let mut built = built(quote!(dl::ops::loss::#variant));
        built.op.same_shape = self.kind != VectorLossKind::Pair;
        if self.kind == VectorLossKind::Batch {
            built.op.saved = Some(Saved { shape: Shape::of([Dim::Known(2), Dim::Known(2)]), per_sample: true });
            built.op.inference = Inference::Infer;
            built.op.min_batch = Some(Dim::Known(2));
        }
        Some(built)
    }
}

/// Every loss of vectors.
pub static ALL: &[&dyn Layer] = &[
    &VectorLoss {
        name: "cosine_embedding",
        variant: Variant::Named("Pairs::CosineEmbedding"),
        line: "computes `1 - cos(a, b)` where the target is 1, `max(0, cos(a, b) - margin)` where it is -1",
        kind: VectorLossKind::Pair,
        parameters: &[Parameter::named(
            "margin",
            Kind::Number,
            Default::Number(0.0),
            "cosine below which a pair with target -1 has no loss",
        )],
        check: |call| check::cosine(call, "margin"),
    },
    &VectorLoss {
        name: "contrastive",
        variant: Variant::Named("Pairs::Contrastive"),
        line: "computes `½|a - b|²` where the target is 1, `½max(0, margin - |a - b|)²` where it is -1",
        kind: VectorLossKind::Pair,
        parameters: &[Parameter::named(
            "margin",
            Kind::Number,
            Default::Number(1.0),
            "distance above which a pair with target -1 has no loss",
        )],
        check: |call| check::positive(call, "margin"),
    },
    &VectorLoss {
        name: "triplet",
        variant: Variant::Named("Triplet"),
        line: "computes `max(0, |a - p| - |a - n| + margin)` of `triplet(anchor, positive, negative)`",
        kind: VectorLossKind::Triplet,
        parameters: &[Parameter::named(
            "margin",
            Kind::Number,
            Default::Number(1.0),
            "difference between the anchor's distances to the negative and to the positive above which the loss is 0",
        )],
        check: |call| check::positive(call, "margin"),
    },
    &VectorLoss {
        name: "nt_xent",
        variant: Variant::Named("NtXent"),
        line: "computes the contrastive loss of SimCLR: the cross-entropy of finding the other view of a sample among all views in the \
               batch, with `cos / temperature` as logits",
        kind: VectorLossKind::Batch,
        parameters: &[Parameter::named(
            "temperature",
            Kind::Number,
            Default::Number(0.5),
            "divisor of the cosines: the smaller it is, the sharper is the softmax",
        )],
        check: |call| check::positive(call, "temperature"),
    },
];
