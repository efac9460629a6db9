//! Mixtures of two samples of a batch, with mixtures of their targets: mixup and CutMix.

use super::around;
use crate::random::Rng;
use crate::range::Range;
use crate::tensor::pod::flat_mut;
use crate::{Pod, Result};
use std::slice::from_mut;

/// Mixes each input and its target with those of another sample of the batch: `λ·a + (1 - λ)·b`, with λ drawn from Beta(α, α).
///
/// Targets are probabilities such as `[f32; 10]`, of which labels are made by
/// [`map_targets`](crate::data::Dataset::map_targets); a model's own loss takes them:
/// `loss(target: [10]) { 10.0 * ((target * (0.0 - (output -> log_softmax))) -> mean) }`.
///
/// Sample `i` of `n` is mixed with sample `n - 1 - i`, with one λ for both; that is a random pair if the data is shuffled. Source: Zhang,
/// Cisse, Dauphin, Lopez-Paz, "mixup: beyond empirical risk minimization", ICLR 2018.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::data::augment::Mixup;
/// use dl::random::Rng;
/// let (mut inputs, mut targets) = ([[8.0], [0.0]], [[1.0, 0.0], [0.0, 1.0]]);
/// Mixup::new(0.2)?.apply(&mut inputs, &mut targets, &mut Rng::new(42));
/// assert_eq!(inputs[0][0], 8.0 * targets[0][0]);
/// assert_eq!(inputs[1][0], 8.0 * targets[1][0]);
/// # Ok::<(), dl::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mixup {
    alpha: f64,
}

impl Mixup {
    /// Creates a mixture with this α: most mixtures are nearly one of the samples for 0.2, and all λ are as probable for 1.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless α is above 0 and at most 1000.
    pub fn new(alpha: f64) -> Result<Self> {
        ALPHA.check("Mixup", "alpha", alpha)?;
        Ok(Mixup { alpha })
    }
    /// Mixes the samples of a batch.
    pub fn apply<I: Pod<Element = f32>, T: Pod<Element = f32>>(
        &self,
        inputs: &mut [I],
        targets: &mut [T],
        rng: &mut Rng,
    ) {
        for_pairs(inputs, targets, |inputs, targets| {
            let lambda = beta(self.alpha, rng) as f32;
            mix(lambda, inputs);
            mix(lambda, targets);
        });
    }
}

/// Exchanges a rectangle of each image with that of another image of the batch, and mixes the targets by the area.
///
/// The rectangle has the share 1 - λ of the area, λ drawn from Beta(α, α), and a random centre; what is outside of the image is cut off.
/// Pairs and targets are those of [`Mixup`]. Source: Yun et al., "CutMix: regularization strategy to train strong classifiers with
/// localizable features", ICCV 2019.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CutMix {
    alpha: f64,
}

impl CutMix {
    /// Creates a mixture with this α; the article uses 1.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless α is above 0 and at most 1000.
    pub fn new(alpha: f64) -> Result<Self> {
        ALPHA.check("CutMix", "alpha", alpha)?;
        Ok(CutMix { alpha })
    }
    /// Mixes the images of a batch.
    pub fn apply<T: Pod<Element = f32>, const W: usize, const H: usize, const C: usize>(
        &self,
        images: &mut [[[[f32; W]; H]; C]],
        targets: &mut [T],
        rng: &mut Rng,
    ) {
        for_pairs(images, targets, |[a, b], targets| {
            let side = (1.0 - beta(self.alpha, rng)).sqrt();
            let size = |pixels: usize| (side * pixels as f64) as usize;
            let (rows, columns) = (around(rng.below(H), size(H), H), around(rng.below(W), size(W), W));
            for (a, b) in a.iter_mut().zip(b.iter_mut()) {
                for (a, b) in a[rows.clone()].iter_mut().zip(&mut b[rows.clone()]) {
                    a[columns.clone()].swap_with_slice(&mut b[columns.clone()]);
                }
            }
            mix(1.0 - (rows.len() * columns.len()) as f32 / (W * H) as f32, targets);
        });
    }
}

/// The parameter of a Beta distribution, whose logarithms must be finite.
const ALPHA: Range = Range::above(0.0, 1000.0, "above 0 and at most 1000");

/// Calls `f` with the samples `i` and `n - 1 - i` of a batch, for each pair.
fn for_pairs<I, T>(inputs: &mut [I], targets: &mut [T], mut f: impl FnMut([&mut I; 2], [&mut T; 2])) {
    let half = inputs.len().min(targets.len()) / 2;
    let (first, last) = inputs.split_at_mut(inputs.len() - half);
    let (first_targets, last_targets) = targets.split_at_mut(targets.len() - half);
    let inputs = first.iter_mut().zip(last.iter_mut().rev());
    let targets = first_targets.iter_mut().zip(last_targets.iter_mut().rev());
    inputs.zip(targets).for_each(|((a, b), (s, t))| f([a, b], [s, t]));
}

/// Replaces `a` by `λ·a + (1 - λ)·b`, and `b` by `λ·b + (1 - λ)·a`.
fn mix<V: Pod<Element = f32>>(lambda: f32, [a, b]: [&mut V; 2]) {
    for (a, b) in flat_mut(from_mut(a)).iter_mut().zip(flat_mut(from_mut(b))) {
        (*a, *b) = (lambda * *a + (1.0 - lambda) * *b, lambda * *b + (1.0 - lambda) * *a);
    }
}

/// Draws from Beta(α, α) by two Gamma distributions, whose logarithms are finite for the smallest α too.
pub(super) fn beta(alpha: f64, rng: &mut Rng) -> f64 {
    let (a, b) = (ln_gamma_variate(alpha, rng), ln_gamma_variate(alpha, rng));
    1.0 / (1.0 + (b - a).exp())
}

/// Draws the logarithm of a number from Gamma(α, 1): Marsaglia, Tsang, "A simple method for generating gamma variables", ACM TOMS 26
/// (2000), of α + 1, times `u^(1/α)`.
fn ln_gamma_variate(alpha: f64, rng: &mut Rng) -> f64 {
    let uniform = |rng: &mut Rng| (f64::from(rng.next_u32()) + 0.5) / 4_294_967_296.0;
    let d = alpha + 1.0 - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = f64::from(rng.normal());
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && uniform(rng).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return (d * v).ln() + uniform(rng).ln() / alpha;
        }
    }
}
