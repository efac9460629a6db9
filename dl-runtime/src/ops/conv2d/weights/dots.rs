//! The gradient to the weights for few output channels, as dot products of the output's gradient with the shifted
//! input.

#![allow(clippy::needless_range_loop, reason = "the index names a register in several arrays")]

use super::Piece;
use crate::device::cpu::simd::{self, Baseline, Level, Simd, Vector};
use crate::ops::matmul::tile::Step;
use std::ops::Range;

/// The number of output channels of the largest tile of any instruction set.
const MAX_OUTPUTS: usize = 4;
/// The number of weights of each output channel in the largest tile.
const MAX_TAPS: usize = 6;

/// Computes the gradient of some output channels over one piece of the batch, which replaces `to` or is added to it.
pub(super) fn gradient(piece: &Piece, channels: Range<usize>, to: &mut [f32], add: bool) {
    let Piece { s, layout, taps, samples, x, dy, .. } = *piece;
    let (outputs, spatial_size) = (s.outputs_of_group(), s.output[0] * s.output[1]);
    let [rows, columns] = if layout.flat { [1, piece.rows * s.output[1]] } else { [piece.rows, s.output[1]] };
    let level = level(columns);
    let max_outputs = if level == Level::Avx512 { MAX_OUTPUTS } else { 2 };
    let farthest = taps.iter().map(|tap| tap.a as usize).max().unwrap_or(0);
    let (sample, group_floats) = (s.inputs * layout.plane(), s.inputs_of_group() * layout.plane());
    let last_dy = (samples - 1) * s.outputs * spatial_size + (channels.end - 1) * spatial_size + rows * columns;
    assert!(last_dy <= dy.len(), "gradient to the output");
    let last_x = (samples - 1) * sample + (s.groups - 1) * group_floats + (rows - 1) * layout.columns.len + columns;
    assert!(last_x + farthest <= x.len(), "input");
    let mut channel = channels.start;
    while channel < channels.end {
        let group = channel / outputs;
        let left = ((group + 1) * outputs).min(channels.end) - channel;
        let count = even(left, max_outputs);
        let mut tap = 0;
        while tap < taps.len() {
            let tile_taps = match taps.len() - tap {
                MAX_TAPS.. => MAX_TAPS,
                3.. => 3,
                _ => 1,
            };
            let first = (channel - channels.start) * taps.len() + tap;
            let to = &mut to[first..][..(count - 1) * taps.len() + tile_taps];
            let tile = Tile {
                samples,
                rows,
                columns,
                dy: dy[channel * spatial_size..].as_ptr(),
                dy_sample: s.outputs * spatial_size,
                dy_channel: spatial_size,
                x: x[group * group_floats..].as_ptr(),
                x_sample: sample,
                x_row: layout.columns.len,
                taps: &taps[tap..tap + tile_taps],
                to: to.as_mut_ptr(),
                to_channel: taps.len(),
                add,
            };
            // SAFETY: by the assertions, everything that is read is inside of `dy` and `x`, and `to` was sliced to what
            // is written.
            unsafe { kernel(level, count, tile_taps)(&tile) }
            tap += tile_taps;
        }
        channel += count;
    }
}

/// Returns the size of the next tile if `left` channels are split as evenly as possible into the fewest tiles of at
/// most `max`.
fn even(left: usize, max: usize) -> usize {
    left.div_ceil(left.div_ceil(max))
}

/// Returns the instruction set for rows of `columns` windows: short rows would leave AVX-512 registers half empty.
fn level(columns: usize) -> Level {
    if columns <= 8 { simd::level().min(Level::Avx2) } else { simd::level() }
}

/// A tile of the gradient: some output channels by some weights of each, summed over some samples.
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

/// A function that computes one tile.
type Kernel = unsafe fn(&Tile);

/// Declares the kernels of one instruction set, each as a separate function that can use all registers.
macro_rules! kernels {
    ($name:ident, $S:ty, [$($feature:meta)?], $($outputs:literal)*) => {
        /// Returns the kernel for these numbers of output channels and weights.
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

/// Returns the kernel for this instruction set and size.
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
    /// `dy` and `x` must be valid for reads, and `to` for reads and writes by this thread alone, at every offset that
    /// the fields describe.
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
                            let x = S::F32::load_first(x.add(self.taps[t].a as usize), count);
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
