//! L2 normalisation on the CPU.

use super::{L2NormalizeKernel, L2NormalizeOp};
use crate::Cpu;
use crate::device::cpu::simd::{Simd, simd, sum};
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::parts::accumulate;
use crate::tensor::Write;

/// The smallest task, in numbers.
const TASK: usize = 1 << 13;

/// Returns the norm of a row.
#[inline(always)]
fn norm<S: Simd>(x: &[f32]) -> f32 {
    sum::<S, 1>([x], |[x]| x * x).sqrt()
}

simd! {
    fn forward<S>(op: L2NormalizeOp, x: &[f32], y: &mut [f32]) {
        let L2NormalizeOp { n, epsilon } = op;
        for (x, y) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)) {
            let norm = norm::<S>(x);
            // The comparison is false for NaN, so that NaN stays NaN.
            let divisor = if norm < epsilon { epsilon } else { norm };
            x.iter().zip(y).for_each(|(x, y)| *y = x / divisor);
        }
    }

    fn backward<S>(op: L2NormalizeOp, x: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
        let L2NormalizeOp { n, epsilon } = op;
        for ((x, dy), dx) in x.chunks_exact(n).zip(dy.chunks_exact(n)).zip(dx.chunks_exact_mut(n)) {
            let norm = norm::<S>(x);
            let short = norm < epsilon;
            let divisor = if short { epsilon } else { norm };
            let dot = if short { 0.0 } else { sum::<S, 2>([x, dy], |[x, dy]| x * dy) / norm / norm };
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
