//! Average pooling on the CPU.

use super::PoolSizes;
use crate::Cpu;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::Write;
use std::ops::Range;

/// Calls `visit(output, input, share)` for each element of a plane's output and each row of its window: with the index
/// of the output, the range of that row in the input, and one over the size of the window.
#[inline(always)]
fn windows(s: &PoolSizes, count_include_pad: bool, mut visit: impl FnMut(usize, Range<usize>, f32)) {
    let count = |axis, at| if count_include_pad { s.counted(axis, at) } else { s.range(axis, at).len() };
    for r in 0..s.output[0] {
        let height = count(0, r);
        for row in s.range(0, r) {
            for c in 0..s.output[1] {
                let columns = s.range(1, c);
                let share = 1.0 / (height * count(1, c)) as f32;
                visit(r * s.output[1] + c, row * s.image[1] + columns.start..row * s.image[1] + columns.end, share);
            }
        }
    }
}

/// `y = mean(window of x)`.
pub(super) fn forward(cpu: &Cpu, s: &PoolSizes, count_include_pad: bool, x: &[f32], y: &mut [f32]) {
    let ((spatial_size, output_size), planes) = (s.spatial_sizes(), s.task());
    cpu.threads().split((chunks(x, planes * spatial_size), chunks_mut(y, planes * output_size)), &|_, (x, y)| {
        y.fill(0.0);
        for (x, y) in x.chunks_exact(spatial_size).zip(y.chunks_exact_mut(output_size)) {
            windows(s, count_include_pad, |to, from, share| y[to] += share * x[from].iter().sum::<f32>());
        }
    });
}

/// `dx = Σ dy/n` over the windows that contain the element, where `n` is the size of the window, or `+=`.
pub(super) fn backward(cpu: &Cpu, s: &PoolSizes, count_include_pad: bool, dy: &[f32], dx: &mut [f32], write: Write) {
    let ((spatial_size, output_size), planes) = (s.spatial_sizes(), s.task());
    cpu.threads().split((chunks(dy, planes * output_size), chunks_mut(dx, planes * spatial_size)), &|_, (dy, dx)| {
        if write == Write::Set {
            dx.fill(0.0);
        }
        for (dy, dx) in dy.chunks_exact(output_size).zip(dx.chunks_exact_mut(spatial_size)) {
            windows(s, count_include_pad, |from, to, share| {
                dx[to].iter_mut().for_each(|dx| *dx += share * dy[from]);
            });
        }
    });
}
