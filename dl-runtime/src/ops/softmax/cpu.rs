//! Softmax on the CPU. Rows are computed in place. Of [classes, positions], few positions are gathered into rows; many are computed side by
//! side (`positions`).

use super::{SoftmaxKernel, SoftmaxOp, positions};
use crate::Cpu;
use crate::device::cpu::simd::{largest, math, simd, sum};
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::parts::accumulate;
use crate::tensor::Write;

/// The number of positions that are gathered at a time: a cache line of each class.
const POSITIONS: usize = 16;
/// From this number of positions on, they are computed side by side: two registers of each class.
const MANY: usize = 32;

simd! {
    /// Replaces every row of `classes` numbers by its softmax, or by the logarithm of that.
    fn forward<S>(op: SoftmaxOp, x: &mut [f32]) {
        for row in x.chunks_exact_mut(op.classes) {
            let largest = largest::<S>(row);
            if op.log {
                let log_sum = math::ln::<S>(sum::<S, 1>([row], |[x]| math::exp::<S>(x - largest)));
                row.iter_mut().for_each(|x| *x = (*x - largest) - log_sum);
                continue;
            }
            for x in row.iter_mut() {
                *x = math::exp::<S>(*x - largest);
            }
            let inverse_sum = 1.0 / sum::<S, 1>([row], |[x]| x);
            for x in row {
                *x *= inverse_sum;
            }
        }
    }

    /// `dx = y·(dy - Σ dy·y)`, or `dy - e^y·Σ dy`, in every row.
    fn backward<S>(op: SoftmaxOp, y: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
        let n = op.classes;
        for ((y, dy), dx) in y.chunks_exact(n).zip(dy.chunks_exact(n)).zip(dx.chunks_exact_mut(n)) {
            if op.log {
                let total = sum::<S, 1>([dy], |[dy]| dy);
                for ((y, dy), dx) in y.iter().zip(dy).zip(dx) {
                    accumulate(dx, dy - math::exp::<S>(*y) * total, write);
                }
                continue;
            }
            let dot = sum::<S, 2>([y, dy], |[y, dy]| y * dy);
            for ((y, dy), dx) in y.iter().zip(dy).zip(dx) {
                accumulate(dx, y * (dy - dot), write);
            }
        }
    }
}

impl SoftmaxOp {
    fn sample(self) -> usize {
        self.classes * self.positions
    }
    /// Returns the size of one task in numbers: whole samples.
    fn task(self) -> usize {
        4096_usize.div_ceil(self.sample()) * self.sample()
    }
    /// Calls `f(start, positions)` for groups of positions of every sample: the offset of the group and its number of
    /// positions.
    fn groups(self, len: usize, mut f: impl FnMut(usize, usize)) {
        for sample in (0..len).step_by(self.sample()) {
            for position in (0..self.positions).step_by(POSITIONS) {
                f(sample + position, POSITIONS.min(self.positions - position));
            }
        }
    }
    /// Copies a group of positions from `data` to `rows`, with one row for each position.
    fn gather(self, start: usize, positions: usize, data: &[f32], rows: &mut [f32]) {
        for class in 0..self.classes {
            let from = &data[start + class * self.positions..][..positions];
            from.iter().enumerate().for_each(|(position, x)| rows[position * self.classes + class] = *x);
        }
    }
    /// Copies a group of positions back from `rows` to `data`, or adds it.
    fn scatter(self, start: usize, positions: usize, rows: &[f32], data: &mut [f32], write: Write) {
        for class in 0..self.classes {
            let to = &mut data[start + class * self.positions..][..positions];
            for (position, x) in to.iter_mut().enumerate() {
                accumulate(x, rows[position * self.classes + class], write);
            }
        }
    }
}

/// Returns the scratch memory of a task for `rows` buffers of one group.
fn scratch(op: SoftmaxOp, rows: usize) -> usize {
    if op.positions == 1 || op.positions >= MANY { 0 } else { rows * POSITIONS * op.classes }
}

fn forward_samples(s: SoftmaxOp, scratch: &mut [f32], x: &mut [f32]) {
    if s.positions == 1 {
        return forward(s, x);
    }
    if s.positions >= MANY {
        return positions::forward(s, x);
    }
    s.groups(x.len(), |start, positions| {
        let rows = &mut scratch[..positions * s.classes];
        s.gather(start, positions, x, rows);
        forward(s, rows);
        s.scatter(start, positions, rows, x, Write::Set);
    });
}

fn backward_samples(s: SoftmaxOp, scratch: &mut [f32], y: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
    if s.positions == 1 {
        return backward(s, y, dy, dx, write);
    }
    if s.positions >= MANY {
        return positions::backward(s, y, dy, dx, write);
    }
    let (y_rows, rows) = scratch.split_at_mut(POSITIONS * s.classes);
    let (dy_rows, dx_rows) = rows.split_at_mut(POSITIONS * s.classes);
    s.groups(y.len(), |start, positions| {
        let range = ..positions * s.classes;
        s.gather(start, positions, y, &mut y_rows[range]);
        s.gather(start, positions, dy, &mut dy_rows[range]);
        backward(s, &y_rows[range], &dy_rows[range], &mut dx_rows[range], Write::Set);
        s.scatter(start, positions, &dx_rows[range], dx, write);
    });
}

impl SoftmaxKernel for Cpu {
    fn softmax_forward(&self, s: SoftmaxOp, x: &[f32], y: &mut [f32]) {
        let parts = (chunks(x, s.task()), chunks_mut(y, s.task()));
        self.threads().split_with_scratch(parts, scratch(s, 1), &|_, scratch, (x, y)| {
            y.copy_from_slice(x);
            forward_samples(s, scratch, y);
        });
    }
    fn softmax_forward_in_place(&self, s: SoftmaxOp, x: &mut [f32]) {
        let x = chunks_mut(x, s.task());
        self.threads().split_with_scratch(x, scratch(s, 1), &|_, scratch, x| forward_samples(s, scratch, x));
    }
    fn softmax_backward(&self, s: SoftmaxOp, y: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
        let parts = (chunks(y, s.task()), chunks(dy, s.task()), chunks_mut(dx, s.task()));
        self.threads().split_with_scratch(parts, scratch(s, 3), &|_, scratch, (y, dy, dx)| {
            backward_samples(s, scratch, y, dy, dx, write);
        });
    }
    fn softmax_backward_in_place(&self, s: SoftmaxOp, y: &[f32], d: &mut [f32]) {
        let parts = (chunks(y, s.task()), chunks_mut(d, s.task()));
        self.threads().split_with_scratch(parts, s.sample() + scratch(s, 3), &|_, scratch, (y, d)| {
            let (dy, scratch) = scratch.split_at_mut(s.sample());
            for (y, d) in y.chunks_exact(s.sample()).zip(d.chunks_exact_mut(s.sample())) {
                dy.copy_from_slice(d);
                backward_samples(s, scratch, y, dy, d, Write::Set);
            }
        });
    }
}
