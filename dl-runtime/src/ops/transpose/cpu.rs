//! Transpositions on the CPU: writes are contiguous, and reads are gathered.

use super::{Direction, TransposeKernel, TransposeOp};
use crate::Cpu;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::axes::{StridedIter, len};
use crate::tensor::Write;

/// The smallest task, in numbers.
const TASK: usize = 1 << 14;

/// Writes one row, whose elements in `x` are `step` apart.
fn row(step: usize, x: &[f32], y: &mut [f32], write: Write) {
    match (step, write) {
        (1, Write::Set) => y.copy_from_slice(&x[..y.len()]),
        (_, Write::Set) => y.iter_mut().zip(x.iter().step_by(step)).for_each(|(y, x)| *y = *x),
        (_, Write::Add) => y.iter_mut().zip(x.iter().step_by(step)).for_each(|(y, x)| *y += x),
    }
}

impl TransposeKernel for Cpu {
    fn transpose(&self, op: TransposeOp, direction: Direction, x: &[f32], y: &mut [f32], write: Write) {
        let (order, sample) = (op.order(direction), len(op.shape));
        let iter = StridedIter::new(&order.sizes[..op.axes.len()], |axis| [order.strides[axis]]);
        let (n, [step]) = (iter.len(), iter.row_strides());
        let task = TASK.div_ceil(sample) * sample;
        self.threads().split((chunks(x, task), chunks_mut(y, task)), &|_, (x, y)| {
            for (x, y) in x.chunks_exact(sample).zip(y.chunks_exact_mut(sample)) {
                let mut rows = y.chunks_exact_mut(n);
                iter.rows(|[at]| {
                    if let Some(y) = rows.next() {
                        row(step, &x[at..], y, write);
                    }
                });
            }
        });
    }
}
