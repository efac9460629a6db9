//! Positions on the CPU.

use super::{PositionsKernel, frequency};
use crate::Cpu;
use crate::device::cpu::scratch;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::parts;
use crate::tensor::Write;

/// The smallest task, in numbers.
const TASK: usize = 1 << 14;

/// Writes the table of sinusoids. Each position is the one before, turned by `ω`, in double precision: an error of the last bit in
/// each of a million turns is still far below the rounding to `f32`.
fn sinusoids(features: usize, table: &mut [f32]) {
    for pair in 0..features / 2 {
        let (turn_sin, turn_cos) = frequency(pair, features).sin_cos();
        let (mut sin, mut cos) = (0.0, 1.0);
        for row in table.chunks_exact_mut(features) {
            (row[2 * pair], row[2 * pair + 1]) = (sin as f32, cos as f32);
            (sin, cos) = (sin * turn_cos + cos * turn_sin, cos * turn_cos - sin * turn_sin);
        }
    }
}

impl PositionsKernel for Cpu {
    fn add_positions(&self, positions: &[f32], x: &[f32], y: &mut [f32]) {
        let len = positions.len();
        let task = len * TASK.div_ceil(len);
        self.threads().split((chunks(x, task), chunks_mut(y, task)), &|_, (x, y)| {
            for (x, y) in x.chunks_exact(len).zip(y.chunks_exact_mut(len)) {
                y.iter_mut().zip(x.iter().zip(positions)).for_each(|(y, (x, position))| *y = x + position);
            }
        });
    }
    fn add_positions_backward(&self, dy: &[f32], d: &mut [f32], write: Write) {
        let len = d.len();
        parts::backward(self, len, dy, dy, (d, write), None, &|_, _, dy, sums, _, _| {
            for dy in dy.chunks_exact(len) {
                sums.iter_mut().zip(dy).for_each(|(sum, dy)| *sum += dy);
            }
        });
    }
    fn add_sinusoids(&self, features: usize, len: usize, x: &[f32], y: &mut [f32]) {
        scratch::with(len, |table| {
            sinusoids(features, table);
            self.add_positions(table, x, y);
        });
    }
}
