//! Max pooling on the CPU.

use super::{MaxPool2dKernel, Op, Sizes};
use crate::Cpu;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::Write;
use std::ops::Range;

/// Floats of input that are worth a task of their own.
const TASK: usize = 16 * 1024;

/// The part of window number `at` that is inside of the image.
#[inline(always)]
pub(in crate::ops) fn inside(at: usize, kernel: usize, stride: usize, padding: usize, size: usize) -> Range<usize> {
    let start = at * stride;
    start.saturating_sub(padding)..(start + kernel).saturating_sub(padding).min(size)
}

/// Position of the first maximum (or NaN) of output element `r`, `c` of a plane.
#[inline(always)]
fn maximum(op: Op, s: &Sizes, x: &[f32], r: usize, c: usize) -> usize {
    let rows = inside(r, op.kernel[0], op.stride[0], op.padding[0], s.image[0]);
    let columns = inside(c, op.kernel[1], op.stride[1], op.padding[1], s.image[1]);
    let mut best = rows.start * s.image[1] + columns.start;
    for row in rows {
        for i in row * s.image[1] + columns.start..row * s.image[1] + columns.end {
            if x[i] > x[best] || x[i].is_nan() {
                best = i;
            }
        }
    }
    best
}

impl MaxPool2dKernel for Cpu {
    fn max_pool2d_forward(&self, op: Op, s: &Sizes, x: &[f32], y: &mut [f32]) {
        let (area, out_area) = (s.image[0] * s.image[1], s.output[0] * s.output[1]);
        let planes = TASK.div_ceil(area);
        self.threads().split((chunks(x, planes * area), chunks_mut(y, planes * out_area)), &|_, (x, y)| {
            for (x, y) in x.chunks_exact(area).zip(y.chunks_exact_mut(out_area)) {
                for (r, y) in y.chunks_exact_mut(s.output[1]).enumerate() {
                    y.iter_mut().enumerate().for_each(|(c, y)| *y = x[maximum(op, s, x, r, c)]);
                }
            }
        });
    }
    fn max_pool2d_backward(&self, op: Op, s: &Sizes, x: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
        let (area, out_area) = (s.image[0] * s.image[1], s.output[0] * s.output[1]);
        let planes = TASK.div_ceil(area);
        let data = (chunks(x, planes * area), chunks(dy, planes * out_area), chunks_mut(dx, planes * area));
        self.threads().split(data, &|_, (x, dy, dx)| {
            if write == Write::Set {
                dx.fill(0.0);
            }
            for ((x, dy), dx) in x.chunks_exact(area).zip(dy.chunks_exact(out_area)).zip(dx.chunks_exact_mut(area)) {
                for (r, dy) in dy.chunks_exact(s.output[1]).enumerate() {
                    dy.iter().enumerate().for_each(|(c, dy)| dx[maximum(op, s, x, r, c)] += dy);
                }
            }
        });
    }
}
