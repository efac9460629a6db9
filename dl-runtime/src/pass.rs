//! A pass: what every operation is told beside its tensors.

use crate::device::Device;

/// One run of a network over a batch, forward or backward.
pub struct Pass<'a, D: Device> {
    /// Where it runs.
    pub device: &'a D,
    /// Seed of the random numbers of this pass (dropout); the same forward and backward.
    pub seed: u64,
}
