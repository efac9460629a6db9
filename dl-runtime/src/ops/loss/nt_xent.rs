//! The normalised, temperature-scaled cross-entropy of SimCLR: each of two views of a sample should be more like the other
//! than like any view of the other samples of the batch.
//!
//! With the 2n views `z` of a batch, divided by their lengths, and `s_rk = z_r·z_k / temperature`, the loss of a view is
//! `ln Σ_{k≠r} e^(s_rk) - s_rp`, where `p` is the sample's other view; the loss of a sample is the mean of its two. Source:
//! Chen, Kornblith, Norouzi, Hinton, "A simple framework for contrastive learning of visual representations", ICML 2020,
//! equation 1. A batch of one has nothing to tell apart: sessions and the trainer refuse it.
//!
//! Gradient: with weights `w` of the views and `P_rk = e^(s_rk) / Σ_{j≠r} e^(s_rj)`, that to `s_rk` as entry of a symmetric
//! matrix is `w_r·P_rk + w_k·P_kr - [k = p]·(w_r + w_p)`. Forward saves the lengths and the logarithms of the sums, so that
//! backward computes only the rows of its own input.

use super::Gradient;
use super::cpu::{self, Samples};
use crate::device::Cpu;
use crate::device::cpu::simd::{largest, math, simd, sum};
use crate::device::cpu::{scratch, threads};
use crate::ops::Device;
use crate::tensor::Grad;
use crate::tensor::Storage;
use crate::{Context, Pod, View, ViewMut};

/// The operation: two views of each sample as vectors, of any shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NtXent {
    /// The divisor of the cosines: the smaller, the sharper the softmax; above 0.
    pub temperature: f32,
}

/// What forward saves for a sample: length, and logarithm of the sum, of both views.
type Saved = [[f32; 2]; 2];

/// Settings and sizes at run time.
#[derive(Clone, Copy, Debug)]
pub struct NtXentSizes {
    /// Numbers of one view.
    pub features: usize,
    /// As in [`NtXent`].
    pub temperature: f32,
}

/// The kernel of the operation.
pub trait NtXentKernel: Storage {
    /// The loss of every sample, and what backward needs: four numbers for each sample.
    fn nt_xent(
        &self,
        sizes: NtXentSizes,
        a: Self::Ref<'_, f32>,
        b: Self::Ref<'_, f32>,
        losses: Self::Mut<'_, f32>,
        saved: Option<Self::Mut<'_, f32>>,
    );
    /// The gradient to one of the views.
    fn nt_xent_backward(
        &self,
        sizes: NtXentSizes,
        a: Self::Ref<'_, f32>,
        b: Self::Ref<'_, f32>,
        saved: Self::Ref<'_, f32>,
        gradient: Gradient<'_, '_, Self>,
    );
}

impl NtXent {
    fn sizes<S: Pod<Element = f32>>(self) -> NtXentSizes {
        NtXentSizes { features: S::LEN, temperature: self.temperature }
    }
    /// `losses` of all samples, and what backward needs.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        a: View<D, S>,
        b: View<D, S>,
        losses: ViewMut<D, f32>,
        saved: ViewMut<D, Saved>,
    ) {
        let saved = Some(saved.into_data());
        context.device.nt_xent(self.sizes::<S>(), a.data(), b.data(), losses.into_data(), saved);
    }
    /// `losses` of all samples.
    pub fn infer<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        a: View<D, S>,
        b: View<D, S>,
        losses: ViewMut<D, f32>,
    ) {
        context.device.nt_xent(self.sizes::<S>(), a.data(), b.data(), losses.into_data(), None);
    }
    /// The gradient to input `k`, `a` or `b`.
    #[expect(clippy::too_many_arguments, reason = "the convention of operations: kept values, then gradients")]
    pub fn backward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        k: usize,
        a: View<D, S>,
        b: View<D, S>,
        saved: View<D, Saved>,
        d_losses: View<D, f32>,
        d_input: Grad<D, S>,
    ) {
        let gradient = Gradient::of(k, d_losses, d_input);
        context.device.nt_xent_backward(self.sizes::<S>(), a.data(), b.data(), saved.data(), gradient);
    }
}

simd! {
    /// `z = x/|x|`; returns the length, at least PyTorch's 10⁻¹².
    fn normalize<S>(x: &[f32], z: &mut [f32]) -> f32 {
        let length = sum::<S, 1>([x], |[x]| x * x).sqrt();
        let length = if length < 1e-12 { 1e-12 } else { length };
        z.iter_mut().zip(x).for_each(|(z, x)| *z = x / length);
        length
    }

    /// `s_k = z_r·z_k / temperature` for all rows `z_k`; of row `r` with itself, negative infinity.
    fn similarity<S>(sizes: NtXentSizes, z: &[f32], r: usize, s: &mut [f32]) {
        let own = &z[r * sizes.features..(r + 1) * sizes.features];
        for (s, z) in s.iter_mut().zip(z.chunks_exact(sizes.features)) {
            *s = sum::<S, 2>([own, z], |[a, b]| a * b) / sizes.temperature;
        }
        s[r] = f32::NEG_INFINITY;
    }

    fn log_sum_exp<S>(s: &[f32]) -> f32 {
        let largest = largest::<S>(s);
        largest + math::ln::<S>(sum::<S, 1>([s], |[s]| math::exp::<S>(s - largest)))
    }

    /// `d += scale·z`.
    fn add<S>(scale: f32, z: &[f32], d: &mut [f32]) {
        d.iter_mut().zip(z).for_each(|(d, z)| *d += scale * z);
    }

    /// `d = (d - (z·d)·z) / length`: the gradient through the division by the length.
    fn through_length<S>(z: &[f32], length: f32, d: &mut [f32]) {
        let along = sum::<S, 2>([z, d], |[z, d]| z * d);
        d.iter_mut().zip(z).for_each(|(d, z)| *d = (*d - along * z) / length);
    }

    /// Turns the similarity `s` of row `r` to all rows into the gradient to it, but for that to the other view.
    fn derivatives<S>(batch: &Batch<'_>, r: usize, s: &mut [f32]) {
        let ((_, log_sum), weight) = (batch.saved(r), batch.weight(r % batch.n));
        // View by view, so that no row number has to be divided.
        for (view, s) in s.chunks_exact_mut(batch.n).enumerate() {
            for (k, (s, saved)) in s.iter_mut().zip(batch.saved.as_chunks::<4>().0).enumerate() {
                let of_k = batch.weight(k) * math::exp::<S>(*s - saved[2 * view + 1]);
                *s = weight * math::exp::<S>(*s - log_sum) + of_k;
            }
        }
    }
}

/// A batch after forward.
struct Batch<'a> {
    sizes: NtXentSizes,
    /// Number of samples.
    n: usize,
    /// The views of length 1: those of the first input, then those of the second.
    z: &'a [f32],
    saved: &'a [f32],
    /// How much each sample counts.
    scale: Option<&'a [f32]>,
}

impl Batch<'_> {
    /// Length, and logarithm of the sum, of row `r`.
    fn saved(&self, r: usize) -> (f32, f32) {
        let at = 4 * (r % self.n) + 2 * (r / self.n);
        (self.saved[at], self.saved[at + 1])
    }
    /// How much each view of sample `n` counts: half of what the sample does.
    #[inline(always)]
    fn weight(&self, n: usize) -> f32 {
        0.5 * self.scale.map_or(1.0 / self.n as f32, |scale| scale[n])
    }
}

impl Samples for Batch<'_> {
    fn size(&self) -> usize {
        self.z.len()
    }
    fn scratch(&self) -> usize {
        2 * self.n
    }
    fn loss(&self, n: usize, s: &mut [f32]) -> f32 {
        similarity(self.sizes, self.z, n, s);
        let other = s[n + self.n];
        0.5 * ((self.saved(n).1 - other) + (self.saved(n + self.n).1 - other))
    }
    fn gradient(&self, n: usize, input: usize, _: f32, d: &mut [f32], s: &mut [f32]) {
        let features = self.sizes.features;
        let (own, other) = (input * self.n + n, (1 - input) * self.n + n);
        similarity(self.sizes, self.z, own, s);
        derivatives(self, own, s);
        s[other] -= 2.0 * self.weight(n);
        // To itself it is not compared.
        s[own] = 0.0;
        d.fill(0.0);
        for (s, z) in s.iter().zip(self.z.chunks_exact(features)) {
            add(s / self.sizes.temperature, z, d);
        }
        through_length(&self.z[own * features..(own + 1) * features], self.saved(own).0, d);
    }
}

/// Writes the views divided by their lengths to `z`, one input after the other, and what `saw` is told: row and length.
fn normalize_all(features: usize, views: [&[f32]; 2], z: &mut [f32], mut saw: impl FnMut(usize, f32)) {
    let rows = views.into_iter().flat_map(|view| view.chunks_exact(features));
    for (r, (x, z)) in rows.zip(z.chunks_exact_mut(features)).enumerate() {
        saw(r, normalize(x, z));
    }
}

impl NtXentKernel for Cpu {
    fn nt_xent(&self, sizes: NtXentSizes, a: &[f32], b: &[f32], losses: &mut [f32], saved: Option<&mut [f32]>) {
        let n = losses.len();
        let Some(saved) = saved else {
            return scratch::with(4 * n, |saved| self.nt_xent(sizes, a, b, losses, Some(saved)));
        };
        scratch::with(2 * n * sizes.features, |z| {
            normalize_all(sizes.features, [a, b], z, |r, length| saved[4 * (r % n) + 2 * (r / n)] = length);
            let z = &*z;
            self.threads().split_with_scratch(threads::chunks_mut(saved, 4), 2 * n, &|sample, s, saved| {
                for (view, saved) in saved.chunks_exact_mut(2).enumerate() {
                    similarity(sizes, z, view * n + sample, s);
                    saved[1] = log_sum_exp(s);
                }
            });
            cpu::losses(self, &Batch { sizes, n, z, saved, scale: None }, losses);
        });
    }
    fn nt_xent_backward(
        &self,
        sizes: NtXentSizes,
        a: &[f32],
        b: &[f32],
        saved: &[f32],
        gradient: Gradient<'_, '_, Cpu>,
    ) {
        let n = saved.len() / 4;
        scratch::with(2 * n * sizes.features, |z| {
            normalize_all(sizes.features, [a, b], z, |_, _| {});
            let batch = Batch { sizes, n, z, saved, scale: gradient.scale };
            cpu::gradient(self, &batch, sizes.features, gradient);
        });
    }
}
