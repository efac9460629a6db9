//! Reversals on the CPU: whole rows are copied.

use super::ReverseKernel;
use crate::Cpu;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::Write;

/// The smallest task, in numbers.
const TASK: usize = 1 << 14;

impl ReverseKernel for Cpu {
    fn reverse(&self, size: usize, row: usize, x: &[f32], y: &mut [f32], write: Write) {
        let sample = size * row;
        let task = sample * TASK.div_ceil(sample);
        self.threads().split((chunks(x, task), chunks_mut(y, task)), &|_, (x, y)| {
            for (x, y) in x.chunks_exact(sample).zip(y.chunks_exact_mut(sample)) {
                for (x, y) in x.chunks_exact(row).rev().zip(y.chunks_exact_mut(row)) {
                    match write {
                        Write::Set => y.copy_from_slice(x),
                        Write::Add => y.iter_mut().zip(x).for_each(|(y, x)| *y += x),
                    }
                }
            }
        });
    }
}
