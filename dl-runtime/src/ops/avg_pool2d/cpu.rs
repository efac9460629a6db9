//! Average pooling on the CPU.

use super::{AvgPool2dKernel, Op, Sizes};
use crate::Cpu;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::{Write, max_pool2d::inside};

/// Floats of input that are worth a task of their own.
const TASK: usize = 16 * 1024;

/// Calls `visit(output, input)` for every element of a plane's output, with the positions of the input's rows in its
/// window.
#[inline(always)]
fn windows(op: Op, s: &Sizes, mut visit: impl FnMut(usize, std::ops::Range<usize>)) {
    for r in 0..s.output[0] {
        for row in inside(r, op.kernel[0], op.stride[0], op.padding[0], s.image[0]) {
            for c in 0..s.output[1] {
                let columns = inside(c, op.kernel[1], op.stride[1], op.padding[1], s.image[1]);
                visit(r * s.output[1] + c, row * s.image[1] + columns.start..row * s.image[1] + columns.end);
            }
        }
    }
}

impl AvgPool2dKernel for Cpu {
    fn avg_pool2d_forward(&self, op: Op, s: &Sizes, x: &[f32], y: &mut [f32]) {
        let (area, out_area) = (s.image[0] * s.image[1], s.output[0] * s.output[1]);
        let planes = TASK.div_ceil(area);
        let scale = 1.0 / (op.kernel[0] * op.kernel[1]) as f32;
        self.threads().split((chunks(x, planes * area), chunks_mut(y, planes * out_area)), &|_, (x, y)| {
            y.fill(0.0);
            for (x, y) in x.chunks_exact(area).zip(y.chunks_exact_mut(out_area)) {
                windows(op, s, |to, from| y[to] += x[from].iter().sum::<f32>());
                y.iter_mut().for_each(|y| *y *= scale);
            }
        });
    }
    fn avg_pool2d_backward(&self, op: Op, s: &Sizes, dy: &[f32], dx: &mut [f32], write: Write) {
        let (area, out_area) = (s.image[0] * s.image[1], s.output[0] * s.output[1]);
        let planes = TASK.div_ceil(area);
        let scale = 1.0 / (op.kernel[0] * op.kernel[1]) as f32;
        self.threads().split((chunks(dy, planes * out_area), chunks_mut(dx, planes * area)), &|_, (dy, dx)| {
            if write == Write::Set {
                dx.fill(0.0);
            }
            for (dy, dx) in dy.chunks_exact(out_area).zip(dx.chunks_exact_mut(area)) {
                windows(op, s, |from, to| dx[to].iter_mut().for_each(|dx| *dx += scale * dy[from]));
            }
        });
    }
}
