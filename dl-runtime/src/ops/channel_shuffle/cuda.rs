//! Shuffles of channels on CUDA.

use super::{ChannelShuffleKernel, ChannelShuffleSizes};
use crate::device::cuda::{Cuda, Mut, Ref, kernels};
use crate::ops::axes::cuda::{Rows, word};
use crate::tensor::Write;

kernels!(
    "channel_shuffle.cu" with [crate::ops::axes::cuda::HEADER]:
    channel_shuffle
);

impl ChannelShuffleKernel for Cuda {
    fn channel_shuffle(&self, sizes: ChannelShuffleSizes, x: Ref<'_, f32>, y: Mut<'_, f32>, write: Write) {
        let ChannelShuffleSizes { channels, spatial_size, groups } = sizes;
        let rows = Rows::new(y.len() / spatial_size, spatial_size, spatial_size);
        self.launch(&channel_shuffle, rows.grid(), (rows, word(channels), word(groups), x, y, write));
    }
}
