//! Argmax on the CPU.

use super::ArgmaxKernel;
use crate::Cpu;
use crate::device::cpu::threads::{chunks, chunks_mut};

/// The smallest task, in numbers.
const TASK: usize = 1 << 14;

impl ArgmaxKernel for Cpu {
    fn argmax(&self, classes: usize, x: &[f32], y: &mut [u32]) {
        let size = TASK.div_ceil(classes);
        self.threads().split((chunks(x, size * classes), chunks_mut(y, size)), &|_, (x, y)| {
            for (x, y) in x.chunks_exact(classes).zip(y) {
                *y = largest(x);
            }
        });
    }
}

fn largest(x: &[f32]) -> u32 {
    let (mut index, mut most) = (0, x[0]);
    for (i, &x) in x.iter().enumerate().skip(1) {
        if x > most || x.is_nan() && !most.is_nan() {
            (index, most) = (i, x);
        }
    }
    index as u32
}
