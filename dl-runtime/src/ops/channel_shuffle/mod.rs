//! Shuffles the channels of an image between groups: PyTorch's `ChannelShuffle`.
//!
//! `y[j·groups + k] = x[k·c/groups + j]`: channel `j` of each group `k`, for one `j` after the other. Its gradient is the shuffle
//! of `c / groups` groups. Source: Zhang et al., "ShuffleNet", CVPR 2018.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(test)]
mod tests;

use crate::ops::{Device, Image};
use crate::tensor::{Grad, Storage, Write};
use crate::{Context, View, ViewMut};

/// The settings of a shuffle.
#[derive(Clone, Copy, Debug)]
pub struct ChannelShuffleOp {
    /// Number of groups that the channels of the input are divided into.
    pub groups: usize,
}

/// Sizes at run time.
#[derive(Clone, Copy, Debug)]
pub struct ChannelShuffleSizes {
    /// Number of channels of a sample.
    pub channels: usize,
    /// Number of positions of a channel.
    pub spatial_size: usize,
    /// See [`ChannelShuffleOp::groups`].
    pub groups: usize,
}

/// The kernel of shuffles.
pub trait ChannelShuffleKernel: Storage {
    /// `y` is `x` with its channels in the other order, set or added.
    fn channel_shuffle(&self, sizes: ChannelShuffleSizes, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>, write: Write);
}

impl ChannelShuffleOp {
    /// The sizes of one call in `groups`, checked.
    fn sizes<X: Image>(self, groups: usize) -> ChannelShuffleSizes {
        assert!(X::CHANNELS.is_multiple_of(groups), "channels of a shuffle do not fit its groups");
        ChannelShuffleSizes { channels: X::CHANNELS, spatial_size: X::SIZE[0] * X::SIZE[1], groups }
    }
    /// `output[j·groups + k] = input[k·c/groups + j]` of samples `[c, h, w]`.
    pub fn forward<D: Device, X: Image>(self, context: &Context<D>, input: View<D, X>, output: ViewMut<D, X>) {
        let sizes = self.sizes::<X>(self.groups);
        context.device.channel_shuffle(sizes, input.data(), output.into_data(), Write::Set);
    }
    /// The gradient to the input; nothing is kept.
    pub fn backward<D: Device, X: Image>(self, context: &Context<D>, d_output: View<D, X>, d_input: Grad<D, X>) {
        let sizes = self.sizes::<X>(X::CHANNELS / self.groups);
        context.device.channel_shuffle(sizes, d_output.data(), d_input.to.into_data(), d_input.write);
    }
}
