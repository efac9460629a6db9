//! Parameters on the CPU.

use super::ParameterKernel;
use crate::Cpu;
use crate::device::cpu::threads::chunks_mut;

/// The smallest task, in numbers.
const TASK: usize = 1 << 14;

impl ParameterKernel for Cpu {
    fn repeat_values(&self, values: &[f32], y: &mut [f32]) {
        let task = values.len() * TASK.div_ceil(values.len());
        self.threads().split(chunks_mut(y, task), &|_, y| {
            y.chunks_exact_mut(values.len()).for_each(|y| y.copy_from_slice(values));
        });
    }
}
