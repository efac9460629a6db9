//! The context of a pass, which every operation gets in addition to its tensors.

use super::{Frozen, Storage};

/// The context of one pass of a network over a batch, forward or backward.
pub struct Context<'a, D: Storage> {
    /// The device that the pass runs on.
    pub device: &'a D,
    /// The seed of the random numbers of this pass (dropout). The backward pass has that of its forward pass.
    pub seed: u64,
    /// The statistics by which `batch_norm` normalises in training, unless its own are frozen.
    pub statistics: Statistics,
    /// The weights that the training leaves as they are.
    pub frozen: Frozen<'a>,
    /// What kernels keep of the weights between passes; `None` if the weights may change between them.
    pub prepared: Option<&'a D::Prepared>,
}

/// The mean and variance by which a layer normalises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistics {
    /// Those of the batch, which move the running ones: training.
    Batch,
    /// The running ones, which stay as they are: prediction with dropout, and layers whose statistics are frozen.
    Running,
}

impl<'a, D: Storage> Context<'a, D> {
    /// Returns the context of a pass that normalises by the batch if it is one of training.
    pub fn new(device: &'a D, seed: u64) -> Self {
        Context { device, seed, statistics: Statistics::Batch, frozen: Frozen::NOTHING, prepared: None }
    }
    /// Returns the context of a pass of inference, with what kernels keep of its weights.
    pub fn of_inference(device: &'a D, prepared: Option<&'a D::Prepared>) -> Self {
        Context { prepared, ..Context::new(device, 0) }
    }
    /// Returns the statistics by which a layer normalises whose running ones are `running`: if they are frozen, it is as in inference.
    pub fn statistics_of(&self, running: D::Ref<'_, f32>) -> Statistics {
        if self.frozen.any::<D>(running) { Statistics::Running } else { self.statistics }
    }
    /// Returns the place of the first weight of a network to which a gradient is needed: the bytes before it, and one more; 0 if a weight
    /// before the network needs a gradient, or all do, that to the input too. The weights of layers lie in the order in which they are first
    /// used, so the backward pass of a network ends there.
    pub fn first_trained(&self, net: D::Ref<'_, f32>) -> usize {
        self.frozen.first_needed::<D>(net)
    }
    /// Returns the context of a part of the network that draws random numbers of its own: the copy `index` of a stack, or a model inside
    /// a model.
    #[must_use]
    pub fn copy(&self, index: usize) -> Context<'a, D> {
        Context { seed: splitmix64(self.seed, index as u64 + 1), ..*self }
    }
}

/// Mixes two numbers to a seed by SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
pub(crate) fn splitmix64(seed: u64, number: u64) -> u64 {
    let mut z = seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
