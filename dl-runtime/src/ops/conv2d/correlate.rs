//! Correlations of an image with several rows of weights at once, for the forward pass and the gradient to the input.

#![allow(clippy::needless_range_loop, reason = "the index names a register in several arrays")]

use crate::device::cpu::simd::{Vector, simd};
use crate::ops::matmul::tile::{self, Inner, Start, Step, Strip};

/// Up to this number of channels, each is computed on its own.
const FEW: usize = 2;

/// A correlation, `c[m][r][j] = start[m] + Σₖ a[m·a_stride + steps[k].a] · b[steps[k].b + r·b_row + j]`.
#[derive(Clone, Copy)]
pub(super) struct Correlation<'a> {
    /// The number of rows of weights, which are the channels of the result.
    pub channels: usize,
    /// The weights.
    pub a: &'a [f32],
    /// The distance between neighbouring rows of weights.
    pub a_stride: usize,
    /// For each summand, its offset in a row of weights and its offset in the image from the window's first pixel.
    pub steps: &'a [Step],
    /// The number of columns of the result.
    pub columns: usize,
    /// The distance in the image between neighbouring rows of windows.
    pub b_row: usize,
    /// The initial value of each channel's sums; zero if empty.
    pub start: &'a [f32],
    /// `true` if the result is added to `c`.
    pub add: bool,
    /// `true` if negative results become 0.
    pub relu: bool,
}

/// The distances between neighbouring channels and neighbouring rows of the result.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub channel: usize,
    pub row: usize,
}

impl Correlation<'_> {
    /// Computes `rows` rows of windows. The first window begins at the start of `b`, and its result is `c[0]`.
    pub fn run(&self, b: &[f32], c: &mut [f32], to: Target, rows: usize) {
        if rows == 0 || self.columns == 0 || self.channels == 0 {
            return;
        }
        let shape = tile::shape_for(self.columns);
        let (lanes, columns) = (shape.lanes, self.columns);
        let farthest = |of: fn(&Step) -> u32| self.steps.iter().map(of).max().map_or(0, |far| far as usize + 1);
        let [a_end, b_end] = [farthest(|step| step.a), farthest(|step| step.b)];
        assert!(a_end == 0 || (self.channels - 1) * self.a_stride + a_end <= self.a.len(), "weights of a convolution");
        assert!(b_end == 0 || (rows - 1) * self.b_row + columns - 1 + b_end <= b.len(), "image of a convolution");
        assert!((self.channels - 1) * to.channel + (rows - 1) * to.row + columns <= c.len(), "result of a convolution");
        assert!(self.start.is_empty() || self.start.len() >= self.channels, "bias of a convolution");
        if self.channels <= FEW {
            return few(self, b, c, to, rows);
        }
        let tile_rows = self.channels.div_ceil(self.channels.div_ceil(shape.listed_rows));
        let strip = Strip {
            level: shape.level,
            k: self.steps.len(),
            rows: self.channels,
            tile_rows,
            lanes: [0, 0],
            a: self.a.as_ptr(),
            a_tile: tile_rows * self.a_stride,
            b: b.as_ptr(),
            b_second: lanes,
            inner: Inner::Listed { stride: self.a_stride, rows: &[], steps: self.steps },
            c: c.as_mut_ptr(),
            c_row: to.channel,
            c_column: 1,
            c_second: lanes,
            start: if self.start.is_empty() { Start::Zero } else { Start::Rows(self.start.as_ptr()) },
            add: self.add,
            relu: self.relu,
        };
        let run = |row: usize, column: usize, strip: Strip| {
            let (b, c) = (strip.b.wrapping_add(row * self.b_row + column), strip.c.wrapping_add(row * to.row + column));
            // SAFETY: by the assertions, the last weight, pixel and result are inside of their slices, and `c` is
            // borrowed for this call.
            unsafe { Strip { b, c, ..strip }.run() }
        };
        if columns <= lanes {
            // With narrow images, two rows are computed at once.
            let pair = Strip { lanes: [columns, columns], b_second: self.b_row, c_second: to.row, ..strip };
            for row in (0..rows - rows % 2).step_by(2) {
                run(row, 0, pair);
            }
            if rows % 2 == 1 {
                run(rows - 1, 0, Strip { lanes: [columns, 0], ..strip });
            }
        } else {
            for row in 0..rows {
                for column in (0..columns).step_by(2 * lanes) {
                    let left = columns - column;
                    let lanes = [left.min(lanes), left.saturating_sub(lanes).min(lanes)];
                    run(row, column, Strip { lanes, ..strip });
                }
            }
        }
    }
}

simd! {
    /// Does the same as [`Correlation::run`] for few channels, one after the other. Several registers of columns are
    /// accumulated side by side, so that no multiply-add waits for the one before.
    fn few<S>(of: &Correlation, b: &[f32], c: &mut [f32], to: Target, rows: usize) {
        const REGISTERS: usize = 4;
        let lanes = S::F32::LANES;
        let of_row = of.columns.div_ceil(lanes);
        let pieces = rows * of_row;
        for channel in 0..of.channels {
            let a = &of.a[channel * of.a_stride..];
            let start = S::F32::splat(of.start.get(channel).copied().unwrap_or(0.0));
            for piece in (0..pieces).step_by(REGISTERS) {
                let mut sums = [start; REGISTERS];
                // Each register's offset in the image and in the result, and its number of columns.
                let mut positions = [(0, 0, 0); REGISTERS];
                for (v, position) in positions.iter_mut().enumerate().take(pieces - piece) {
                    let (row, column) = ((piece + v) / of_row, (piece + v) % of_row * lanes);
                    *position = (row * of.b_row + column, row * to.row + column, lanes.min(of.columns - column));
                }
                // SAFETY: `run` has checked that the last weight, pixel and result are inside of their slices. A
                // register without columns reads and writes nothing.
                unsafe {
                    for step in of.steps {
                        let a = S::F32::splat(*a.as_ptr().add(step.a as usize));
                        let b = b.as_ptr().add(step.b as usize);
                        for v in 0..REGISTERS {
                            let x = S::F32::load_first(b.wrapping_add(positions[v].0), positions[v].2);
                            sums[v] = x.mul_add(a, sums[v]);
                        }
                    }
                    for v in 0..REGISTERS {
                        let (_, position, count) = positions[v];
                        let c = c.as_mut_ptr().wrapping_add(channel * to.channel + position);
                        if of.add {
                            sums[v] = sums[v].add(S::F32::load_first(c, count));
                        }
                        if of.relu {
                            sums[v] = S::F32::splat(0.0).max(sums[v]);
                        }
                        if count == lanes { sums[v].store(c) } else { sums[v].store_first(c, count) }
                    }
                }
            }
        }
    }
}
