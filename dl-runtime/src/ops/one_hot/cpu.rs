//! One-hot vectors on the CPU.

use super::OneHotKernel;
use crate::Cpu;
use crate::device::cpu::threads::{chunks, chunks_mut};

/// The smallest task, in numbers.
const TASK: usize = 1 << 14;

impl OneHotKernel for Cpu {
    fn one_hot(&self, classes: usize, indices: &[u32], y: &mut [f32]) {
        let size = TASK.div_ceil(classes);
        self.threads().split((chunks(indices, size), chunks_mut(y, size * classes)), &|_, (indices, y)| {
            for (index, y) in indices.iter().zip(y.chunks_exact_mut(classes)) {
                y.fill(0.0);
                match y.get_mut(*index as usize) {
                    Some(y) => *y = 1.0,
                    None => y.fill(f32::NAN),
                }
            }
        });
    }
}
