//! Conversions to and from blocks of channels on the CPU: transpositions of 8 channels times 8 pixels.

use super::{BLOCK, ChannelBlocksKernel};
use crate::Cpu;
use crate::device::cpu::Threads;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::matmul::pack::transpose;

/// The smallest task, in numbers.
const TASK: usize = 1 << 14;

/// Writes the images `x` of so many pixels to `y` in blocks of channels.
fn pack(threads: &Threads, pixels: usize, x: &[f32], y: &mut [f32]) {
    let task = TASK.div_ceil(BLOCK * pixels) * BLOCK * pixels;
    threads.split((chunks(x, task), chunks_mut(y, task)), &|_, (x, y)| {
        for (x, y) in x.chunks_exact(BLOCK * pixels).zip(y.chunks_exact_mut(BLOCK * pixels)) {
            transpose(x, pixels, BLOCK, pixels, y, BLOCK);
        }
    });
}

/// Writes the images `x`, which are in blocks of channels, to `y` channel by channel.
fn unpack(threads: &Threads, pixels: usize, x: &[f32], y: &mut [f32]) {
    let task = TASK.div_ceil(BLOCK * pixels) * BLOCK * pixels;
    threads.split((chunks(x, task), chunks_mut(y, task)), &|_, (x, y)| unpack_blocks(pixels, x, y));
}

/// Returns the columns of a matrix as rows.
#[inline(always)]
fn transposed(rows: [[f32; BLOCK]; BLOCK]) -> [[f32; BLOCK]; BLOCK] {
    std::array::from_fn(|column| rows.map(|row| row[column]))
}

simd! {
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
