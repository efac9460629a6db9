//! Reversals on the CPU: whole rows are copied.

use super::ReverseKernel;
use crate::Cpu;
use crate::device::cpu::threads::chunks_mut;
use crate::tensor::{Sequences, Write};

/// The smallest task, in numbers.
const TASK: usize = 1 << 14;

impl ReverseKernel for Cpu {
    fn reverse(&self, sequences: Sequences<'_, Cpu>, row: usize, x: &[f32], y: &mut [f32], write: Write) {
        let rows = TASK.div_ceil(row);
        self.threads().split(chunks_mut(y, rows * row), &|task, y| {
            let (mut at, mut sample) = (task * rows, sequences.sample_of(task * rows));
            for y in y.chunks_exact_mut(row) {
                while sequences.range(sample).end <= at {
                    sample += 1;
                }
                let range = sequences.range(sample);
                let from = (range.start + range.end - 1 - at) * row;
                let x = &x[from..from + row];
                match write {
                    Write::Set => y.copy_from_slice(x),
                    Write::Add => y.iter_mut().zip(x).for_each(|(y, x)| *y += x),
                }
                at += 1;
            }
        });
    }
}
