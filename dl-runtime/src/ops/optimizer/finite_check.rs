//! The check for numbers that are not finite runs on the device and leaves a few words there, so that the host need not wait for
//! an answer before it asks for the next step.

use crate::device::Cpu;
use crate::tensor::Storage;

/// The result of the finite check of a training, read from its words on the device.
///
/// When a step cannot be right, the check stops the training on the device: all later steps of the optimizer do nothing until
/// the host looks, so that the weights stay as they were before that step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FiniteCheck {
    stopped: u32,
    /// The last step made weights that are not finite.
    pub overflowed: bool,
    /// The gradients of that step were not finite either.
    pub from_gradients: bool,
    norm: u64,
}

impl FiniteCheck {
    /// The number of words on the device: the step at which the training stopped (or 0), whether a step overflowed (1, and 2 more
    /// if its gradients had), and the lower and the upper half of the bits of the gradient's norm, an `f64`.
    pub const WORDS: usize = 4;

    /// Reads the words of the device.
    pub fn read(words: &[u32]) -> Self {
        let &[stopped, overflowed, low, high] = words else { panic!("a check has four words") };
        let norm = u64::from(high) << 32 | u64::from(low);
        FiniteCheck { stopped, overflowed: overflowed != 0, from_gradients: overflowed & 2 != 0, norm }
    }
    /// The step, counted from 1, at which the training stopped: its loss was not finite, or the step before had made weights
    /// that are not.
    pub fn stopped(&self) -> Option<u64> {
        (self.stopped != 0).then(|| self.stopped.into())
    }
    /// The norm of the gradient before it was clipped; 0 unless it was clipped by norm.
    pub fn norm(&self) -> f64 {
        f64::from_bits(self.norm)
    }
    /// The number of a step as a word of the device, never 0.
    pub(super) fn step_word(step: u64) -> u32 {
        u32::try_from(step).unwrap_or(u32::MAX)
    }
    /// Whether the training has stopped, for kernels of the CPU.
    pub(super) fn has_stopped(words: &[u32]) -> bool {
        words[0] != 0
    }
    /// Notes whether a step made finite weights from `gradients`, for kernels of the CPU.
    pub(super) fn note_step(words: &mut [u32], finite: bool, gradients: &[f32]) {
        if !finite {
            words[1] |= if gradients.iter().all(|g| g.is_finite()) { 1 } else { 3 };
        }
    }
    /// Notes the norm of the gradient, for kernels of the CPU.
    pub(super) fn note_norm(words: &mut [u32], norm: f64) {
        let bits = norm.to_bits();
        (words[2], words[3]) = (bits as u32, (bits >> 32) as u32);
    }
}

/// The kernel of [`FiniteCheck`].
pub trait FiniteCheckKernel: Storage {
    /// Stops the training at step number `step` (from 1) if one of its `losses` is not finite, or if the step before made
    /// weights that are not. `words` are those of the check.
    fn finite_check(&self, step: u64, losses: Self::Ref<'_, f32>, words: Self::Mut<'_, u32>);
}

impl FiniteCheckKernel for Cpu {
    fn finite_check(&self, step: u64, losses: &[f32], words: &mut [u32]) {
        if words[0] == 0 && (words[1] != 0 || losses.iter().any(|loss| !loss.is_finite())) {
            words[0] = FiniteCheck::step_word(step);
        }
    }
}
