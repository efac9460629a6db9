//! Transpositions on the CPU: what is written lies in order, what is read is gathered.

use super::{Direction, Op, TransposeKernel};
use crate::Cpu;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::Write;
use crate::ops::axes::{RANK, Walk, len, stride};

/// Numbers of one task, at least.
const TASK: usize = 1 << 14;

impl Op {
    /// The walk over one sample in the order of what is written; the places are those of what is read.
    fn walk(self, direction: Direction) -> Walk<1> {
        assert!(self.axes.len() <= RANK, "at most {RANK} axes");
        // Of the output: its sizes, and its axis that is each axis of the input.
        let (mut sizes, mut inverse) = ([1; RANK], [0; RANK]);
        for (i, &axis) in self.axes.iter().enumerate() {
            (sizes[i], inverse[axis]) = (self.shape[axis], i);
        }
        let sizes = &sizes[..self.axes.len()];
        match direction {
            Direction::There => Walk::new(sizes, |axis| [stride(self.shape, self.axes[axis])]),
            Direction::Back => Walk::new(self.shape, |axis| [stride(sizes, inverse[axis])]),
        }
    }
}

/// One row, of which neighbours in `x` are `step` apart.
fn row(step: usize, x: &[f32], y: &mut [f32], write: Write) {
    match (step, write) {
        (1, Write::Set) => y.copy_from_slice(&x[..y.len()]),
        (_, Write::Set) => y.iter_mut().zip(x.iter().step_by(step)).for_each(|(y, x)| *y = *x),
        (_, Write::Add) => y.iter_mut().zip(x.iter().step_by(step)).for_each(|(y, x)| *y += x),
    }
}

impl TransposeKernel for Cpu {
    fn transpose(&self, op: Op, direction: Direction, x: &[f32], y: &mut [f32], write: Write) {
        let (walk, sample) = (op.walk(direction), len(op.shape));
        let (n, [step]) = (walk.len(), walk.row_strides());
        let task = TASK.div_ceil(sample) * sample;
        self.threads().split((chunks(x, task), chunks_mut(y, task)), &|_, (x, y)| {
            for (x, y) in x.chunks_exact(sample).zip(y.chunks_exact_mut(sample)) {
                let mut rows = y.chunks_exact_mut(n);
                walk.rows(|[at]| {
                    if let Some(y) = rows.next() {
                        row(step, &x[at..], y, write);
                    }
                });
            }
        });
    }
}
