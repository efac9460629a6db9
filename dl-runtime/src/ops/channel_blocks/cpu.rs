//! Conversions to and from blocks of channels on the CPU: transpositions of 8 channels times 8 pixels.

use super::{BLOCK, ChannelBlocksKernel};
use crate::Cpu;
use crate::device::cpu::Threads;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::{chunks, chunks_mut};

/// The smallest task, in numbers.
const TASK: usize = 1 << 14;

/// Writes the images `x` of so many pixels to `y` in blocks of channels.
pub(in crate::ops) fn pack(threads: &Threads, pixels: usize, x: &[f32], y: &mut [f32]) {
    let task = TASK.div_ceil(BLOCK * pixels) * BLOCK * pixels;
    threads.split((chunks(x, task), chunks_mut(y, task)), &|_, (x, y)| pack_blocks(pixels, x, y));
}

/// Writes the images `x`, which are in blocks of channels, to `y` channel by channel.
pub(in crate::ops) fn unpack(threads: &Threads, pixels: usize, x: &[f32], y: &mut [f32]) {
    let task = TASK.div_ceil(BLOCK * pixels) * BLOCK * pixels;
    threads.split((chunks(x, task), chunks_mut(y, task)), &|_, (x, y)| unpack_blocks(pixels, x, y));
}

/// Returns the columns of a matrix as rows.
#[inline(always)]
fn transposed(rows: [[f32; BLOCK]; BLOCK]) -> [[f32; BLOCK]; BLOCK] {
    std::array::from_fn(|column| rows.map(|row| row[column]))
}

simd! {
    fn pack_blocks<S>(pixels: usize, x: &[f32], y: &mut [f32]) {
        for (x, y) in x.chunks_exact(BLOCK * pixels).zip(y.chunks_exact_mut(BLOCK * pixels)) {
            let channels: [&[f32]; BLOCK] = std::array::from_fn(|channel| &x[channel * pixels..][..pixels]);
            let eights = channels.map(|channel| channel.as_chunks::<BLOCK>().0);
            let (y, _) = y.as_chunks_mut::<BLOCK>();
            let (whole, rest) = y.split_at_mut(pixels - pixels % BLOCK);
            for (i, y) in whole.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
                *y = transposed(eights.map(|eights| eights[i]));
            }
            for (y, pixel) in rest.iter_mut().zip(pixels - pixels % BLOCK..) {
                *y = channels.map(|channel| channel[pixel]);
            }
        }
    }

    fn unpack_blocks<S>(pixels: usize, x: &[f32], y: &mut [f32]) {
        for (x, y) in x.chunks_exact(BLOCK * pixels).zip(y.chunks_exact_mut(BLOCK * pixels)) {
            let (x, _) = x.as_chunks::<BLOCK>();
            let (whole, rest) = x.split_at(pixels - pixels % BLOCK);
            for (i, x) in whole.as_chunks::<BLOCK>().0.iter().enumerate() {
                for (channel, row) in transposed(*x).iter().enumerate() {
                    y[channel * pixels + i * BLOCK..][..BLOCK].copy_from_slice(row);
                }
            }
            for (x, pixel) in rest.iter().zip(pixels - pixels % BLOCK..) {
                x.iter().enumerate().for_each(|(channel, x)| y[channel * pixels + pixel] = *x);
            }
        }
    }
}

impl ChannelBlocksKernel for Cpu {
    fn pack_channels(&self, [_, pixels]: [usize; 2], x: &[f32], y: &mut [f32]) {
        pack(self.threads(), pixels, x, y);
    }
    fn unpack_channels(&self, [_, pixels]: [usize; 2], x: &[f32], y: &mut [f32]) {
        unpack(self.threads(), pixels, x, y);
    }
}
