//! The normalised, temperature-scaled cross-entropy loss of SimCLR. It is small if the two views of a sample are more
//! similar to each other than to any view of the other samples of the batch.
//!
//! With the 2n views `z` of a batch, divided by their L2 norms, and `s_rk = z_r·z_k / temperature`, the loss of a view
//! is `ln Σ_{k≠r} e^(s_rk) - s_rp`, where `p` is the sample's other view. The loss of a sample is the mean of those of
//! its two views. Source: Chen, Kornblith, Norouzi, Hinton, "A simple framework for contrastive learning of visual
//! representations", ICML 2020, equation 1. A batch of one sample has no negatives, so sessions and the trainer refuse
//! it.
//!
//! With weights `w` of the views and `P_rk = e^(s_rk) / Σ_{j≠r} e^(s_rj)`, the gradient to `s_rk`, as an element of a
//! symmetric matrix, is `w_r·P_rk + w_k·P_kr - [k = p]·(w_r + w_p)`. The forward pass saves the norms and the
//! logarithms of the sums, so that the backward pass computes only the rows of its own input.

use super::Gradient;
use super::cpu::{self, Samples};
use crate::device::Cpu;
use crate::device::cpu::simd::{largest, math, simd, sum};
use crate::device::cpu::{scratch, threads};
use crate::ops::Device;
use crate::tensor::Grad;
use crate::tensor::Storage;
use crate::{Context, Pod, View, ViewMut};

/// The settings of the loss. Its inputs are two views of each sample, vectors of any shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NtXent {
    /// The divisor of the cosine similarities, above 0. A smaller temperature makes the softmax sharper.
    pub temperature: f32,
}

/// For each of a sample's two views, the norm and the logarithm of the sum, which the forward pass saves.
type Saved = [[f32; 2]; 2];

/// The settings and sizes of one call.
#[derive(Clone, Copy, Debug)]
pub struct NtXentSizes {
    /// The number of elements of one view.
    pub features: usize,
    /// See [`NtXent::temperature`].
    pub temperature: f32,
}

/// The kernels of the loss.
pub trait NtXentKernel: Storage {
    /// Computes the loss of every sample, and the four numbers for each sample that the backward pass needs.
    fn nt_xent(
        &self,
        sizes: NtXentSizes,
        a: Self::Ref<'_, f32>,
        b: Self::Ref<'_, f32>,
        losses: Self::Mut<'_, f32>,
        saved: Option<Self::Mut<'_, f32>>,
    );
    /// Computes the gradient to one of the two inputs.
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
    /// Computes the loss of every sample, `S, S` → `[]`, and saves the tensor `[2, 2]` that the backward pass reads.
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
    /// Computes the loss of every sample, `S, S` → `[]`.
    pub fn infer<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        a: View<D, S>,
        b: View<D, S>,
        losses: ViewMut<D, f32>,
    ) {
        context.device.nt_xent(self.sizes::<S>(), a.data(), b.data(), losses.into_data(), None);
    }
    /// Computes the gradient to input `k`, which is 0 for `a` and 1 for `b`, from the gradient to the losses.
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
    /// `z = x/|x|`. Returns the norm, which is at least 10⁻¹², as in PyTorch.
    fn normalize<S>(x: &[f32], z: &mut [f32]) -> f32 {
        let norm = sum::<S, 1>([x], |[x]| x * x).sqrt();
        let norm = if norm < 1e-12 { 1e-12 } else { norm };
        z.iter_mut().zip(x).for_each(|(z, x)| *z = x / norm);
        norm
    }

    /// `s_k = z_r·z_k / temperature` for all rows `z_k`, and negative infinity for row `r` itself.
    fn similarity<S>(sizes: NtXentSizes, z: &[f32], r: usize, s: &mut [f32]) {
        let own = &z[r * sizes.features..(r + 1) * sizes.features];
        for (s, z) in s.iter_mut().zip(z.chunks_exact(sizes.features)) {
            *s = sum::<S, 2>([own, z], |[a, b]| a * b) / sizes.temperature;
        }
        s[r] = f32::NEG_INFINITY;
    }

    /// Returns `ln Σ eˢ`.
    fn log_sum_exp<S>(s: &[f32]) -> f32 {
        let largest = largest::<S>(s);
        largest + math::ln::<S>(sum::<S, 1>([s], |[s]| math::exp::<S>(s - largest)))
    }

    /// `d += scale·z`.
    fn add<S>(scale: f32, z: &[f32], d: &mut [f32]) {
        d.iter_mut().zip(z).for_each(|(d, z)| *d += scale * z);
    }

    /// `d = (d - (z·d)·z) / norm`, the gradient of the division by the norm.
    fn normalize_backward<S>(z: &[f32], norm: f32, d: &mut [f32]) {
        let along = sum::<S, 2>([z, d], |[z, d]| z * d);
        d.iter_mut().zip(z).for_each(|(d, z)| *d = (*d - along * z) / norm);
    }

    /// Replaces the similarities `s` of row `r` to all rows by their gradients, without the term of the other view.
    fn derivatives<S>(batch: &Batch<'_>, r: usize, s: &mut [f32]) {
        let ((_, log_sum), weight) = (batch.saved(r), batch.weight(r % batch.n));
        // The nested loops over views and samples avoid a division of the row number.
        for (view, s) in s.chunks_exact_mut(batch.n).enumerate() {
            for (k, (s, saved)) in s.iter_mut().zip(batch.saved.as_chunks::<4>().0).enumerate() {
                let of_k = batch.weight(k) * math::exp::<S>(*s - saved[2 * view + 1]);
                *s = weight * math::exp::<S>(*s - log_sum) + of_k;
            }
        }
    }
}

/// A batch after the forward pass.
struct Batch<'a> {
    sizes: NtXentSizes,
    /// The number of samples.
    n: usize,
    /// The normalised views, first those of the first input, then those of the second.
    z: &'a [f32],
    saved: &'a [f32],
    /// The gradient to each sample's loss, or `None` for the mean of all losses.
    scale: Option<&'a [f32]>,
}

impl Batch<'_> {
    /// Returns the norm and the logarithm of the sum of row `r`.
    fn saved(&self, r: usize) -> (f32, f32) {
        let at = 4 * (r % self.n) + 2 * (r / self.n);
        (self.saved[at], self.saved[at + 1])
    }
    /// Returns the weight of each view of sample `n`, which is half the weight of the sample.
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
        // A view is not compared with itself.
        s[own] = 0.0;
        d.fill(0.0);
        for (s, z) in s.iter().zip(self.z.chunks_exact(features)) {
            add(s / self.sizes.temperature, z, d);
        }
        normalize_backward(&self.z[own * features..(own + 1) * features], self.saved(own).0, d);
    }
}

/// Writes the normalised views to `z`, one input after the other, and calls `save` with the row and the norm of each.
fn normalize_all(features: usize, views: [&[f32]; 2], z: &mut [f32], mut save: impl FnMut(usize, f32)) {
    let rows = views.into_iter().flat_map(|view| view.chunks_exact(features));
    for (r, (x, z)) in rows.zip(z.chunks_exact_mut(features)).enumerate() {
        save(r, normalize(x, z));
    }
}

impl NtXentKernel for Cpu {
    fn nt_xent(&self, sizes: NtXentSizes, a: &[f32], b: &[f32], losses: &mut [f32], saved: Option<&mut [f32]>) {
        let n = losses.len();
        let Some(saved) = saved else {
            return scratch::with(4 * n, |saved| self.nt_xent(sizes, a, b, losses, Some(saved)));
        };
        scratch::with(2 * n * sizes.features, |z| {
            normalize_all(sizes.features, [a, b], z, |r, norm| saved[4 * (r % n) + 2 * (r / n)] = norm);
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
