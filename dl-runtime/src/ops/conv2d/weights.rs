//! The gradient to the weights of a convolution: dot products of the output's gradient with the shifted input.

#![allow(clippy::needless_range_loop, reason = "the index names a register in several arrays")]

use super::Sizes;
use super::image::Layout;
use crate::device::cpu::simd::{self, Baseline, Level, Simd, Vector, simd};
use crate::device::cpu::threads::chunks_mut;
use crate::device::cpu::{Threads, scratch};
use crate::ops::Write;
use crate::ops::matmul::tile::{Step, with_steps};

/// Parts of the batch that are summed on their own, at most; their number depends on the sizes alone.
const PARTS: usize = 16;
/// Samples that a tile runs over before its sums are written.
const RUN: usize = 8;
/// Floats of all partial sums together, at most.
const MAX_PARTIAL: usize = 1 << 21;
/// Output channels of the largest tile of any instruction set.
const MAX_OUTPUTS: usize = 4;
/// Weights of each output channel in the largest tile.
const MAX_TAPS: usize = 6;

/// `d_weight` = (or `+=`) the gradient.
pub(super) fn gradient(threads: &Threads, s: &Sizes, x: &[f32], dy: &[f32], d_weight: &mut [f32], write: Write) {
    let layout = Layout::input(s);
    let len = d_weight.len();
    let parts = PARTS.min(s.samples).min((MAX_PARTIAL / len).max(1));
    let samples = s.samples.div_ceil(parts);
    let parts = s.samples.div_ceil(samples);
    let (inputs, [kh, kw]) = (s.inputs_of_group(), s.kernel);
    let place = |i: usize, k: usize, l: usize| Step {
        a: 0,
        b: (i * layout.plane() + k * s.dilation[0] * layout.row() + layout.column(l * s.dilation[1])) as u32,
    };
    let taps = (0..inputs).flat_map(|i| (0..kh).flat_map(move |k| (0..kw).map(move |l| place(i, k, l))));
    with_steps(taps, |taps| {
        let image = s.inputs * s.image[0] * s.image[1];
        let copied = if layout.is_plain() { 0 } else { RUN.min(samples) * s.inputs * layout.plane() };
        let part = |part: usize, copy: &mut [f32], to: &mut [f32]| {
            let last = s.samples.min((part + 1) * samples);
            for first in (part * samples..last).step_by(RUN) {
                let count = RUN.min(last - first);
                let x = &x[first * image..][..count * image];
                let dy = &dy[first * s.outputs * s.output[0] * s.output[1]..];
                let add = first > part * samples;
                if layout.is_plain() {
                    all_tiles(s, layout, taps, count, x, dy, to, add);
                } else {
                    layout.fill(x, copy);
                    all_tiles(s, layout, taps, count, copy, dy, to, add);
                }
            }
        };
        scratch::with(parts * len, |partial| {
            if s.work() < crate::ops::matmul::WORTH_THREADS {
                scratch::with(copied, |copy| {
                    partial.chunks_exact_mut(len).enumerate().for_each(|(i, to)| part(i, copy, to));
                });
            } else {
                threads.split_with_scratch(chunks_mut(partial, len), copied, &part);
            }
            const TASK: usize = 4096;
            threads.split(chunks_mut(d_weight, TASK), &|task, to| {
                if write == Write::Set {
                    to.fill(0.0);
                }
                for partial in partial.chunks_exact(len) {
                    to.iter_mut().zip(&partial[task * TASK..]).for_each(|(to, x)| *to += x);
                }
            });
        });
    });
}

/// `d_bias` = (or `+=`) the sums of each channel of `dy`.
pub(super) fn bias_gradient(threads: &Threads, s: &Sizes, dy: &[f32], d_bias: &mut [f32], write: Write) {
    let area = s.output[0] * s.output[1];
    let per_task = (16 * 1024_usize).div_ceil(s.samples * area);
    threads.split(chunks_mut(d_bias, per_task), &|task, d_bias| {
        for (i, db) in d_bias.iter_mut().enumerate() {
            let channel = task * per_task + i;
            let sums = (0..s.samples).map(|n| channel_sum(&dy[(n * s.outputs + channel) * area..][..area]));
            *db = if write == Write::Add { *db } else { 0.0 } + sums.sum::<f32>();
        }
    });
}

simd! {
    fn channel_sum<S>(dy: &[f32]) -> f32 {
        simd::sum::<S, 1>([dy], |[dy]| dy)
    }
}

/// The gradient of some samples, whose images `x` are in their layout; `to` is replaced or added to.
#[expect(clippy::too_many_arguments, reason = "kernels take sizes and slices")]
fn all_tiles(
    s: &Sizes,
    layout: Layout,
    taps: &[Step],
    samples: usize,
    x: &[f32],
    dy: &[f32],
    to: &mut [f32],
    add: bool,
) {
    let (outputs, inputs, area) = (s.outputs_of_group(), s.inputs_of_group(), s.output[0] * s.output[1]);
    let [rows, columns] = s.output;
    let b_row = s.stride[0] * layout.row();
    let level = level(columns);
    let max_outputs = if level == Level::Avx512 { MAX_OUTPUTS } else { 2 };
    let farthest = taps.iter().map(|step| step.b as usize).max().unwrap_or(0);
    let sample = s.inputs * layout.plane();
    assert!((samples - 1) * s.outputs * area + s.outputs * area <= dy.len(), "gradient to the output");
    let last_group = (s.groups - 1) * inputs * layout.plane();
    assert!((samples - 1) * sample + last_group + (rows - 1) * b_row + columns + farthest <= x.len(), "input");
    for group in 0..s.groups {
        let x = x[group * inputs * layout.plane()..].as_ptr();
        let mut output = 0;
        while output < outputs {
            let count = even(outputs - output, max_outputs);
            let channel = group * outputs + output;
            let mut tap = 0;
            while tap < taps.len() {
                let tile_taps = match taps.len() - tap {
                    MAX_TAPS.. => MAX_TAPS,
                    3.. => 3,
                    _ => 1,
                };
                let to = &mut to[channel * taps.len() + tap..][..(count - 1) * taps.len() + tile_taps];
                let tile = Tile {
                    samples,
                    rows,
                    columns,
                    dy: dy[channel * area..].as_ptr(),
                    dy_sample: s.outputs * area,
                    dy_channel: area,
                    x,
                    x_sample: sample,
                    x_row: b_row,
                    taps: &taps[tap..tap + tile_taps],
                    to: to.as_mut_ptr(),
                    to_channel: taps.len(),
                    add,
                };
                // SAFETY: all positions are inside of `dy` and `x` by the assertions, and inside of `to` by its slice.
                unsafe { kernel(level, count, tile_taps)(&tile) }
                tap += tile_taps;
            }
            output += count;
        }
    }
}

/// The size of the next of the fewest tiles of at most `most`, as equal as can be.
fn even(left: usize, most: usize) -> usize {
    left.div_ceil(left.div_ceil(most))
}

/// The instruction set for rows of some columns: registers that they fill.
fn level(columns: usize) -> Level {
    if columns <= 8 { simd::level().min(Level::Avx2) } else { simd::level() }
}

/// Some output channels by some weights of each, over some samples.
struct Tile<'a> {
    samples: usize,
    rows: usize,
    columns: usize,
    dy: *const f32,
    dy_sample: usize,
    dy_channel: usize,
    x: *const f32,
    x_sample: usize,
    x_row: usize,
    taps: &'a [Step],
    to: *mut f32,
    to_channel: usize,
    add: bool,
}

/// Computes one tile.
type Kernel = unsafe fn(&Tile);

/// The kernels of one instruction set, as functions of their own, so that each has all registers to itself.
macro_rules! kernels {
    ($name:ident, $S:ty, [$($feature:meta)?], $($outputs:literal)*) => {
        /// The kernel for a number of output channels and weights.
        fn $name(outputs: usize, taps: usize) -> Kernel {
            $(#[$feature])?
            unsafe fn kernel<const O: usize, const T: usize>(tile: &Tile) {
                // SAFETY: the contract of `Tile::compute`.
                unsafe { tile.compute::<$S, O, T>() }
            }
            match (outputs, taps) {
                $(
                    ($outputs, 1) => kernel::<$outputs, 1>,
                    ($outputs, 3) => kernel::<$outputs, 3>,
                    ($outputs, MAX_TAPS) => kernel::<$outputs, MAX_TAPS>,
                )*
                _ => unreachable!("a tile is within `shape`"),
            }
        }
    };
}

kernels! { baseline, Baseline, [], 1 2 }
#[cfg(target_arch = "x86_64")]
kernels! { avx2, simd::Avx2, [target_feature(enable = "avx2,fma,bmi1,bmi2")], 1 2 }
#[cfg(target_arch = "x86_64")]
kernels! {
    avx512, simd::Avx512, [target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma,bmi1,bmi2")], 1 2 3 4
}

/// The kernel of an instruction set.
fn kernel(level: Level, outputs: usize, taps: usize) -> Kernel {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => avx512(outputs, taps),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => avx2(outputs, taps),
        _ => baseline(outputs, taps),
    }
}

impl Tile<'_> {
    /// # Safety
    /// All that the fields describe can be read, and `to` written by this thread alone.
    #[inline(always)]
    unsafe fn compute<S: Simd, const O: usize, const T: usize>(&self) {
        let lanes = S::F32::LANES;
        let mut sums = [[S::F32::splat(0.0); T]; O];
        for sample in 0..self.samples {
            for row in 0..self.rows {
                let mut column = 0;
                while column < self.columns {
                    let count = lanes.min(self.columns - column);
                    // SAFETY: the caller's promise.
                    unsafe {
                        let dy = self.dy.add(sample * self.dy_sample + row * self.columns + column);
                        let x = self.x.add(sample * self.x_sample + row * self.x_row + column);
                        let mut d = [S::F32::splat(0.0); O];
                        for o in 0..O {
                            d[o] = S::F32::load_first(dy.add(o * self.dy_channel), count);
                        }
                        for t in 0..T {
                            let x = S::F32::load_first(x.add(self.taps[t].b as usize), count);
                            for o in 0..O {
                                sums[o][t] = x.mul_add(d[o], sums[o][t]);
                            }
                        }
                    }
                    column += lanes;
                }
            }
        }
        for o in 0..O {
            for t in 0..T {
                // SAFETY: the caller's promise.
                let to = unsafe { &mut *self.to.add(o * self.to_channel + t) };
                *to = if self.add { *to } else { 0.0 } + sums[o][t].sum();
            }
        }
    }
}
