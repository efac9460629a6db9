//! The context of a pass, which every operation gets in addition to its tensors.

use super::Storage;

/// The context of one pass of a network over a batch, forward or backward.
pub struct Context<'a, D: Storage> {
    /// The device that the pass runs on.
    pub device: &'a D,
    /// The seed of the random numbers of this pass (dropout). The forward and the backward pass of a step have the same.
    pub seed: u64,
}

impl<'a, D: Storage> Context<'a, D> {
    /// Returns the context of a part of the network that draws random numbers of its own: the copy `index` of a stack, or a model inside
    /// a model.
    #[must_use]
    pub fn copy(&self, index: usize) -> Context<'a, D> {
        Context { device: self.device, seed: splitmix64(self.seed, index as u64 + 1) }
    }
}

/// Mixes two numbers to a seed by SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
pub(crate) fn splitmix64(seed: u64, number: u64) -> u64 {
    let mut z = seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
