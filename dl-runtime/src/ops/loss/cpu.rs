//! Runs losses on the CPU, sample by sample, with many samples per task.

use super::Gradient;
use crate::Cpu;
use crate::device::cpu::threads::chunks_mut;
use crate::tensor::Write;

/// A loss over a batch, sample by sample.
pub(super) trait Samples: Sync {
    /// Returns how many numbers one sample's loss is computed from, as an estimate of its cost.
    fn size(&self) -> usize;
    /// Returns the scratch memory that a task needs, in numbers.
    fn scratch(&self) -> usize {
        0
    }
    /// Returns the loss of sample `n`.
    fn loss(&self, n: usize, scratch: &mut [f32]) -> f32;
    /// Writes to `d` the gradient of `scale` times the loss of sample `n`, to the sample's part of input `input`.
    fn gradient(&self, n: usize, input: usize, scale: f32, d: &mut [f32], scratch: &mut [f32]);
}

/// Returns the number of samples of one task.
fn samples_per_task(batch: &dyn Samples) -> usize {
    4096_usize.div_ceil(batch.size().max(1))
}

/// Computes the loss of every sample.
pub(super) fn losses(cpu: &Cpu, batch: &dyn Samples, losses: &mut [f32]) {
    let samples = samples_per_task(batch);
    cpu.threads().split_with_scratch(chunks_mut(losses, samples), batch.scratch(), &|task, scratch, losses| {
        for (i, loss) in losses.iter_mut().enumerate() {
            *loss = batch.loss(task * samples + i, scratch);
        }
    });
}

/// Computes the gradient of the losses to an input that has `size` numbers per sample.
pub(super) fn gradient(cpu: &Cpu, batch: &dyn Samples, size: usize, gradient: Gradient<'_, '_, Cpu>) {
    let Gradient { input, scale, to, write } = gradient;
    let (samples, mean) = (samples_per_task(batch), 1.0 / (to.len() / size) as f32);
    let (whole, part) = (chunks_mut(to, samples * size), if write == Write::Add { size } else { 0 });
    cpu.threads().split_with_scratch(whole, part + batch.scratch(), &|task, scratch, to| {
        let (part, scratch) = scratch.split_at_mut(part);
        for (i, d) in to.chunks_exact_mut(size).enumerate() {
            let n = task * samples + i;
            let scale = scale.map_or(mean, |scale| scale[n]);
            match write {
                Write::Set => batch.gradient(n, input, scale, d, scratch),
                Write::Add => {
                    batch.gradient(n, input, scale, part, scratch);
                    d.iter_mut().zip(&*part).for_each(|(d, more)| *d += more);
                }
            }
        }
    });
}
