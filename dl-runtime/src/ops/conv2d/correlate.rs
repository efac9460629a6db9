//! Correlations of an image with several rows of weights at once, for the forward pass and the gradient to the input.

#![allow(clippy::needless_range_loop, reason = "the index names a register in several arrays")]

use crate::device::cpu::simd::{Simd, Vector, simd};
use crate::ops::matmul::tile::{self, Inner, Start, Step, Strip};

/// Up to this number of channels, each is computed on its own.
pub(super) const FEW: usize = 2;

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
    /// The operation that is applied to the sums.
    pub finish: Finish<'a>,
}

/// The operation that is applied to the sums of channels: `c = limited(scale·sum + shift + summand)`, or `c = limited(c + …)`.
#[derive(Clone, Copy, Default)]
pub(super) struct Finish<'a> {
    /// The factor of each channel; 1 if empty.
    pub scale: &'a [f32],
    /// The number that is added to each channel; 0 if empty, which it is not with a scale.
    pub shift: &'a [f32],
    /// The numbers that are added, in the layout of the result; none if empty.
    pub summand: &'a [f32],
    /// `true` if the result is added to `c`.
    pub add: bool,
    /// The least and the largest result.
    pub limits: Option<[f32; 2]>,
}

impl Finish<'_> {
    /// Returns what is done with the channels from `channel` on, whose result begins at `at`.
    pub fn from(self, channel: usize, at: usize) -> Self {
        let rest = |of: &'_ [f32], from: usize| if of.is_empty() { 0 } else { from };
        let [scale, shift] = [self.scale, self.shift].map(|of| &of[rest(of, channel)..]);
        Finish { scale, shift, summand: &self.summand[rest(self.summand, at)..], ..self }
    }
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
        let Finish { scale, shift, summand, add, limits } = self.finish;
        let is_for = |of: &[f32], len: usize| of.is_empty() || of.len() >= len;
        assert!(is_for(scale, self.channels) && is_for(shift, self.channels), "bias of a convolution");
        assert!(is_for(summand, c.len()), "summand of a convolution");
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
            start: match (scale.is_empty(), shift.is_empty()) {
                (false, false) => Start::Scaled(scale.as_ptr(), shift.as_ptr()),
                (_, false) => Start::Rows(shift.as_ptr()),
                (_, true) => Start::Zero,
            },
            summand: if summand.is_empty() { std::ptr::null() } else { summand.as_ptr() },
            add,
            limits,
            ahead: None,
        };
        let run = |row: usize, column: usize, strip: Strip| {
            let at = row * to.row + column;
            let (b, c) = (strip.b.wrapping_add(row * self.b_row + column), strip.c.wrapping_add(at));
            let summand = if summand.is_empty() { strip.summand } else { strip.summand.wrapping_add(at) };
            // SAFETY: by the assertions, the last weight, pixel, summand and result are inside of their slices, and `c`
            // is borrowed for this call.
            unsafe { Strip { b, c, summand, ..strip }.run() }
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
    /// Does the same as [`Correlation::run`] for few channels, one after the other: a register of columns of several rows at a time, so
    /// that no multiply-add waits for the one before.
    fn few<S>(of: &Correlation, b: &[f32], c: &mut [f32], to: Target, rows: usize) {
        let (lanes, columns, finish) = (S::F32::LANES, of.columns, of.finish);
        // Unless results are added to what is there, the last ones may be computed twice.
        let again = !finish.add;
        let farthest = of.steps.iter().map(|step| step.b).max().map_or(0, |far| far as usize);
        let most = rows_at_once(rows);
        for channel in 0..of.channels {
            for column in (0..columns).step_by(lanes) {
                let column = if again && columns >= lanes { column.min(columns - lanes) } else { column };
                let count = lanes.min(columns - column);
                let mut next = 0;
                while next < rows {
                    let first = if again { next.min(rows - most) } else { next };
                    let at_once = if first + most <= rows { most } else { 1 };
                    let whole = farthest + (first + at_once - 1) * of.b_row + column + lanes <= b.len();
                    let (row, at_once) = if whole { (first, at_once) } else { (next, 1) };
                    // Behind the columns of a row is the next one, which is written later.
                    let free = if again && to.row == columns { (rows - row) * to.row - column } else { 0 };
                    let few = Few { of, channel, c_row: to.row, count, free };
                    let at = channel * to.channel + row * to.row + column;
                    let summand = if finish.summand.is_empty() { std::ptr::null() } else { finish.summand[at..].as_ptr() };
                    let (b, c) = (b.as_ptr().wrapping_add(row * of.b_row + column), c[at..].as_mut_ptr());
                    // SAFETY: `run` has checked that the last weight, pixel, summand and result are inside of their slices. Whole
                    // registers are inside of the image, and what is free is inside of the channel.
                    unsafe {
                        match (whole, at_once) {
                            (true, 8) => few.rows::<S, 8, true>(b, c, summand),
                            (true, 7) => few.rows::<S, 7, true>(b, c, summand),
                            (true, 4) => few.rows::<S, 4, true>(b, c, summand),
                            (true, _) => few.rows::<S, 1, true>(b, c, summand),
                            (false, _) => few.rows::<S, 1, false>(b, c, summand),
                        }
                    }
                    next = row + at_once;
                }
            }
        }
    }
}

/// Returns how many of so many rows are computed at once. Multiply-adds of fewer than some six wait for each other.
fn rows_at_once(rows: usize) -> usize {
    let time = |at_once: &usize| rows.div_ceil(*at_once) * (*at_once).max(6);
    [8, 7, 4, 1].into_iter().filter(|at_once| *at_once <= rows).min_by_key(time).unwrap_or(1)
}

/// One register of columns of some rows.
struct Few<'a> {
    of: &'a Correlation<'a>,
    channel: usize,
    c_row: usize,
    /// The number of columns.
    count: usize,
    /// The number of results from the first on that may be overwritten; those of the columns may be anyway.
    free: usize,
}

impl Few<'_> {
    /// Computes `R` rows; `WHOLE` registers of the image are read, or as many numbers as there are columns.
    ///
    /// # Safety
    /// Their numbers can be read and written.
    #[inline(always)]
    unsafe fn rows<S: Simd, const R: usize, const WHOLE: bool>(&self, b: *const f32, c: *mut f32, summand: *const f32) {
        let (lanes, count) = (S::F32::LANES, self.count);
        let Finish { scale, shift, add, limits, .. } = self.of.finish;
        let mut sums = [S::F32::splat(0.0); R];
        // SAFETY: the caller's contract.
        unsafe {
            let a = self.of.a.as_ptr().add(self.channel * self.of.a_stride);
            for step in self.of.steps {
                let a = S::F32::splat(*a.add(step.a as usize));
                let b = b.wrapping_add(step.b as usize);
                for r in 0..R {
                    let from = b.wrapping_add(r * self.of.b_row);
                    let x = if WHOLE { S::F32::load(from) } else { S::F32::load_first(from, count) };
                    sums[r] = x.mul_add(a, sums[r]);
                }
            }
            let one = |of: &[f32], otherwise: f32| if of.is_empty() { otherwise } else { of[self.channel] };
            let (scale, shift) = (S::F32::splat(one(scale, 1.0)), S::F32::splat(one(shift, 0.0)));
            let [least, largest] = limits.unwrap_or([f32::NEG_INFINITY, f32::INFINITY]);
            let (least, largest) = (S::F32::splat(least), S::F32::splat(largest));
            for r in 0..R {
                let c = c.add(r * self.c_row);
                let mut sum = sums[r].mul_add(scale, shift);
                if add {
                    sum = sum.add(S::F32::load_first(c, count));
                }
                if !summand.is_null() {
                    sum = sum.add(S::F32::load_first(summand.add(r * self.c_row), count));
                }
                sum = largest.min(least.max(sum));
                if count == lanes || r * self.c_row + lanes <= self.free {
                    sum.store(c)
                } else {
                    sum.store_first(c, count)
                }
            }
        }
    }
}
