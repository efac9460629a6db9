//! Transpositions on the CPU: matrices by blocks; what has no matrices is written in order, and reads are gathered.

use super::blocks::{Matrix, transpose};
use super::{Direction, TransposeKernel, TransposeOp};
use crate::Cpu;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::axes::{RANK, StridedIter, len, stride};
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

/// The fewest rows and columns of a matrix that is transposed by blocks.
const LEAST: usize = 8;

/// Matrices side by side: the last axis that is written and the last one that is read are theirs.
struct Matrices {
    matrix: Matrix,
    /// The places of the matrices in what is read and in what is written.
    places: StridedIter<2>,
}

impl Matrices {
    /// Returns `None` if the last axis stays the last, or if the matrices are small.
    fn of(iter: &StridedIter<1>) -> Option<Self> {
        let (sizes, strides) = iter.axes();
        let last = sizes.len() - 1;
        let column = strides.iter().position(|[stride]| *stride == 1)?;
        let (rows, columns) = (sizes[last], sizes[column]);
        if column == last || rows < LEAST || columns < LEAST {
            return None;
        }
        let mut outer = [1; RANK];
        outer[..last].copy_from_slice(&sizes[..last]);
        outer[column] = 1;
        let places = StridedIter::new(&outer[..last], |axis| [strides[axis][0], stride(sizes, axis)]);
        let matrix = Matrix { rows, row_stride: strides[last][0], columns, column_stride: stride(sizes, column) };
        Some(Matrices { matrix, places })
    }
    /// Transposes all matrices of a sample.
    fn transpose(&self, x: &[f32], y: &mut [f32], write: Write) {
        let (n, [from_step, to_step]) = (self.places.len(), self.places.row_strides());
        self.places.rows(|[from, to]| {
            for i in 0..n {
                transpose(self.matrix, &x[from + i * from_step..], &mut y[to + i * to_step..], write);
            }
        });
    }
}

impl TransposeKernel for Cpu {
    fn transpose(&self, op: TransposeOp, direction: Direction, x: &[f32], y: &mut [f32], write: Write) {
        let (order, sample) = (op.order(direction), len(op.shape));
        let iter = StridedIter::new(&order.sizes[..op.axes.len()], |axis| [order.strides[axis]]);
        let matrices = Matrices::of(&iter);
        let (n, [step]) = (iter.len(), iter.row_strides());
        let task = TASK.div_ceil(sample) * sample;
        self.threads().split((chunks(x, task), chunks_mut(y, task)), &|_, (x, y)| {
            for (x, y) in x.chunks_exact(sample).zip(y.chunks_exact_mut(sample)) {
                if let Some(matrices) = &matrices {
                    matrices.transpose(x, y, write);
                    continue;
                }
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
