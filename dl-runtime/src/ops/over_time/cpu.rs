//! Reductions over time on the CPU: forward passes take a task for each sample, backward passes blocks of rows.

use super::{OverTime, OverTimeKernel};
use crate::Cpu;
use crate::device::cpu::scratch;
use crate::device::cpu::threads::chunks_mut;
use crate::ops::parts::accumulate;
use crate::tensor::{Sequences, Write};

/// The smallest task of a backward pass, in numbers.
const TASK: usize = 1 << 14;

/// Writes a row, given its sample, its index in the sample, and its first number in the batch.
type WriteRow<'f> = dyn Fn(usize, usize, usize, &mut [f32]) + Sync + 'f;

/// Calls `write` with each row of `dx`.
fn each_row(cpu: &Cpu, sequences: Sequences<'_, Cpu>, row: usize, dx: &mut [f32], write: &WriteRow<'_>) {
    let rows = TASK.div_ceil(row);
    cpu.threads().split(chunks_mut(dx, rows * row), &|task, dx| {
        let mut sample = sequences.sample_of(task * rows);
        for (at, dx) in (task * rows..).zip(dx.chunks_exact_mut(row)) {
            while sequences.range(sample).end <= at {
                sample += 1;
            }
            write(sample, at - sequences.range(sample).start, at * row, dx);
        }
    });
}

/// The greater number, or NaN if one is.
fn larger(a: f32, b: f32) -> f32 {
    if a > b || a.is_nan() { a } else { b }
}

impl OverTimeKernel for Cpu {
    fn over_time(
        &self,
        function: OverTime,
        sequences: Sequences<'_, Cpu>,
        row: usize,
        x: &[f32],
        y: &mut [f32],
        write: Write,
    ) {
        self.threads().split(chunks_mut(y, row), &|sample, y| {
            let range = sequences.range(sample);
            let x = &x[range.start * row..range.end * row];
            scratch::with(row, |result| {
                result.fill(0.0);
                match function {
                    _ if x.is_empty() => {}
                    OverTime::First => result.copy_from_slice(&x[..row]),
                    OverTime::Last => result.copy_from_slice(&x[x.len() - row..]),
                    OverTime::Sum | OverTime::Mean => {
                        x.chunks_exact(row).for_each(|x| result.iter_mut().zip(x).for_each(|(sum, x)| *sum += x));
                        let factor = function.factor(0, range.len());
                        result.iter_mut().for_each(|sum| *sum *= factor);
                    }
                }
                y.iter_mut().zip(result).for_each(|(y, result)| accumulate(y, *result, write));
            });
        });
    }
    fn over_time_backward(
        &self,
        function: OverTime,
        sequences: Sequences<'_, Cpu>,
        row: usize,
        dy: &[f32],
        dx: &mut [f32],
        write: Write,
    ) {
        each_row(self, sequences, row, dx, &|sample, t, _, dx| {
            let factor = function.factor(t, sequences.range(sample).len());
            let dy = &dy[sample * row..(sample + 1) * row];
            dx.iter_mut().zip(dy).for_each(|(dx, dy)| accumulate(dx, factor * dy, write));
        });
    }
    fn max_over_time(&self, sequences: Sequences<'_, Cpu>, row: usize, x: &[f32], y: &mut [f32]) {
        self.threads().split(chunks_mut(y, row), &|sample, y| {
            let range = sequences.range(sample);
            let mut rows = x[range.start * row..range.end * row].chunks_exact(row);
            match rows.next() {
                Some(first) => y.copy_from_slice(first),
                None => y.fill(0.0),
            }
            rows.for_each(|x| y.iter_mut().zip(x).for_each(|(y, &x)| *y = larger(*y, x)));
        });
    }
    fn max_over_time_backward(
        &self,
        sequences: Sequences<'_, Cpu>,
        row: usize,
        x: &[f32],
        y: &[f32],
        dy: &[f32],
        dx: &mut [f32],
        write: Write,
    ) {
        scratch::with(y.len(), |parts| {
            // The part of the gradient that each of the largest numbers gets.
            self.threads().split(chunks_mut(parts, row), &|sample, parts| {
                let (range, here) = (sequences.range(sample), sample * row..(sample + 1) * row);
                let y = &y[here.clone()];
                parts.fill(0.0);
                for x in x[range.start * row..range.end * row].chunks_exact(row) {
                    parts.iter_mut().zip(x.iter().zip(y)).for_each(|(n, (x, y))| *n += f32::from(u8::from(x == y)));
                }
                parts
                    .iter_mut()
                    .zip(&dy[here])
                    .for_each(|(part, dy)| *part = if *part > 0.0 { dy / *part } else { *dy });
            });
            let parts = &*parts;
            each_row(self, sequences, row, dx, &|sample, _, at, dx| {
                let here = sample * row..(sample + 1) * row;
                let (y, parts, x) = (&y[here.clone()], &parts[here], &x[at..at + row]);
                for (((dx, x), y), part) in dx.iter_mut().zip(x).zip(y).zip(parts) {
                    accumulate(dx, if x == y { *part } else { 0.0 }, write);
                }
            });
        });
    }
}
