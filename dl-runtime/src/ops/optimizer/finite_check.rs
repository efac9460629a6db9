//! The check for numbers that are not finite. It runs on the device and records its result in a few words there, so
//! that the host need not wait for it before the next step.

use crate::device::Cpu;
use crate::tensor::Storage;

/// The result of the finite check of a training, as read from the device.
///
/// If a loss or a weight is not finite, the check stops the training on the device. All later steps of the optimizer do
/// nothing until the host reads the result, so that the weights do not change any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FiniteCheck {
    stopped: u32,
    /// `true` if the last step resulted in weights that are not finite.
    pub overflowed: bool,
    /// `true` if the gradients of that step were not finite either.
    pub from_gradients: bool,
    norm: u64,
}

impl FiniteCheck {
    /// The number of words on the device. They are the step at which the training stopped (or 0); 1 if a step
    /// overflowed, or 3 if its gradients were not finite either; and the lower and the upper half of the gradient's
    /// norm, an `f64`.
    pub const WORDS: usize = 4;

    /// Reads the result from the device's words.
    pub fn read(words: &[u32]) -> Self {
        let &[stopped, overflowed, low, high] = words else { panic!("a check has four words") };
        let norm = u64::from(high) << 32 | u64::from(low);
        FiniteCheck { stopped, overflowed: overflowed != 0, from_gradients: overflowed & 2 != 0, norm }
    }
    /// Returns the step, counted from 1, at which the training stopped, because its loss or the weights after the step
    /// before were not finite.
    pub fn stopped(&self) -> Option<u64> {
        (self.stopped != 0).then(|| self.stopped.into())
    }
    /// Returns the norm of the gradient before it was clipped, or 0 if it was not clipped by norm.
    pub fn norm(&self) -> f64 {
        f64::from_bits(self.norm)
    }
    /// Returns the number of a step as a word, which is never 0.
    pub(super) fn step_word(step: u64) -> u32 {
        u32::try_from(step).unwrap_or(u32::MAX)
    }
    /// Returns `true` if the training has stopped, for kernels of the CPU.
    pub(super) fn has_stopped(words: &[u32]) -> bool {
        words[0] != 0
    }
    /// Records whether the weights after a step with `gradients` are `finite`, for kernels of the CPU.
    pub(super) fn note_step(words: &mut [u32], finite: bool, gradients: &[f32]) {
        if !finite {
            words[1] |= if gradients.iter().all(|g| g.is_finite()) { 1 } else { 3 };
        }
    }
    /// Records the norm of the gradient, for kernels of the CPU.
    pub(super) fn note_norm(words: &mut [u32], norm: f64) {
        let bits = norm.to_bits();
        (words[2], words[3]) = (bits as u32, (bits >> 32) as u32);
    }
}

/// The kernel of [`FiniteCheck`].
pub trait FiniteCheckKernel: Storage {
    /// Stops the training at `step`, counted from 1, if one of its `losses` is not finite, or if the step before
    /// resulted in weights that are not. `words` are those of the check.
    fn finite_check(&self, step: u64, losses: Self::Ref<'_, f32>, words: Self::Mut<'_, u32>);
}

impl FiniteCheckKernel for Cpu {
    fn finite_check(&self, step: u64, losses: &[f32], words: &mut [u32]) {
        if words[0] == 0 && (words[1] != 0 || losses.iter().any(|loss| !loss.is_finite())) {
            words[0] = FiniteCheck::step_word(step);
        }
    }
}
