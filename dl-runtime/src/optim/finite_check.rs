//! The watch over a training: a few words on the device that say whether numbers are still finite, so that nobody has to wait
//! for an answer before the next step is asked for.

use crate::device::Cpu;
use crate::tensor::Storage;

/// What the words of a watch say, once they are on the host.
///
/// A step that cannot be right stops the training on the device: the optimizer's steps that come after it do nothing, so
/// that the trained weights are those before it, until somebody on the host looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FiniteCheck {
    stopped: u32,
    /// The last step made weights that are not finite.
    pub overflowed: bool,
    /// It did so from gradients that are not finite.
    pub from_gradients: bool,
    norm: u64,
}

impl FiniteCheck {
    /// Words on the device: the step at which it stopped or 0, whether a step overflowed (1, and 2 more if the gradients had), and the
    /// norm of the gradient as the lower and the upper half of its bits in `f64`.
    pub const WORDS: usize = 4;

    /// From the device's words.
    pub fn read(words: &[u32]) -> Self {
        let &[stopped, overflowed, low, high] = words else { panic!("a watch has four words") };
        let norm = u64::from(high) << 32 | u64::from(low);
        FiniteCheck { stopped, overflowed: overflowed != 0, from_gradients: overflowed & 2 != 0, norm }
    }
    /// The step at which the training stopped, counted from 1: its loss was not finite, or the step before made weights that
    /// are not finite.
    pub fn stopped(&self) -> Option<u64> {
        (self.stopped != 0).then(|| self.stopped.into())
    }
    /// The norm of the gradient before it was clipped.
    pub fn norm(&self) -> f64 {
        f64::from_bits(self.norm)
    }
    /// A step in a word of the device, never 0.
    pub(super) fn number(step: u64) -> u32 {
        u32::try_from(step).unwrap_or(u32::MAX)
    }
    /// For kernels of the CPU.
    pub(super) fn has_stopped(words: &[u32]) -> bool {
        words[0] != 0
    }
    /// For kernels of the CPU: what a step made from `gradients`.
    pub(super) fn note_step(words: &mut [u32], finite: bool, gradients: &[f32]) {
        if !finite {
            words[1] |= if gradients.iter().all(|g| g.is_finite()) { 1 } else { 3 };
        }
    }
    /// For kernels of the CPU.
    pub(super) fn note_norm(words: &mut [u32], norm: f64) {
        let bits = norm.to_bits();
        (words[2], words[3]) = (bits as u32, (bits >> 32) as u32);
    }
}

/// The kernel of [`FiniteCheck`].
pub trait FiniteCheckKernel: Storage {
    /// Stops the training at step number `step` (from 1) if one of its `losses` is not finite, or the last step made weights
    /// that are not.
    fn watch(&self, step: u64, losses: Self::Ref<'_, f32>, watch: Self::Mut<'_, u32>);
}

impl FiniteCheckKernel for Cpu {
    fn watch(&self, step: u64, losses: &[f32], watch: &mut [u32]) {
        if watch[0] == 0 && (watch[1] != 0 || losses.iter().any(|loss| !loss.is_finite())) {
            watch[0] = FiniteCheck::number(step);
        }
    }
}
