//! Padding on the CPU.

use super::{Mode, Pad2dKernel, Pad2dOp, Pad2dSizes};
use crate::Cpu;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::Write;

impl Pad2dOp {
    /// Returns the row (`axis` 0) or column (`axis` 1) of the image for index `at` of the output; `None` for zeros.
    #[inline(always)]
    fn source(self, s: &Pad2dSizes, axis: usize, at: usize) -> Option<usize> {
        self.mode.source(self.before[axis], s.image[axis], at)
    }

    /// Calls `inside(output, input)` for each row of the output that comes from the image, with the offsets of the
    /// first of the image's `width` numbers, and `border(output, input)` for each number on the left and on the right.
    #[inline(always)]
    fn rows(self, s: &Pad2dSizes, mut inside: impl FnMut(usize, usize), mut border: impl FnMut(usize, usize)) {
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

/// Returns the sizes of an input and of an output plane, and the number of planes of one task.
fn spatial_sizes(s: &Pad2dSizes) -> (usize, usize, usize) {
    let output_size = s.output[0] * s.output[1];
    (s.image[0] * s.image[1], output_size, (16 * 1024_usize).div_ceil(output_size))
}

impl Pad2dKernel for Cpu {
    fn pad2d_forward(&self, op: Pad2dOp, s: &Pad2dSizes, x: &[f32], y: &mut [f32]) {
        let ((spatial_size, output_size, planes), width) = (spatial_sizes(s), s.image[1]);
        self.threads().split((chunks(x, planes * spatial_size), chunks_mut(y, planes * output_size)), &|_, (x, y)| {
            if op.mode == Mode::Zeros {
                y.fill(0.0);
            }
            for (x, y) in x.chunks_exact(spatial_size).zip(y.chunks_exact_mut(output_size)) {
                let y = std::cell::Cell::from_mut(y).as_slice_of_cells();
                let inside = |to: usize, from: usize| {
                    y[to..to + width].iter().zip(&x[from..from + width]).for_each(|(y, x)| y.set(*x));
                };
                op.rows(s, inside, |to, from| y[to].set(x[from]));
            }
        });
    }
    fn pad2d_backward(&self, op: Pad2dOp, s: &Pad2dSizes, dy: &[f32], dx: &mut [f32], write: Write) {
        let ((spatial_size, output_size, planes), width) = (spatial_sizes(s), s.image[1]);
        self.threads().split(
            (chunks(dy, planes * output_size), chunks_mut(dx, planes * spatial_size)),
            &|_, (dy, dx)| {
                if write == Write::Set {
                    dx.fill(0.0);
                }
                for (dy, dx) in dy.chunks_exact(output_size).zip(dx.chunks_exact_mut(spatial_size)) {
                    let dx = std::cell::Cell::from_mut(dx).as_slice_of_cells();
                    let inside = |from: usize, to: usize| {
                        let pairs = dx[to..to + width].iter().zip(&dy[from..from + width]);
                        pairs.for_each(|(dx, dy)| dx.set(dx.get() + dy));
                    };
                    op.rows(s, inside, |from, to| dx[to].set(dx[to].get() + dy[from]));
                }
            },
        );
    }
}
