//! Max pooling on the CPU. Adjacent windows of 2×2, the most common ones, have loops of their own.

use super::sliding::{Columns, maxima};
use super::{PoolKernel, PoolSizes, Windows, avg, blocked};
use crate::Cpu;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::Write;

/// Returns `true` if `x`, which comes later in reading order, replaces the maximum `best`.
#[inline(always)]
fn wins(x: f32, best: f32) -> bool {
    x > best || x.is_nan()
}

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
        let columns = match s.windows {
            Windows::Sliding { kernel, stride, padding } if !s.is_two_by_two() => {
                Some(Columns { kernel: kernel[1], stride: stride[1], padding: padding[1] })
            }
            _ => None,
        };
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
        self.threads().split(data, &|_, (x, dy, dx)| {
            if write == Write::Set && !(s.is_two_by_two() && s.image[0].is_multiple_of(2)) {
                dx.fill(0.0);
            }
            for ((x, dy), dx) in
                x.chunks_exact(spatial_size).zip(dy.chunks_exact(output_size)).zip(dx.chunks_exact_mut(spatial_size))
            {
                if s.is_two_by_two() {
                    two_by_two_backward(x, s.image[1], dy, s.output[1], dx, write == Write::Add);
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

    /// Computes the gradient of one plane of 2×2 windows. It writes all elements except those of an odd last row.
    fn two_by_two_backward<S>(x: &[f32], width: usize, dy: &[f32], columns: usize, dx: &mut [f32], add: bool) {
        for ((x, dy), dx) in x.chunks_exact(2 * width).zip(dy.chunks_exact(columns)).zip(dx.chunks_exact_mut(2 * width)) {
            if !add && width % 2 == 1 {
                (dx[width - 1], dx[2 * width - 1]) = (0.0, 0.0);
            }
            let (above, below) = x.split_at(width);
            let (above, below) = (above.as_chunks::<2>().0, below.as_chunks::<2>().0);
            let (d_above, d_below) = dx.split_at_mut(width);
            let (d_above, d_below) = (d_above.as_chunks_mut::<2>().0, d_below.as_chunks_mut::<2>().0);
            for ((x, dy), (d_above, d_below)) in above.iter().zip(below).zip(dy).zip(d_above.iter_mut().zip(d_below)) {
                let [a, b, c, d] = [x.0[0], x.0[1], x.1[0], x.1[1]];
                // Each element is compared with the maximum of those before it, as in the forward pass.
                let b_wins = wins(b, a);
                let best = if b_wins { b } else { a };
                let c_wins = wins(c, best);
                let best = if c_wins { c } else { best };
                let d_wins = wins(d, best);
                let to = [
                    if b_wins | c_wins | d_wins { 0.0 } else { *dy },
                    if !b_wins | c_wins | d_wins { 0.0 } else { *dy },
                    if !c_wins | d_wins { 0.0 } else { *dy },
                    if d_wins { *dy } else { 0.0 },
                ];
                if add {
                    *d_above = [d_above[0] + to[0], d_above[1] + to[1]];
                    *d_below = [d_below[0] + to[2], d_below[1] + to[3]];
                } else {
                    *d_above = [to[0], to[1]];
                    *d_below = [to[2], to[3]];
                }
            }
        }
    }
}
