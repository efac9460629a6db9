//! Gated linear units on the CPU.

use super::GluKernel;
use crate::Cpu;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::Write;
use crate::ops::activation::{Function, sigmoid::Sigmoid};
use crate::ops::parts::put;

/// Numbers of one task, at least.
const TASK: usize = 1 << 13;

/// Samples of one task.
fn samples(n: usize) -> usize {
    TASK.div_ceil(n)
}

simd! {
    fn forward<S>(n: usize, x: &[f32], y: &mut [f32]) {
        for (x, y) in x.chunks_exact(2 * n).zip(y.chunks_exact_mut(n)) {
            let (a, b) = x.split_at(n);
            a.iter().zip(b).zip(y).for_each(|((a, b), y)| *y = a * Sigmoid.value::<S>(*b));
        }
    }

    fn backward<S>(n: usize, x: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
        for ((x, dy), dx) in x.chunks_exact(2 * n).zip(dy.chunks_exact(n)).zip(dx.chunks_exact_mut(2 * n)) {
            let ((a, b), (da, db)) = (x.split_at(n), dx.split_at_mut(n));
            for i in 0..n {
                let gate = Sigmoid.value::<S>(b[i]);
                put(&mut da[i], dy[i] * gate, write);
                put(&mut db[i], dy[i] * a[i] * gate * (1.0 - gate), write);
            }
        }
    }
}

impl GluKernel for Cpu {
    fn glu_forward(&self, n: usize, x: &[f32], y: &mut [f32]) {
        let parts = (chunks(x, 2 * n * samples(n)), chunks_mut(y, n * samples(n)));
        self.threads().split(parts, &|_, (x, y)| forward(n, x, y));
    }
    fn glu_backward(&self, n: usize, x: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
        let count = samples(n);
        let parts = (chunks(x, 2 * n * count), chunks(dy, n * count), chunks_mut(dx, 2 * n * count));
        self.threads().split(parts, &|_, (x, dy, dx)| backward(n, x, dy, dx, write));
    }
}
