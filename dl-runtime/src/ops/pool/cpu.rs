//! Max pooling on the CPU. Adjacent windows of 2×2, the most common ones, have loops of their own.

use super::sliding::{maxima, wins};
use super::{PoolKernel, PoolSizes, Windows, avg, blocked, maximum as gradients};
use crate::Cpu;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::Write;

/// Returns the position in a plane of the first maximum (or, as in PyTorch, the last NaN) of window `r`, `c`.
#[inline(always)]
fn maximum(s: &PoolSizes, x: &[f32], r: usize, c: usize) -> usize {
    let (rows, columns) = (s.range(0, r), s.range(1, c));
    let mut best = rows.start * s.image[1] + columns.start;
    for row in rows {
        for i in row * s.image[1] + columns.start..row * s.image[1] + columns.end {
            if wins(x[i], x[best]) {
                best = i;
            }
        }
    }
    best
}

impl PoolSizes {
    /// Returns `true` if the windows are adjacent, of 2×2.
    fn is_two_by_two(&self) -> bool {
        let half = self.image[0] / 2 == self.output[0] && self.image[1] / 2 == self.output[1];
        half && self.windows == Windows::Sliding { kernel: [2, 2], stride: [2, 2], padding: [0, 0] }
    }
}

impl PoolKernel for Cpu {
    fn max_pool_forward(&self, s: &PoolSizes, x: &[f32], y: &mut [f32]) {
        let ((spatial_size, output_size), planes) = (s.spatial_sizes(), s.task());
        let columns = s.columns().filter(|_| !s.is_two_by_two());
        let (data, line) =
            ((chunks(x, planes * spatial_size), chunks_mut(y, planes * output_size)), columns.map(|of| of.line(s)));
        self.threads().split_with_scratch(data, line.unwrap_or(0), &|_, line, (x, y)| {
            for (x, y) in x.chunks_exact(spatial_size).zip(y.chunks_exact_mut(output_size)) {
                if s.is_two_by_two() {
                    two_by_two_forward(x, s.image[1], y, s.output[1]);
                    continue;
                }
                if let Some(columns) = columns {
                    maxima(s, columns, x, y, line);
                    continue;
                }
                for (r, y) in y.chunks_exact_mut(s.output[1]).enumerate() {
                    y.iter_mut().enumerate().for_each(|(c, y)| *y = x[maximum(s, x, r, c)]);
                }
            }
        });
    }
    fn max_pool_blocked(&self, s: &PoolSizes, x: &[f32], y: &mut [f32]) {
        blocked::max(self.threads(), s, x, y);
    }
    fn max_pool_backward(&self, s: &PoolSizes, x: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
        let ((spatial_size, output_size), planes) = (s.spatial_sizes(), s.task());
        let data =
            (chunks(x, planes * spatial_size), chunks(dy, planes * output_size), chunks_mut(dx, planes * spatial_size));
        let columns = s.columns().filter(|_| !s.is_two_by_two());
        let scratch = columns.map_or(s.output[1], |columns| columns.scratch(s));
        self.threads().split_with_scratch(data, scratch, &|_, scratch, (x, dy, dx)| {
            if write == Write::Set && !(s.is_two_by_two() && s.image[0].is_multiple_of(2)) {
                dx.fill(0.0);
            }
            for ((x, dy), dx) in
                x.chunks_exact(spatial_size).zip(dy.chunks_exact(output_size)).zip(dx.chunks_exact_mut(spatial_size))
            {
                if s.is_two_by_two() {
                    gradients::two_by_two(x, s.image[1], dy, dx, scratch, write == Write::Add);
                    continue;
                }
                if let Some(columns) = columns {
                    gradients::gradient(s, columns, x, dy, dx, scratch);
                    continue;
                }
                for (r, dy) in dy.chunks_exact(s.output[1]).enumerate() {
                    dy.iter().enumerate().for_each(|(c, dy)| dx[maximum(s, x, r, c)] += dy);
                }
            }
        });
    }
    fn avg_pool_forward(&self, s: &PoolSizes, count_include_pad: bool, x: &[f32], y: &mut [f32]) {
        avg::forward(self, s, count_include_pad, x, y);
    }
    fn avg_pool_blocked(&self, s: &PoolSizes, count_include_pad: bool, x: &[f32], y: &mut [f32]) {
        blocked::avg(self.threads(), s, count_include_pad, x, y);
    }
    fn avg_pool_backward(&self, s: &PoolSizes, count_include_pad: bool, dy: &[f32], dx: &mut [f32], write: Write) {
        avg::backward(self, s, count_include_pad, dy, dx, write);
    }
}

simd! {
    /// Computes one plane of 2×2 windows. `width` is the width of the input, `columns` that of the output.
    fn two_by_two_forward<S>(x: &[f32], width: usize, y: &mut [f32], columns: usize) {
        for (x, y) in x.chunks_exact(2 * width).zip(y.chunks_exact_mut(columns)) {
            let (above, below) = x.split_at(width);
            let (above, below) = (above.as_chunks::<2>().0, below.as_chunks::<2>().0);
            for ((above, below), y) in above.iter().zip(below).zip(y) {
                let mut best = above[0];
                best = if wins(above[1], best) { above[1] } else { best };
                best = if wins(below[0], best) { below[0] } else { best };
                *y = if wins(below[1], best) { below[1] } else { best };
            }
        }
    }
}
