//! Cumulative sums on the CPU, row by row along the axis.

use super::{CumsumKernel, CumsumOp, From};
use crate::Cpu;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::parts::accumulate;
use crate::tensor::Write;

/// The smallest task, in numbers.
const TASK: usize = 1 << 14;

/// Adds the rows `x` to `sums` in turn, and writes the sums after each to the row in `y`.
fn along<'a>(rows: impl Iterator<Item = (&'a [f32], &'a mut [f32])>, sums: &mut [f32], write: Write) {
    sums.fill(0.0);
    for (x, y) in rows {
        for ((x, y), sum) in x.iter().zip(y).zip(&mut *sums) {
            *sum += x;
            accumulate(y, *sum, write);
        }
    }
}

impl CumsumKernel for Cpu {
    fn cumsum(&self, CumsumOp { size, inner }: CumsumOp, from: From, x: &[f32], y: &mut [f32], write: Write) {
        let block = size * inner;
        let task = block * TASK.div_ceil(block);
        let parts = (chunks(x, task), chunks_mut(y, task));
        self.threads().split_with_scratch(parts, inner, &|_, sums, (x, y)| {
            for (x, y) in x.chunks_exact(block).zip(y.chunks_exact_mut(block)) {
                let rows = x.chunks_exact(inner).zip(y.chunks_exact_mut(inner));
                match from {
                    From::First => along(rows, sums, write),
                    From::Last => along(rows.rev(), sums, write),
                }
            }
        });
    }
}
