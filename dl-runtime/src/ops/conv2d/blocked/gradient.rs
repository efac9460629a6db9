//! The gradient of a convolution to its weights: registers hold output channels, and sums over windows stay in registers for some input channels
//! and one element of the kernel.
//!
//! Pieces of the batch are packed one after the other, the images into blocks of channels and the gradient to the output into panels, so that a
//! piece stays in the L2 cache. The order of the sums depends on the sizes alone.

#![allow(clippy::needless_range_loop, reason = "the index names a register in several arrays")]

use super::copy::Copy;
use super::offsets::with_offsets;
use super::weights::copy_lanes;
use super::{BLOCK, Conv2dSizes, tile};
use crate::device::cpu::simd::{Simd, Vector, simd};
use crate::device::cpu::threads::chunks_mut;
use crate::device::cpu::{Threads, scratch};
use crate::ops::channel_blocks::pack_blocks;
use crate::ops::matmul::WORTH_THREADS;
use crate::ops::matmul::pack::transpose;
use crate::tensor::Write;
use std::ops::Range;

/// The approximate number of windows of a piece.
const WINDOWS: usize = 1024;
/// The largest size of a packed piece of several samples, in floats.
const PIECE: usize = 3 << 17;
/// From this number of tasks on, one computes all elements of the kernel.
const MANY_TASKS: usize = 16;
/// The number of elements of the kernel that are summed at once for a single register of output channels, so that enough sums are in flight.
const AT_ONCE: usize = 3;
/// The least number of multiply-adds for each number that is packed.
const WORTH_PACKING: usize = 24;

/// Says whether [`gradient`] computes the gradient, in less time than kernels that pack less.
pub(in crate::ops::conv2d) fn pays(s: &Conv2dSizes) -> bool {
    let lanes = tile::shape().lanes;
    let whole = s.groups == 1 && s.inputs.is_multiple_of(BLOCK) && s.outputs.is_multiple_of(BLOCK);
    let pixels = |[rows, columns]: [usize; 2]| rows * columns;
    let numbers = s.samples * (s.inputs * pixels(s.image) + s.outputs * pixels(s.output));
    whole && 4 * s.outputs.next_multiple_of(lanes) <= 5 * s.outputs && s.work() >= WORTH_PACKING * numbers
}

/// The cut of a batch into pieces: some samples, or some rows of windows of one sample.
#[derive(Clone, Copy)]
struct Cut<'a> {
    s: &'a Conv2dSizes,
    samples: usize,
    rows: usize,
    /// The number of output channels of two registers.
    width: usize,
}

impl<'a> Cut<'a> {
    fn new(s: &'a Conv2dSizes) -> Self {
        let (width, rows) = (2 * tile::shape().lanes, s.output[0].min(WINDOWS.div_ceil(s.output[1])));
        let cut = Cut { s, samples: 1, rows, width };
        if rows < s.output[0] {
            return cut;
        }
        let of_sample = cut.copied() + cut.windows() * s.outputs.next_multiple_of(width);
        let most = (PIECE / of_sample).clamp(1, s.samples);
        Cut { samples: WINDOWS.div_ceil(cut.windows()).min(most), ..cut }
    }
    /// Returns the layout of a copy of so many rows of windows. All pieces have the same.
    fn copy(&self, first_row: usize) -> Copy {
        Copy::new(self.s, first_row..first_row + self.rows)
    }
    /// Returns the number of floats of the copy of a sample.
    fn copied(&self) -> usize {
        self.s.inputs / BLOCK * self.copy(0).plane()
    }
    /// Returns the number of windows of a sample.
    fn windows(&self) -> usize {
        self.rows * self.s.output[1]
    }
    /// Returns the number of pairs of registers of output channels.
    fn pairs(&self) -> usize {
        self.s.outputs.div_ceil(self.width)
    }
    /// Returns the number of sums of a pair of registers and a block of input channels.
    fn of_block(&self) -> usize {
        self.s.spatial_size() * self.of_tap()
    }
    /// Returns the number of sums of a pair of registers, a block of input channels and an element of the kernel.
    fn of_tap(&self) -> usize {
        BLOCK * self.width
    }
}

/// Computes the gradient to the weights, or adds it, if [`pays`] says so.
pub(in crate::ops::conv2d) fn gradient(
    threads: &Threads,
    s: &Conv2dSizes,
    x: &[f32],
    dy: &[f32],
    d_weight: &mut [f32],
    write: Write,
) {
    let cut = Cut::new(s);
    let (blocks, windows) = (s.inputs / BLOCK, cut.samples * cut.windows());
    let (sums, copied, packed) =
        (cut.pairs() * blocks * cut.of_block(), cut.samples * cut.copied(), cut.pairs() * windows * cut.width);
    let taps = s.spatial_size();
    let copy = cut.copy(0);
    let of_window = |sample: usize, window: usize| {
        let [row, column] = [window / s.output[1], window % s.output[1]];
        sample * cut.copied() + row * copy.row() + column * BLOCK
    };
    let offsets = (0..taps)
        .map(|tap| copy.tap(tap / s.kernel[1], tap % s.kernel[1]))
        .chain((0..cut.samples).flat_map(|sample| (0..cut.windows()).map(move |window| of_window(sample, window))));
    let few = s.work() < WORTH_THREADS;
    with_offsets(offsets, |offsets| {
        scratch::with(sums + copied + packed, |memory| {
            let (sums, memory) = memory.split_at_mut(sums);
            let (copied, packed) = memory.split_at_mut(copied);
            sums.fill(0.0);
            for sample in (0..s.samples).step_by(cut.samples) {
                for row in (0..s.output[0]).step_by(cut.rows) {
                    let samples = sample..s.samples.min(sample + cut.samples);
                    let rows = row..s.output[0].min(row + cut.rows);
                    let piece = Piece { cut, samples, rows };
                    piece.run(
                        if few { None } else { Some(threads) },
                        x,
                        dy,
                        offsets.split_at(taps),
                        [copied, packed, sums],
                    );
                }
            }
            write_gradient(threads, cut, sums, d_weight, write);
        });
    });
}

/// A piece of a batch.
struct Piece<'a> {
    cut: Cut<'a>,
    samples: Range<usize>,
    /// The rows of windows.
    rows: Range<usize>,
}

/// Calls `body` with chunks of `data`, on threads if there are any, with so many floats of scratch memory.
fn in_chunks(
    threads: Option<&Threads>,
    data: &mut [f32],
    chunk: usize,
    floats: usize,
    body: impl Fn(usize, &mut [f32], &mut [f32]) + Sync,
) {
    match threads {
        Some(threads) => threads.split_with_scratch(chunks_mut(data, chunk), floats, &body),
        None => scratch::with(floats, |memory| {
            data.chunks_mut(chunk).enumerate().for_each(|(i, chunk)| body(i, memory, chunk));
        }),
    }
}

impl Piece<'_> {
    /// Returns the pixels of the rows that the windows reach.
    fn pixels(&self) -> Range<usize> {
        let Conv2dSizes { image: [height, width], stride, padding, kernel, dilation, .. } = *self.cut.s;
        let reach = (self.rows.end - 1) * stride[0] + (kernel[0] - 1) * dilation[0] + 1;
        let rows = [self.rows.start * stride[0], reach].map(|row| row.saturating_sub(padding[0]).min(height));
        rows[0] * width..rows[1] * width
    }

    /// Adds the sums over the windows of the piece. The offsets are those of the elements of the kernel and of the windows.
    fn run(
        &self,
        threads: Option<&Threads>,
        x: &[f32],
        dy: &[f32],
        (taps, windows): (&[u32], &[u32]),
        [copied, packed, sums]: [&mut [f32]; 3],
    ) {
        let (cut, s) = (self.cut, self.cut.s);
        let (blocks, width) = (s.inputs / BLOCK, cut.width);
        let [image, output] = [s.image, s.output].map(|[rows, columns]| rows * columns);
        let copy = cut.copy(self.rows.start);
        let copied = &mut copied[..self.samples.len() * cut.copied()];
        let whole = self.rows.len() == s.output[0];
        let packs_only = whole && copy.is_plain();
        in_chunks(threads, copied, copy.plane(), if packs_only { 0 } else { image * BLOCK }, |i, memory, to| {
            let from = &x[(self.samples.start * blocks + i) * image * BLOCK..][..image * BLOCK];
            if packs_only {
                return pack_blocks(image, 0..image, from, to);
            }
            pack_blocks(image, self.pixels(), from, memory);
            copy.fill(memory, true, to);
        });
        // The last rows of a sample may be fewer than those of the other pieces.
        let of_sample = self.rows.len() * s.output[1];
        let of_pair = self.samples.len() * of_sample * width;
        let windows = &windows[..self.samples.len() * of_sample];
        in_chunks(threads, &mut packed[..cut.pairs() * of_pair], of_pair, 0, |pair, _, to| {
            let channels = width.min(s.outputs - pair * width);
            if channels < width {
                to.fill(0.0);
            }
            for (sample, to) in self.samples.clone().zip(to.chunks_exact_mut(of_sample * width)) {
                let from = (sample * s.outputs + pair * width) * output + self.rows.start * s.output[1];
                transpose(&dy[from..], output, channels, of_sample, to, width);
            }
        });
        let many = cut.pairs() * blocks >= MANY_TASKS;
        let at_once = if taps.len().is_multiple_of(AT_ONCE) { AT_ONCE } else { 1 };
        let of_task = if many { taps.len() } else { at_once };
        let (copied, packed) = (&*copied, &*packed);
        in_chunks(threads, sums, of_task * cut.of_tap(), 0, |task, _, sums| {
            let first = task * of_task;
            let (pair, block) = (first / taps.len() / blocks, first / taps.len() % blocks);
            let of = Sums {
                x: &copied[block * copy.plane()..],
                dy: &packed[pair * of_pair..][..of_pair],
                windows,
                both: s.outputs - pair * width > width / 2,
            };
            let taps = &taps[first % taps.len()..][..of_task];
            let at_once = if of.both { 1 } else { at_once };
            for (taps, sums) in taps.chunks_exact(at_once).zip(sums.chunks_exact_mut(at_once * cut.of_tap())) {
                of.add(taps, sums);
            }
        });
    }
}

/// Sums over windows for a pair of registers of output channels and a block of input channels.
struct Sums<'a> {
    /// The copies of images, from the block on.
    x: &'a [f32],
    /// The gradient to the output, window after window.
    dy: &'a [f32],
    /// The offset of each window in the copies.
    windows: &'a [u32],
    /// `false` if there are output channels for one register alone.
    both: bool,
}

impl Sums<'_> {
    /// Adds the sums for one element of the kernel or [`AT_ONCE`], by their offsets, `[elements, input channels, output channels]`.
    fn add(&self, taps: &[u32], sums: &mut [f32]) {
        let farthest = |of: &[u32]| of.iter().max().map_or(0, |far| *far as usize);
        assert!(farthest(taps) + farthest(self.windows) + BLOCK <= self.x.len(), "images of a convolution");
        assert!(self.windows.len() * sums.len() / (BLOCK * taps.len()) <= self.dy.len(), "gradient to the output");
        add(self, taps, sums);
    }

    /// Adds the sums for `C` input channels, from the given one on, `T` elements of the kernel and `V` registers.
    ///
    /// # Safety
    /// The numbers of all windows are inside of `x` and `dy`, and the sums inside of `sums`.
    #[inline(always)]
    unsafe fn channels<S: Simd, const V: usize, const C: usize, const T: usize>(
        &self,
        taps: &[u32],
        channel: usize,
        sums: *mut f32,
    ) {
        let lanes = S::F32::LANES;
        let mut registers = [[[S::F32::splat(0.0); V]; C]; T];
        let at = |t: usize, c: usize, v: usize| ((t * BLOCK + channel + c) * 2 + v) * lanes;
        // SAFETY: the caller's contract.
        unsafe {
            for t in 0..T {
                for c in 0..C {
                    for v in 0..V {
                        registers[t][c][v] = S::F32::load(sums.add(at(t, c, v)));
                    }
                }
            }
            let mut x = [self.x.as_ptr(); T];
            for t in 0..T {
                x[t] = x[t].add(taps[t] as usize + channel);
            }
            let mut dy = self.dy.as_ptr();
            for window in self.windows {
                let mut d = [S::F32::splat(0.0); V];
                for v in 0..V {
                    d[v] = S::F32::load(dy.add(v * lanes));
                }
                for t in 0..T {
                    let x = x[t].add(*window as usize);
                    for c in 0..C {
                        let x = S::F32::splat(*x.add(c));
                        for v in 0..V {
                            registers[t][c][v] = x.mul_add(d[v], registers[t][c][v]);
                        }
                    }
                }
                dy = dy.add(2 * lanes);
            }
            for t in 0..T {
                for c in 0..C {
                    for v in 0..V {
                        registers[t][c][v].store(sums.add(at(t, c, v)));
                    }
                }
            }
        }
    }
}

simd! {
    fn add<S>(of: &Sums, taps: &[u32], sums: &mut [f32]) {
        assert!(sums.len() == taps.len() * BLOCK * 2 * S::F32::LANES);
        let sums = sums.as_mut_ptr();
        // SAFETY: `Sums::add` checked the windows, and the sums are those of the elements by the assertion.
        unsafe {
            match (S::TILE_ROWS >= 14, of.both, taps.len()) {
                (true, true, _) => of.channels::<S, 2, 8, 1>(taps, 0, sums),
                (true, false, AT_ONCE) => of.channels::<S, 1, 8, AT_ONCE>(taps, 0, sums),
                (false, true, _) => {
                    of.channels::<S, 2, 4, 1>(taps, 0, sums);
                    of.channels::<S, 2, 4, 1>(taps, 4, sums);
                }
                (false, false, AT_ONCE) => {
                    of.channels::<S, 1, 4, AT_ONCE>(taps, 0, sums);
                    of.channels::<S, 1, 4, AT_ONCE>(taps, 4, sums);
                }
                (_, false, _) => of.channels::<S, 1, 8, 1>(taps, 0, sums),
            }
        }
    }
}

/// Writes the sums to the weights' gradient `[out, in, kh, kw]`, or adds them.
fn write_gradient(threads: &Threads, cut: Cut, sums: &[f32], d_weight: &mut [f32], write: Write) {
    let (s, width, taps) = (cut.s, cut.width, cut.s.spatial_size());
    let (of_channel, of_block) = (s.inputs * taps, BLOCK * taps);
    let floats = 2 * of_block * width;
    threads.split_with_scratch(chunks_mut(d_weight, width * of_channel), floats, &|pair, memory, to| {
        let (columns, rows) = memory.split_at_mut(of_block * width);
        for block in 0..s.inputs / BLOCK {
            let sums = &sums[(pair * (s.inputs / BLOCK) + block) * cut.of_block()..][..cut.of_block()];
            for (i, sums) in sums.chunks_exact(width).enumerate() {
                let (tap, channel) = (i / BLOCK, i % BLOCK);
                copy_lanes(sums, &mut columns[(channel * taps + tap) * width..]);
            }
            transpose(columns, width, of_block, width, rows, of_block);
            for (to, row) in to.chunks_exact_mut(of_channel).zip(rows.chunks_exact(of_block)) {
                let to = &mut to[block * of_block..][..of_block];
                match write {
                    Write::Set => to.copy_from_slice(row),
                    Write::Add => to.iter_mut().zip(row).for_each(|(to, x)| *to += x),
                }
            }
        }
    });
}
