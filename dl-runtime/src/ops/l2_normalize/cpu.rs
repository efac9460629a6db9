//! Normalisation to length 1 on the CPU.

use super::{L2NormalizeKernel, L2NormalizeOp};
use crate::Cpu;
use crate::device::cpu::simd::{Simd, simd, sum};
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::parts::accumulate;
use crate::tensor::Write;

/// Numbers of one task, at least.
const TASK: usize = 1 << 13;

/// The length of a row.
#[inline(always)]
fn length<S: Simd>(x: &[f32]) -> f32 {
    sum::<S, 1>([x], |[x]| x * x).sqrt()
}

simd! {
    fn forward<S>(op: L2NormalizeOp, x: &[f32], y: &mut [f32]) {
        let L2NormalizeOp { n, epsilon } = op;
        for (x, y) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)) {
            let length = length::<S>(x);
            // A comparison that NaN fails, so that it stays.
            let divisor = if length < epsilon { epsilon } else { length };
            x.iter().zip(y).for_each(|(x, y)| *y = x / divisor);
        }
    }

    fn backward<S>(op: L2NormalizeOp, x: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
        let L2NormalizeOp { n, epsilon } = op;
        for ((x, dy), dx) in x.chunks_exact(n).zip(dy.chunks_exact(n)).zip(dx.chunks_exact_mut(n)) {
            let length = length::<S>(x);
            let short = length < epsilon;
            let divisor = if short { epsilon } else { length };
            let dot = if short { 0.0 } else { sum::<S, 2>([x, dy], |[x, dy]| x * dy) / length / length };
            for ((x, dy), dx) in x.iter().zip(dy).zip(dx) {
                accumulate(dx, (dy - x * dot) / divisor, write);
            }
        }
    }
}

impl L2NormalizeKernel for Cpu {
    fn l2_normalize_forward(&self, op: L2NormalizeOp, x: &[f32], y: &mut [f32]) {
        let size = TASK.div_ceil(op.n) * op.n;
        self.threads().split((chunks(x, size), chunks_mut(y, size)), &|_, (x, y)| forward(op, x, y));
    }
    fn l2_normalize_backward(&self, op: L2NormalizeOp, x: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
        let size = TASK.div_ceil(op.n) * op.n;
        let parts = (chunks(x, size), chunks(dy, size), chunks_mut(dx, size));
        self.threads().split(parts, &|_, (x, dy, dx)| backward(op, x, dy, dx, write));
    }
}
