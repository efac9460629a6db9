//! Padding on the CPU.

use super::{Mode, Op, Pad2dKernel, Sizes};
use crate::Cpu;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::Write;

impl Op {
    /// The row (`axis` 0) or column of the image that is number `at` of the output; `None` for zeros.
    #[inline(always)]
    fn source(self, s: &Sizes, axis: usize, at: usize) -> Option<usize> {
        let (before, size) = (self.before[axis], s.image[axis]);
        match self.mode {
            Mode::Zeros => at.checked_sub(before).filter(|at| *at < size),
            Mode::Replicate => Some(at.saturating_sub(before).min(size - 1)),
            Mode::Reflect => {
                let at = at.abs_diff(before);
                Some(if at < size { at } else { 2 * (size - 1) - at })
            }
        }
    }

    /// Calls `inside(output, input, width)` for each row of a plane's output that is made from the image, and
    /// `border(output, input)` for each of its numbers on the left and on the right.
    #[inline(always)]
    fn rows(self, s: &Sizes, mut inside: impl FnMut(usize, usize), mut border: impl FnMut(usize, usize)) {
        let ([_, width], [rows, columns], [_, left]) = (s.image, s.output, self.before);
        for row in 0..rows {
            let Some(from) = self.source(s, 0, row) else { continue };
            inside(row * columns + left, from * width);
            for column in (0..left).chain(left + width..columns) {
                if let Some(from_column) = self.source(s, 1, column) {
                    border(row * columns + column, from * width + from_column);
                }
            }
        }
    }
}

/// Numbers of an input and of an output plane, and planes of one task.
fn areas(s: &Sizes) -> (usize, usize, usize) {
    let out_area = s.output[0] * s.output[1];
    (s.image[0] * s.image[1], out_area, (16 * 1024_usize).div_ceil(out_area))
}

impl Pad2dKernel for Cpu {
    fn pad2d_forward(&self, op: Op, s: &Sizes, x: &[f32], y: &mut [f32]) {
        let ((area, out_area, planes), width) = (areas(s), s.image[1]);
        self.threads().split((chunks(x, planes * area), chunks_mut(y, planes * out_area)), &|_, (x, y)| {
            if op.mode == Mode::Zeros {
                y.fill(0.0);
            }
            for (x, y) in x.chunks_exact(area).zip(y.chunks_exact_mut(out_area)) {
                let y = std::cell::Cell::from_mut(y).as_slice_of_cells();
                let inside = |to: usize, from: usize| {
                    y[to..to + width].iter().zip(&x[from..from + width]).for_each(|(y, x)| y.set(*x));
                };
                op.rows(s, inside, |to, from| y[to].set(x[from]));
            }
        });
    }
    fn pad2d_backward(&self, op: Op, s: &Sizes, dy: &[f32], dx: &mut [f32], write: Write) {
        let ((area, out_area, planes), width) = (areas(s), s.image[1]);
        self.threads().split((chunks(dy, planes * out_area), chunks_mut(dx, planes * area)), &|_, (dy, dx)| {
            if write == Write::Set {
                dx.fill(0.0);
            }
            for (dy, dx) in dy.chunks_exact(out_area).zip(dx.chunks_exact_mut(area)) {
                let dx = std::cell::Cell::from_mut(dx).as_slice_of_cells();
                let inside = |from: usize, to: usize| {
                    let pairs = dx[to..to + width].iter().zip(&dy[from..from + width]);
                    pairs.for_each(|(dx, dy)| dx.set(dx.get() + dy));
                };
                op.rows(s, inside, |from, to| dx[to].set(dx[to].get() + dy[from]));
            }
        });
    }
}
