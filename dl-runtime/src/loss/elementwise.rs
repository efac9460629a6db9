//! Losses that compare output and target number by number, and their one kernel.

use super::{bce_with_logits, huber, mae, mse};
use crate::Pass;
use crate::device::cpu::simd::{Simd, simd, sum};
use crate::device::cpu::threads;
use crate::device::{Cpu, Device, Storage};
use crate::{Plain, View, ViewMut};

/// Which loss, with its settings.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Elementwise {
    /// [`BceWithLogits`](super::BceWithLogits).
    BceWithLogits,
    /// [`Huber`](super::Huber).
    Huber {
        /// Where the parabola becomes a line.
        delta: f32,
    },
    /// [`Mae`](super::Mae).
    Mae,
    /// [`Mse`](super::Mse).
    Mse,
}

/// The kernel of elementwise losses.
pub trait ElementwiseLossKernel: Storage {
    /// Per-sample losses (means over `features` numbers), and where asked for `dy` of their mean.
    fn elementwise_loss(
        &self,
        loss: Elementwise,
        features: usize,
        y: Self::Ref<'_, f32>,
        t: Self::Ref<'_, f32>,
        losses: Self::Mut<'_, f32>,
        dy: Option<Self::Mut<'_, f32>>,
    );
}

impl Elementwise {
    /// [`Loss::loss`](super::Loss::loss) of this loss.
    pub(super) fn loss<D: Device, Y: Plain<Element = f32>>(
        self,
        pass: &Pass<'_, D>,
        output: View<'_, D, Y>,
        target: View<'_, D, Y>,
        losses: ViewMut<'_, D, f32>,
        d_output: Option<ViewMut<'_, D, Y>>,
    ) {
        let (losses, dy) = (losses.into_data(), d_output.map(ViewMut::into_data));
        pass.device.elementwise_loss(self, Y::LEN, output.data(), target.data(), losses, dy);
    }
}

/// A loss of one number, and its derivative to `y`.
pub(super) trait Formula: Copy + Sync {
    fn value<S: Simd>(self, y: f32, t: f32) -> f32;
    fn slope<S: Simd>(self, y: f32, t: f32) -> f32;
}

simd! {
    /// The loss of one sample, and `dy` as `scale` times its derivatives (of none, where `dy` is empty).
    fn sample<S, F>(f: F, scale: f32, y: &[f32], t: &[f32], dy: &mut [f32]) -> f32 where [F: Formula] {
        for ((dy, y), t) in dy.iter_mut().zip(y).zip(t) {
            *dy = scale * f.slope::<S>(*y, *t);
        }
        sum::<S, 2>([y, t], |[y, t]| f.value::<S>(y, t)) / y.len() as f32
    }
}

/// How many samples of `size` numbers are worth a task.
pub(super) fn samples_per_task(size: usize) -> usize {
    4096_usize.div_ceil(size.max(1))
}

fn all(cpu: &Cpu, f: impl Formula, features: usize, y: &[f32], t: &[f32], losses: &mut [f32], dy: Option<&mut [f32]>) {
    let scale = 1.0 / y.len() as f32;
    let Some(dy) = dy else {
        for ((y, t), loss) in y.chunks_exact(features).zip(t.chunks_exact(features)).zip(losses) {
            *loss = sample(f, scale, y, t, &mut []);
        }
        return;
    };
    let samples = samples_per_task(features);
    let parts = (
        threads::chunks(y, samples * features),
        threads::chunks(t, samples * features),
        threads::chunks_mut(losses, samples),
        threads::chunks_mut(dy, samples * features),
    );
    cpu.threads().split(parts, &|_, (y, t, losses, dy)| {
        let rows = y.chunks_exact(features).zip(t.chunks_exact(features));
        for (((y, t), loss), dy) in rows.zip(losses).zip(dy.chunks_exact_mut(features)) {
            *loss = sample(f, scale, y, t, dy);
        }
    });
}

impl ElementwiseLossKernel for Cpu {
    fn elementwise_loss(
        &self,
        loss: Elementwise,
        features: usize,
        y: &[f32],
        t: &[f32],
        losses: &mut [f32],
        dy: Option<&mut [f32]>,
    ) {
        match loss {
            Elementwise::BceWithLogits => all(self, bce_with_logits::Formula, features, y, t, losses, dy),
            Elementwise::Huber { delta } => all(self, huber::Formula { delta }, features, y, t, losses, dy),
            Elementwise::Mae => all(self, mae::Formula, features, y, t, losses, dy),
            Elementwise::Mse => all(self, mse::Formula, features, y, t, losses, dy),
        }
    }
}
