//! Shuffles of channels on the CPU: whole channels are copied.

use super::{ChannelShuffleKernel, ChannelShuffleSizes};
use crate::Cpu;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::Write;

impl ChannelShuffleKernel for Cpu {
    fn channel_shuffle(&self, sizes: ChannelShuffleSizes, x: &[f32], y: &mut [f32], write: Write) {
        let ChannelShuffleSizes { channels, spatial_size, groups } = sizes;
        let (sample, of_group) = (channels * spatial_size, channels / groups);
        let task = sample * (16 * 1024_usize).div_ceil(sample);
        self.threads().split((chunks(x, task), chunks_mut(y, task)), &|_, (x, y)| {
            for (x, y) in x.chunks_exact(sample).zip(y.chunks_exact_mut(sample)) {
                for (to, y) in y.chunks_exact_mut(spatial_size).enumerate() {
                    let from = to % groups * of_group + to / groups;
                    let x = &x[from * spatial_size..][..spatial_size];
                    match write {
                        Write::Set => y.copy_from_slice(x),
                        Write::Add => y.iter_mut().zip(x).for_each(|(y, x)| *y += x),
                    }
                }
            }
        });
    }
}
