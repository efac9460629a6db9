//! Convolutions of one input and one output channel in each group, in blocks of channels: every lane is a channel.

#![allow(clippy::needless_range_loop, reason = "the index names a register")]

use super::copy::Copy;
use super::offsets::with_offsets;
use super::{BLOCK, Conv2dSizes, Finish, of_group};
use crate::device::cpu::Threads;
use crate::device::cpu::simd::{Simd, Vector, simd};
use crate::device::cpu::threads::chunks_mut;
use crate::ops::matmul::WORTH_THREADS;
use std::ptr::null;

/// The approximate number of multiply-adds of one task.
const TASK: usize = WORTH_THREADS / 4;
/// The number of multiply-adds that are worth several threads: fewer than in a product, since they take longer.
const LEAST: usize = WORTH_THREADS / 2;
/// The largest copy of rows, in floats: it stays in the L1 cache.
const COPY: usize = 5 << 10;

/// Returns `true` for a convolution that is computed here.
pub(super) fn is_depthwise(s: &Conv2dSizes) -> bool {
    s.groups > 1 && s.inputs == s.groups && s.outputs == s.groups
}

/// Returns the size of the packed weights, `[blocks, kernel elements, channels of a block]`.
pub(super) fn packed_len(s: &Conv2dSizes) -> usize {
    s.outputs * s.spatial_size()
}

/// Packs weights.
pub(super) fn pack(s: &Conv2dSizes, weight: &[f32], packed: &mut [f32]) {
    let taps = s.spatial_size();
    for (weight, to) in weight.chunks_exact(BLOCK * taps).zip(packed.chunks_exact_mut(BLOCK * taps)) {
        for (channel, weight) in weight.chunks_exact(taps).enumerate() {
            to[channel..].iter_mut().step_by(BLOCK).zip(weight).for_each(|(to, weight)| *to = *weight);
        }
    }
}

/// Computes the convolution of images in blocks of channels or not.
pub(super) fn convolve(
    threads: &Threads,
    s: &Conv2dSizes,
    from_blocks: bool,
    packed: &[f32],
    finish: Finish,
    from: &[f32],
    to: &mut [f32],
) {
    let [height, width] = s.output;
    let (of_from, of_to) = (s.image[0] * s.image[1] * BLOCK, height * width * BLOCK);
    let blocks = s.outputs / BLOCK;
    // A task is some blocks of channels, by the sizes alone. Few tasks are as many for each of two or four threads.
    let tasks = if s.work() < LEAST { 1 } else { (s.work() / TASK).next_multiple_of(4) };
    let of_task = (s.samples * blocks).div_ceil(tasks);
    // Rows are copied in bands.
    let floats = |rows: usize| Copy::new(s, 0..rows).plane();
    let band = (1..=height).rev().find(|rows| floats(*rows) <= COPY).unwrap_or(1);
    let band = height.div_ceil(height.div_ceil(band));
    let copy = Copy::new(s, 0..band);
    let taps = (0..s.kernel[0]).flat_map(|k| (0..s.kernel[1]).map(move |l| copy.tap(k, l)));
    with_offsets(taps, |taps| {
        threads.split_with_scratch(chunks_mut(to, of_task * of_to), copy.plane(), &|task, copied, to| {
            for (i, to) in to.chunks_exact_mut(of_to).enumerate() {
                let number = task * of_task + i;
                let (from, channel) = (&from[number * of_from..][..of_from], number % blocks * BLOCK);
                let finish = of_group(finish, number * of_to, of_to);
                let channels = |of: &[f32], otherwise: f32| match of.is_empty() {
                    true => [otherwise; BLOCK],
                    false => std::array::from_fn(|lane| of[channel + lane]),
                };
                let of_block = Block {
                    width,
                    row: copy.row(),
                    taps,
                    weights: &packed[channel * taps.len()..][..BLOCK * taps.len()],
                    scale: channels(finish.scale, 1.0),
                    shift: channels(finish.shift, 0.0),
                    limits: finish.limits.unwrap_or([f32::NEG_INFINITY, f32::INFINITY]),
                };
                for (band_number, to) in to.chunks_mut(band * width * BLOCK).enumerate() {
                    // The last band may have fewer rows of windows, and is copied as if it had as many.
                    let first = band_number * band;
                    Copy::new(s, first..first + band).fill(from, from_blocks, copied);
                    let summand =
                        if finish.summand.is_empty() { &[] } else { &finish.summand[first * width * BLOCK..] };
                    of_block.rows(summand, copied, to);
                }
            }
        });
    });
}

/// The values that all rows of a block of channels share.
struct Block<'a> {
    /// The number of windows of a row.
    width: usize,
    /// The distance between rows of windows in the copy.
    row: usize,
    /// For each element of the kernel, its offset in the copy.
    taps: &'a [u32],
    weights: &'a [f32],
    scale: [f32; BLOCK],
    shift: [f32; BLOCK],
    limits: [f32; 2],
}

impl Block<'_> {
    /// Computes rows of windows from their copy.
    fn rows(&self, summand: &[f32], copied: &[f32], to: &mut [f32]) {
        rows(self, summand, copied, to);
    }
}

simd! {
    fn rows<S>(of: &Block, summand: &[f32], copied: &[f32], to: &mut [f32]) {
        let (width, height) = (of.width, to.len() / (of.width * BLOCK));
        let farthest = of.taps.iter().max().map_or(0, |far| *far as usize);
        assert!(farthest + (height - 1) * of.row + width * BLOCK <= copied.len(), "image of a convolution");
        assert!(to.len() == height * width * BLOCK && of.weights.len() == BLOCK * of.taps.len(), "result of a convolution");
        assert!(summand.is_empty() || summand.len() >= to.len(), "summand of a convolution");
        // With more registers, more pixels are computed at once.
        let most = if S::TILE_ROWS >= 14 && width >= 14 { 14 } else if width >= 7 { 7 } else { 1 };
        for r in 0..height {
            let mut next = 0;
            while next < width {
                // The last pixels may be computed twice.
                let first = next.min(width - most);
                let at = (r * width + first) * BLOCK;
                let summand = if summand.is_empty() { null() } else { summand[at..].as_ptr() };
                let (from, to) = (copied[r * of.row + first * BLOCK..].as_ptr(), to[at..].as_mut_ptr());
                // SAFETY: by the assertions the windows of the row are inside of the copy, and its pixels inside of the rest.
                unsafe {
                    match most {
                        14 => of.pixels::<S::Narrow, 14>(summand, from, to),
                        7 => of.pixels::<S::Narrow, 7>(summand, from, to),
                        _ => of.pixels::<S::Narrow, 1>(summand, from, to),
                    }
                }
                next = first + most;
            }
        }
    }
}

impl Block<'_> {
    /// Computes some pixels of a row. A register has eight lanes or four.
    ///
    /// # Safety
    /// Their windows, summands and results are inside of their memory.
    #[inline(always)]
    unsafe fn pixels<S: Simd, const P: usize>(&self, summand: *const f32, from: *const f32, to: *mut f32) {
        let lanes = S::F32::LANES;
        for v in 0..BLOCK / lanes {
            let mut sums = [S::F32::splat(0.0); P];
            // SAFETY: the caller's contract.
            unsafe {
                let mut weights = self.weights.as_ptr().add(v * lanes);
                for tap in self.taps {
                    let (w, x) = (S::F32::load(weights), from.add(*tap as usize + v * lanes));
                    for i in 0..P {
                        sums[i] = S::F32::load(x.add(i * BLOCK)).mul_add(w, sums[i]);
                    }
                    weights = weights.add(BLOCK);
                }
                let [scale, shift] = [&self.scale, &self.shift].map(|of| S::F32::load(of.as_ptr().add(v * lanes)));
                let [least, largest] = self.limits;
                let (least, largest) = (S::F32::splat(least), S::F32::splat(largest));
                for i in 0..P {
                    let at = i * BLOCK + v * lanes;
                    let mut sum = sums[i].mul_add(scale, shift);
                    if !summand.is_null() {
                        sum = sum.add(S::F32::load(summand.add(at)));
                    }
                    largest.min(least.max(sum)).store(to.add(at));
                }
            }
        }
    }
}
