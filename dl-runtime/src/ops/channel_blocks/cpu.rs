//! Conversions to and from blocks of channels on the CPU: transpositions of 8 channels times 8 pixels.

use super::{BLOCK, ChannelBlocksKernel};
use crate::Cpu;
use crate::device::cpu::Threads;
use crate::device::cpu::simd::{Simd, Vector, simd};
use crate::device::cpu::threads::{chunks, chunks_mut};
use std::ops::Range;

/// The smallest task, in numbers.
const TASK: usize = 1 << 14;

/// Writes the images `x` of so many pixels to `y` in blocks of channels.
fn pack(threads: &Threads, pixels: usize, x: &[f32], y: &mut [f32]) {
    let task = TASK.div_ceil(BLOCK * pixels) * BLOCK * pixels;
    threads.split((chunks(x, task), chunks_mut(y, task)), &|_, (x, y)| {
        pack_blocks(pixels, 0..pixels, x, y);
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

/// The operations of the pass that unpacks blocks: `y = limited(x + y + summand)`.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Also<'a> {
    /// `true` if `y` is a summand.
    pub add: bool,
    /// Numbers in the layout of `y`; none if empty.
    pub summand: &'a [f32],
    /// The least and the largest result.
    pub limits: Option<[f32; 2]>,
}

impl Also<'_> {
    /// Returns a result from a number that is unpacked, from what is there, and from the place of its summand.
    #[inline(always)]
    pub fn finished(&self, x: f32, y: f32, at: usize) -> f32 {
        let sum = x + if self.add { y } else { 0.0 } + if self.summand.is_empty() { 0.0 } else { self.summand[at] };
        match self.limits {
            Some([least, _]) if sum < least => least,
            Some([_, largest]) if sum > largest => largest,
            _ => sum,
        }
    }
}

simd! {
    /// Writes a part of the pixels of whole blocks of channels to `y`, pixel by pixel.
    pub(in crate::ops) fn pack_blocks<S>(pixels: usize, part: Range<usize>, x: &[f32], y: &mut [f32]) {
        let lanes = <S::Narrow as Simd>::F32::LANES;
        assert!(part.start <= part.end && part.end <= pixels, "pixels of a block");
        let whole = part.end - part.len() % lanes;
        for (x, y) in x.chunks_exact(BLOCK * pixels).zip(y.chunks_exact_mut(BLOCK * pixels)) {
            for pixel in (part.start..whole).step_by(lanes) {
                for channel in (0..BLOCK).step_by(lanes) {
                    // SAFETY: the pixels are inside of all channels, by the assertion.
                    unsafe {
                        let (x, y) = (x.as_ptr().add(channel * pixels + pixel), y.as_mut_ptr().add(pixel * BLOCK + channel));
                        <S::Narrow as Simd>::F32::transpose(x, pixels, lanes, y, BLOCK, true);
                    }
                }
            }
            for pixel in whole..part.end {
                for channel in 0..BLOCK {
                    y[pixel * BLOCK + channel] = x[channel * pixels + pixel];
                }
            }
        }
    }

    /// Writes whole blocks of channels of so many pixels to `y`, channel by channel.
    pub(in crate::ops) fn unpack_blocks<S>(pixels: usize, x: &[f32], y: &mut [f32]) {
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

    /// Unpacks whole blocks of channels of so many pixels, with something else in the same pass.
    pub(in crate::ops) fn unpack_blocks_and<S>(pixels: usize, x: &[f32], also: Also, y: &mut [f32]) {
        let of_block = BLOCK * pixels;
        for (block, (x, y)) in x.chunks_exact(of_block).zip(y.chunks_exact_mut(of_block)).enumerate() {
            let (x, _) = x.as_chunks::<BLOCK>();
            let (whole, rest) = x.split_at(pixels - pixels % BLOCK);
            for (i, x) in whole.as_chunks::<BLOCK>().0.iter().enumerate() {
                for (channel, row) in transposed(*x).iter().enumerate() {
                    let at = channel * pixels + i * BLOCK;
                    let y = &mut y[at..][..BLOCK];
                    for (j, (y, x)) in y.iter_mut().zip(row).enumerate() {
                        *y = also.finished(*x, *y, block * of_block + at + j);
                    }
                }
            }
            for (x, pixel) in rest.iter().zip(pixels - pixels % BLOCK..) {
                for (channel, x) in x.iter().enumerate() {
                    let at = channel * pixels + pixel;
                    y[at] = also.finished(*x, y[at], block * of_block + at);
                }
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
