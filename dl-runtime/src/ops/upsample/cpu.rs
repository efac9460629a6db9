//! Upsampling on the CPU. Every row and column of the output is interpolated from one or two of the input.

use super::{Mode, UpsampleKernel, UpsampleSizes, blocked};
use crate::Cpu;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::Write;
use dl_core::ops::upsample::source;

impl UpsampleSizes {
    /// Returns the rows or columns of the input from which `at` of the output is interpolated, and their weights.
    #[inline(always)]
    pub(super) fn source(&self, align_corners: bool, axis: usize, at: usize) -> ([usize; 2], [f32; 2]) {
        let size = self.image[axis];
        source(align_corners, size, size * self.factor[axis], at)
    }
    /// Returns the size of an input plane, the length of an output row, and the number of planes of one task.
    pub(super) fn sizes(&self) -> (usize, usize, usize) {
        let (spatial_size, [rows, columns]) = (self.image[0] * self.image[1], self.factor);
        (spatial_size, self.image[1] * columns, (16 * 1024_usize).div_ceil(spatial_size * rows * columns))
    }
}

impl UpsampleKernel for Cpu {
    fn upsample_forward(&self, mode: Mode, s: &UpsampleSizes, x: &[f32], y: &mut [f32]) {
        let (spatial_size, row, planes) = s.sizes();
        let (width, [rows, columns]) = (s.image[1], s.factor);
        let output_size = spatial_size * rows * columns;
        self.threads().split((chunks(x, planes * spatial_size), chunks_mut(y, planes * output_size)), &|_, (x, y)| {
            for (x, y) in x.chunks_exact(spatial_size).zip(y.chunks_exact_mut(output_size)) {
                match mode {
                    Mode::Nearest => {
                        for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(rows * row)) {
                            let (first, others) = y.split_at_mut(row);
                            first.chunks_exact_mut(columns).zip(x).for_each(|(y, x)| y.fill(*x));
                            others.chunks_exact_mut(row).for_each(|y| y.copy_from_slice(first));
                        }
                    }
                    Mode::Bilinear { align_corners } => {
                        for (r, y) in y.chunks_exact_mut(row).enumerate() {
                            let ([above, below], [upper, lower]) = s.source(align_corners, 0, r);
                            let (above, below) = (&x[above * width..][..width], &x[below * width..][..width]);
                            for (c, y) in y.iter_mut().enumerate() {
                                let ([i, j], [left, right]) = s.source(align_corners, 1, c);
                                *y = upper * (left * above[i] + right * above[j])
                                    + lower * (left * below[i] + right * below[j]);
                            }
                        }
                    }
                }
            }
        });
    }
    fn upsample_blocked(&self, mode: Mode, s: &UpsampleSizes, x: &[f32], y: &mut [f32]) {
        blocked::forward(self.threads(), mode, s, x, y);
    }
    fn upsample_backward(&self, mode: Mode, s: &UpsampleSizes, dy: &[f32], dx: &mut [f32], write: Write) {
        let (spatial_size, row, planes) = s.sizes();
        let (width, [rows, columns]) = (s.image[1], s.factor);
        let output_size = spatial_size * rows * columns;
        self.threads().split(
            (chunks(dy, planes * output_size), chunks_mut(dx, planes * spatial_size)),
            &|_, (dy, dx)| {
                if write == Write::Set {
                    dx.fill(0.0);
                }
                for (dy, dx) in dy.chunks_exact(output_size).zip(dx.chunks_exact_mut(spatial_size)) {
                    for (r, dy) in dy.chunks_exact(row).enumerate() {
                        match mode {
                            Mode::Nearest => {
                                let dx = &mut dx[r / rows * width..][..width];
                                dx.iter_mut()
                                    .zip(dy.chunks_exact(columns))
                                    .for_each(|(dx, dy)| *dx += dy.iter().sum::<f32>());
                            }
                            Mode::Bilinear { align_corners } => {
                                let (lines, shares) = s.source(align_corners, 0, r);
                                for (line, share) in lines.into_iter().zip(shares) {
                                    let dx = &mut dx[line * width..][..width];
                                    for (c, dy) in dy.iter().enumerate() {
                                        let ([i, j], [left, right]) = s.source(align_corners, 1, c);
                                        dx[i] += share * left * dy;
                                        dx[j] += share * right * dy;
                                    }
                                }
                            }
                        }
                    }
                }
            },
        );
    }
}
