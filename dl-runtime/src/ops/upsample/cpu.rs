//! Upsampling on the CPU.

use super::{Mode, UpsampleKernel, UpsampleSizes, bilinear, blocked, nearest};
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
    /// Returns the sizes of one task in the input and in the output: whole planes.
    fn task(&self) -> [usize; 2] {
        let (spatial_size, row, planes) = self.sizes();
        [planes * spatial_size, planes * self.image[0] * self.factor[0] * row]
    }
}

impl UpsampleKernel for Cpu {
    fn upsample_forward(&self, mode: Mode, s: &UpsampleSizes, x: &[f32], y: &mut [f32]) {
        let [from, to] = s.task();
        self.threads().split_with_scratch((chunks(x, from), chunks_mut(y, to)), s.scratch(), &|_, scratch, (x, y)| {
            match mode {
                Mode::Nearest => nearest::forward(s, x, y),
                Mode::Bilinear { align_corners } => bilinear::forward(s, align_corners, x, y, scratch),
            }
        });
    }
    fn upsample_blocked(&self, mode: Mode, s: &UpsampleSizes, x: &[f32], y: &mut [f32]) {
        blocked::forward(self.threads(), mode, s, x, y);
    }
    fn upsample_backward(&self, mode: Mode, s: &UpsampleSizes, dy: &[f32], dx: &mut [f32], write: Write) {
        let [to, from] = s.task();
        let data = (chunks(dy, from), chunks_mut(dx, to));
        self.threads().split_with_scratch(data, s.scratch(), &|_, scratch, (dy, dx)| {
            if write == Write::Set {
                dx.fill(0.0);
            }
            match mode {
                Mode::Nearest => nearest::backward(s, dy, dx, scratch),
                Mode::Bilinear { align_corners } => bilinear::backward(s, align_corners, dy, dx, scratch),
            }
        });
    }
}
