//! Copies of ranges of rows on the CPU.

use super::{StridedCopy, StridedCopyKernel};
use crate::Cpu;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::Write;

/// The smallest task, in numbers.
const TASK: usize = 1 << 14;

impl StridedCopyKernel for Cpu {
    fn copy_strided(&self, len: usize, from: StridedCopy, x: &[f32], to: StridedCopy, y: &mut [f32], write: Write) {
        if len == 0 {
            return;
        }
        let rows = TASK.div_ceil(len);
        self.threads().split((chunks(x, rows * from.stride), chunks_mut(y, rows * to.stride)), &|_, (x, y)| {
            for (x, y) in x.chunks_exact(from.stride).zip(y.chunks_exact_mut(to.stride)) {
                let (x, y) = (&x[from.start..from.start + len], &mut y[to.start..to.start + len]);
                match write {
                    Write::Set => y.copy_from_slice(x),
                    Write::Add => y.iter_mut().zip(x).for_each(|(y, x)| *y += x),
                }
            }
        });
    }
}
