//! Cross-entropy from logits: `-ln softmax(x)_t` for the class `t`, PyTorch's `CrossEntropyLoss`.
//!
//! Computed as `ln Σ e^(x-m) + m - x_t` with the largest logit `m`, so that nothing overflows. Label smoothing ε asks for
//! the probability `1 - ε + ε/C` of the right class and `ε/C` of the others: Szegedy et al., "Rethinking the inception
//! architecture for computer vision", CVPR 2016, section 7. Gradient: `softmax(x)` minus those, over the number of targets.

use super::{Loss, check_setting};
use crate::device::cpu::simd::{largest, math::exp, math::ln, simd, sum};
use crate::device::cpu::{scratch, threads};
use crate::device::{Cpu, Device, Storage};
use crate::train::{Accuracy, Metrics};
use crate::{Error, Pass, Plain, Result, View, ViewMut};

/// Cross-entropy between logits and a class: for classification.
///
/// The network ends with plain numbers ("logits"), one per class; softmax is part of the loss.
/// For outputs of `[f32; CLASSES]` the target is a `u32`; for `[[[f32; W]; H]; CLASSES]` it is `[[u32; W]; H]`.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::loss::{CrossEntropy, Loss};
/// let labels = [0, 2, 1];
/// assert!(Loss::<[f32; 3]>::check(&CrossEntropy, &labels).is_ok());
/// let error = Loss::<[f32; 2]>::check(&CrossEntropy, &labels).unwrap_err();
/// assert_eq!(error.to_string(), "sample 1: label 2 is out of range; with 2 classes, labels are 0 to 1");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CrossEntropy;

impl CrossEntropy {
    /// The same with the target probabilities drawn towards equality: `CrossEntropy.label_smoothing(0.1)`.
    pub const fn label_smoothing(self, epsilon: f32) -> SmoothCrossEntropy {
        SmoothCrossEntropy { epsilon }
    }
}

/// [`CrossEntropy`] with label smoothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SmoothCrossEntropy {
    /// Probability that is spread over all classes, from 0 to 1.
    pub epsilon: f32,
}

/// Numbers in a shape, and the type of classes in the same shape: `f32` and `u32`, `[f32; N]` and `[u32; N]`, ….
pub trait Labels: Plain<Element = f32> {
    /// The same shape of classes.
    type Of: Plain<Element = u32>;
}
impl Labels for f32 {
    type Of = u32;
}
impl<T: Labels, const N: usize> Labels for [T; N] {
    type Of = [T::Of; N];
}

/// Sizes at run time: logits lie as [samples, classes, places], targets as [samples, places].
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Number of classes.
    pub classes: usize,
    /// Targets of one sample.
    pub places: usize,
}

/// The kernel of cross-entropy.
pub trait CrossEntropyKernel: Storage {
    /// Per-sample losses, and where asked for `dx` of their mean; NaN where a target is no class.
    fn cross_entropy(
        &self,
        sizes: Sizes,
        epsilon: f32,
        x: Self::Ref<'_, f32>,
        t: Self::Ref<'_, u32>,
        losses: Self::Mut<'_, f32>,
        dx: Option<Self::Mut<'_, f32>>,
    );
}

impl<T: Labels, const C: usize> Loss<[T; C]> for SmoothCrossEntropy {
    type Target = T::Of;
    const NAME: &'static str = "cross_entropy";

    fn check(&self, targets: &[T::Of]) -> Result<()> {
        check_setting("label_smoothing", self.epsilon, "0 to 1", (0.0..=1.0).contains(&self.epsilon))?;
        let labels = crate::plain::flat(targets);
        match labels.iter().position(|&label| label as usize >= C) {
            None => Ok(()),
            Some(at) => Err(Error::LabelOutOfRange { sample: at / T::LEN, label: labels[at], classes: C }),
        }
    }
    fn metrics(&self) -> Metrics<[T; C], T::Of> {
        vec![Box::new(Accuracy::default())]
    }
    fn loss<D: Device>(
        &self,
        pass: &Pass<'_, D>,
        output: View<'_, D, [T; C]>,
        target: View<'_, D, T::Of>,
        losses: ViewMut<'_, D, f32>,
        d_output: Option<ViewMut<'_, D, [T; C]>>,
    ) {
        let sizes = Sizes { classes: C, places: T::LEN };
        let (losses, dx) = (losses.into_data(), d_output.map(ViewMut::into_data));
        pass.device.cross_entropy(sizes, self.epsilon, output.data(), target.data(), losses, dx);
    }
}

impl<T: Labels, const C: usize> Loss<[T; C]> for CrossEntropy {
    type Target = T::Of;
    const NAME: &'static str = "cross_entropy";

    fn check(&self, targets: &[T::Of]) -> Result<()> {
        Loss::<[T; C]>::check(&self.label_smoothing(0.0), targets)
    }
    fn metrics(&self) -> Metrics<[T; C], T::Of> {
        vec![Box::new(Accuracy::default())]
    }
    fn loss<D: Device>(
        &self,
        pass: &Pass<'_, D>,
        output: View<'_, D, [T; C]>,
        target: View<'_, D, T::Of>,
        losses: ViewMut<'_, D, f32>,
        d_output: Option<ViewMut<'_, D, [T; C]>>,
    ) {
        self.label_smoothing(0.0).loss(pass, output, target, losses, d_output);
    }
}

/// What a row needs beside its logits.
#[derive(Clone, Copy)]
struct Row {
    epsilon: f32,
    /// One over the number of targets in the batch.
    scale: f32,
}

simd! {
    /// The loss of one target; `dx` gets its gradient.
    fn row<S>(row: Row, x: &[f32], t: u32, dx: &mut [f32]) -> f32 {
        let Row { epsilon, scale } = row;
        let Some(&right) = x.get(t as usize) else {
            dx.fill(f32::NAN);
            return f32::NAN;
        };
        let largest = largest::<S>(x);
        for (dx, x) in dx.iter_mut().zip(x) {
            *dx = exp::<S>(x - largest);
        }
        let total = sum::<S, 1>([dx], |[e]| e);
        let log_sum = ln::<S>(total);
        let classes = x.len() as f32;
        let (factor, other) = (scale / total, scale * epsilon / classes);
        for dx in dx.iter_mut() {
            *dx = *dx * factor - other;
        }
        dx[t as usize] -= scale * (1.0 - epsilon);
        // Distances from the largest logit, so that no digits are lost when all logits are large.
        let loss = log_sum - (right - largest);
        if epsilon == 0.0 {
            return loss;
        }
        let mean = sum::<S, 1>([x], |[x]| x - largest) / classes;
        (1.0 - epsilon) * loss + epsilon * (log_sum - mean)
    }
}

/// The loss of one sample of several places.
fn sample(s: Sizes, r: Row, x: &[f32], t: &[u32], dx: &mut [f32]) -> f32 {
    if s.places == 1 {
        return row(r, x, t[0], dx);
    }
    scratch::with(2 * s.classes, |column| {
        let (column, d) = column.split_at_mut(s.classes);
        let mut sum = 0.0;
        for (p, t) in t.iter().enumerate() {
            column.iter_mut().zip(x[p..].iter().step_by(s.places)).for_each(|(to, x)| *to = *x);
            sum += f64::from(row(r, column, *t, d));
            dx[p..].iter_mut().step_by(s.places).zip(&*d).for_each(|(dx, d)| *dx = *d);
        }
        (sum / s.places as f64) as f32
    })
}

impl CrossEntropyKernel for Cpu {
    fn cross_entropy(&self, s: Sizes, epsilon: f32, x: &[f32], t: &[u32], losses: &mut [f32], dx: Option<&mut [f32]>) {
        let (size, r) = (s.classes * s.places, Row { epsilon, scale: 1.0 / t.len() as f32 });
        let Some(dx) = dx else {
            return scratch::with(size, |dx| {
                for ((x, t), loss) in x.chunks_exact(size).zip(t.chunks_exact(s.places)).zip(losses) {
                    *loss = sample(s, r, x, t, dx);
                }
            });
        };
        let samples = super::elementwise::samples_per_task(size);
        let parts = (
            threads::chunks(x, samples * size),
            threads::chunks(t, samples * s.places),
            threads::chunks_mut(losses, samples),
            threads::chunks_mut(dx, samples * size),
        );
        self.threads().split(parts, &|_, (x, t, losses, dx)| {
            let rows = x.chunks_exact(size).zip(t.chunks_exact(s.places));
            for (((x, t), loss), dx) in rows.zip(losses).zip(dx.chunks_exact_mut(size)) {
                *loss = sample(s, r, x, t, dx);
            }
        });
    }
}
