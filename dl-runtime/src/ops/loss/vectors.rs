//! The kernel of losses of vectors: two vectors with a target, or three vectors, for each sample.

use super::Gradient;
use super::cpu::{self, Samples};
use crate::device::Cpu;
use crate::device::cpu::simd::{simd, sum};
use crate::tensor::Storage;

/// A loss with its settings. The third input of the first two losses is the target, one number per sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Vectors {
    /// [`Pairs::CosineEmbedding`](super::Pairs::CosineEmbedding).
    CosineEmbedding {
        /// The cosine up to which vectors count as different enough.
        margin: f32,
    },
    /// [`Pairs::Contrastive`](super::Pairs::Contrastive).
    Contrastive {
        /// The distance from which on vectors count as different enough.
        margin: f32,
    },
    /// [`Triplet`](super::Triplet).
    Triplet {
        /// The margin by which the positive has to be nearer than the negative.
        margin: f32,
    },
}

/// The kernel of losses of vectors.
pub trait VectorLossKernel: Storage {
    /// Computes the loss of every sample, whose vectors have `features` numbers.
    fn vector_loss(
        &self,
        loss: Vectors,
        features: usize,
        first: Self::Ref<'_, f32>,
        second: Self::Ref<'_, f32>,
        third: Self::Ref<'_, f32>,
        losses: Self::Mut<'_, f32>,
    );
    /// Computes the gradient to one of the inputs.
    fn vector_loss_backward(
        &self,
        loss: Vectors,
        features: usize,
        first: Self::Ref<'_, f32>,
        second: Self::Ref<'_, f32>,
        third: Self::Ref<'_, f32>,
        gradient: Gradient<'_, '_, Self>,
    );
}

simd! {
    fn dot<S>(a: &[f32], b: &[f32]) -> f32 {
        sum::<S, 2>([a, b], |[a, b]| a * b)
    }

    /// `|a - b + shift|`.
    fn distance<S>(a: &[f32], b: &[f32], shift: f32) -> f32 {
        sum::<S, 2>([a, b], |[a, b]| (a - b + shift) * (a - b + shift)).sqrt()
    }

    /// `d = scale·(a - b + shift)`, or `+=` if `add`.
    fn difference<S>(scale: f32, a: &[f32], b: &[f32], shift: f32, d: &mut [f32], add: bool) {
        for ((d, a), b) in d.iter_mut().zip(a).zip(b) {
            *d = if add { *d } else { 0.0 } + scale * (a - b + shift);
        }
    }

    /// `d = p·a + q·b`.
    fn combine<S>(p: f32, a: &[f32], q: f32, b: &[f32], d: &mut [f32]) {
        for ((d, a), b) in d.iter_mut().zip(a).zip(b) {
            *d = p * a + q * b;
        }
    }
}

/// `scale/distance`; the derivative of a distance of 0 is 0, as in PyTorch.
fn over(scale: f32, distance: f32) -> f32 {
    if distance == 0.0 { 0.0 } else { scale / distance }
}

/// The meaning of a target.
enum Target {
    Same,
    Different,
    /// Neither 1 nor -1.
    Wrong,
}

/// A loss over a batch.
struct Batch<'a> {
    loss: Vectors,
    features: usize,
    inputs: [&'a [f32]; 3],
}

impl Batch<'_> {
    /// Returns the vector of sample `n` in an input.
    fn vector(&self, input: usize, n: usize) -> &[f32] {
        &self.inputs[input][n * self.features..(n + 1) * self.features]
    }
    fn target(&self, n: usize) -> Target {
        match self.inputs[2][n] {
            1.0 => Target::Same,
            -1.0 => Target::Different,
            _ => Target::Wrong,
        }
    }
    /// Returns `|a|²` and `|b|²`, made positive, and the cosine of the two vectors, as PyTorch's `CosineEmbeddingLoss`
    /// computes them.
    fn cosine(&self, n: usize) -> (f32, f32, f32) {
        const EPSILON: f32 = 1e-12;
        let (a, b) = (self.vector(0, n), self.vector(1, n));
        let (aa, bb) = (dot(a, a) + EPSILON, dot(b, b) + EPSILON);
        (aa, bb, dot(a, b) / (aa.sqrt() * bb.sqrt()))
    }
    /// Returns the distances of the anchor to the positive and to the negative, as PyTorch's `TripletMarginLoss`
    /// computes them.
    fn distances(&self, n: usize) -> (f32, f32) {
        let anchor = self.vector(0, n);
        (distance(anchor, self.vector(1, n), SHIFT), distance(anchor, self.vector(2, n), SHIFT))
    }
}

/// The number that PyTorch's `pairwise_distance` adds to every difference.
const SHIFT: f32 = 1e-6;

impl Samples for Batch<'_> {
    fn size(&self) -> usize {
        3 * self.features
    }

    fn loss(&self, n: usize, _: &mut [f32]) -> f32 {
        // The comparison is written so that NaN stays NaN.
        let above_zero = |x: f32| if x < 0.0 { 0.0 } else { x };
        match self.loss {
            Vectors::CosineEmbedding { margin } => {
                let (.., cosine) = self.cosine(n);
                match self.target(n) {
                    Target::Same => 1.0 - cosine,
                    Target::Different => above_zero(cosine - margin),
                    Target::Wrong => f32::NAN,
                }
            }
            Vectors::Contrastive { margin } => {
                let distance = distance(self.vector(0, n), self.vector(1, n), 0.0);
                let short = match self.target(n) {
                    Target::Same => distance,
                    Target::Different => above_zero(margin - distance),
                    Target::Wrong => f32::NAN,
                };
                0.5 * short * short
            }
            Vectors::Triplet { margin } => {
                let (positive, negative) = self.distances(n);
                above_zero(positive - negative + margin)
            }
        }
    }

    fn gradient(&self, n: usize, input: usize, scale: f32, d: &mut [f32], _: &mut [f32]) {
        match self.loss {
            // A target that is 1 or -1 has no gradient.
            Vectors::CosineEmbedding { .. } | Vectors::Contrastive { .. } if input == 2 => d.fill(0.0),
            Vectors::CosineEmbedding { margin } => {
                let (aa, bb, cosine) = self.cosine(n);
                let slope = match self.target(n) {
                    Target::Same => -scale,
                    Target::Different if cosine <= margin => 0.0,
                    Target::Different => scale,
                    Target::Wrong => f32::NAN,
                };
                let (own, square) = if input == 0 { (0, aa) } else { (1, bb) };
                let (p, q) = (-slope * cosine / square, slope / (aa.sqrt() * bb.sqrt()));
                combine(p, self.vector(own, n), q, self.vector(1 - own, n), d);
            }
            Vectors::Contrastive { margin } => {
                let (own, other) = (self.vector(input, n), self.vector(1 - input, n));
                let slope = match self.target(n) {
                    Target::Same => scale,
                    Target::Different => {
                        let distance = distance(own, other, 0.0);
                        if distance >= margin { 0.0 } else { over(-scale * (margin - distance), distance) }
                    }
                    Target::Wrong => f32::NAN,
                };
                difference(slope, own, other, 0.0, d, false);
            }
            Vectors::Triplet { margin } => {
                let (positive, negative) = self.distances(n);
                let scale = if positive - negative + margin <= 0.0 { 0.0 } else { scale };
                let [a, p, q] = [0, 1, 2].map(|input| self.vector(input, n));
                match input {
                    0 => {
                        difference(over(scale, positive), a, p, SHIFT, d, false);
                        difference(over(-scale, negative), a, q, SHIFT, d, true);
                    }
                    1 => difference(over(-scale, positive), a, p, SHIFT, d, false),
                    _ => difference(over(scale, negative), a, q, SHIFT, d, false),
                }
            }
        }
    }
}

impl VectorLossKernel for Cpu {
    fn vector_loss(&self, loss: Vectors, features: usize, a: &[f32], b: &[f32], c: &[f32], losses: &mut [f32]) {
        cpu::losses(self, &Batch { loss, features, inputs: [a, b, c] }, losses);
    }
    fn vector_loss_backward(
        &self,
        loss: Vectors,
        features: usize,
        a: &[f32],
        b: &[f32],
        c: &[f32],
        gradient: Gradient<'_, '_, Cpu>,
    ) {
        let size = if gradient.input == 2 && !matches!(loss, Vectors::Triplet { .. }) { 1 } else { features };
        cpu::gradient(self, &Batch { loss, features, inputs: [a, b, c] }, size, gradient);
    }
}
