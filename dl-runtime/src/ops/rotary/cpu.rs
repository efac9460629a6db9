//! Rotations on the CPU: cosines and sines are computed once for each position, and used by all heads of all samples.

use super::{RotaryKernel, Rotation};
use crate::Cpu;
use crate::device::cpu::scratch;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::{Split, chunks, chunks_mut};
use crate::tensor::{Sequences, Streams, Write};

/// The numbers of one task.
const TASK: usize = 1 << 13;

simd! {
    /// Rotates one head: `halves` are cosines and sines.
    fn rotate<S>(x: [&[f32]; 2], angles: &[f32], y: [&mut [f32]; 2], add: bool) {
        let (cosines, sines) = angles.split_at(angles.len() / 2);
        let ([first, second], [a, b]) = (x, y);
        let inputs = first.iter().zip(second).zip(cosines.iter().zip(sines));
        for ((a, b), ((x, y), (cos, sin))) in a.iter_mut().zip(b).zip(inputs) {
            let (left, right) = (S::mul_add(*x, *cos, -(y * sin)), S::mul_add(*y, *cos, x * sin));
            (*a, *b) = if add { (*a + left, *b + right) } else { (left, right) };
        }
    }
    fn rotate_in_place<S>(x: [&mut [f32]; 2], angles: &[f32]) {
        let (cosines, sines) = angles.split_at(angles.len() / 2);
        let [first, second] = x;
        for ((x, y), (cos, sin)) in first.iter_mut().zip(second).zip(cosines.iter().zip(sines)) {
            (*x, *y) = (S::mul_add(*x, *cos, -(*y * sin)), S::mul_add(*y, *cos, *x * sin));
        }
    }
}

/// The work on a part of the rows: its first row, the table of angles, and the part.
type Body<'f, S> = dyn Fn(usize, &[f32], <S as Split>::Part) + Sync + 'f;

impl Rotation {
    /// Writes the cosines, then the sines, of all pairs at a position.
    fn angles(self, position: usize, to: &mut [f32]) {
        let (cosines, sines) = to.split_at_mut(self.head_dim / 2);
        for (pair, (cos, sin)) in cosines.iter_mut().zip(sines).enumerate() {
            let angle = f64::from(position as f32 * self.frequency(pair));
            let (s, c) = angle.sin_cos();
            (*cos, *sin) = (c as f32, if self.back { -s as f32 } else { s as f32 });
        }
    }

    /// Calls `body` for parts of the rows, with the angles of any row: those of its position, or with `past` its own.
    fn run<S: Split>(
        self,
        cpu: &Cpu,
        sequences: Sequences<'_, Cpu>,
        past: Option<Streams<'_, Cpu>>,
        parts: S,
        rows_of_part: usize,
        body: &Body<'_, S>,
    ) {
        let (width, count) = (self.head_dim, if past.is_some() { sequences.rows() } else { sequences.longest() });
        let angles_of_task = (TASK / 16).div_ceil(width.max(1));
        scratch::with(width * count, |table| {
            cpu.threads().split(chunks_mut(table, (width * angles_of_task).max(1)), &|task, angles| {
                for (i, angles) in angles.chunks_exact_mut(width.max(1)).enumerate() {
                    let at = task * angles_of_task + i;
                    let position = past.map_or(at, |past| {
                        let sample = sequences.sample_of(at);
                        past.past[sample] as usize + at - sequences.range(sample).start
                    });
                    self.angles(position, angles);
                }
            });
            cpu.threads().split(parts, &|task, part| {
                let first = task * rows_of_part;
                if past.is_some() {
                    return body(first, &table[first * width..], part);
                }
                body(first, table, part);
            });
        });
    }
}

/// Calls `body` with the number of each row from `first` on and its index in the table of angles.
fn each_row(sequences: Sequences<'_, Cpu>, own: bool, first: usize, count: usize, mut body: impl FnMut(usize, usize)) {
    let mut sample = sequences.sample_of(first);
    for i in 0..count {
        while sequences.range(sample).end <= first + i {
            sample += 1;
        }
        body(i, if own { i } else { first + i - sequences.range(sample).start });
    }
}

impl RotaryKernel for Cpu {
    fn rotate(
        &self,
        r: Rotation,
        sequences: Sequences<'_, Cpu>,
        past: Option<Streams<'_, Cpu>>,
        x: &[f32],
        y: &mut [f32],
        write: Write,
    ) {
        let (rows, add, n) = (TASK.div_ceil(r.row), write == Write::Add, r.head_dim);
        let parts = (chunks(x, rows * r.row), chunks_mut(y, rows * r.row));
        r.run(self, sequences, past, parts, rows, &|first, table, (x, y)| {
            each_row(sequences, past.is_some(), first, x.len() / r.row, |i, angles| {
                let (x, y) = (&x[i * r.row..(i + 1) * r.row], &mut y[i * r.row..(i + 1) * r.row]);
                let angles = &table[angles * n..(angles + 1) * n];
                for (x, y) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)).take(r.heads) {
                    let (x, y) = (x.split_at(n / 2), y.split_at_mut(n / 2));
                    rotate([x.0, x.1], angles, [y.0, y.1], add);
                }
                let rest = r.heads * n;
                match write {
                    Write::Set => y[rest..].copy_from_slice(&x[rest..]),
                    Write::Add => y[rest..].iter_mut().zip(&x[rest..]).for_each(|(y, x)| *y += x),
                }
            });
        });
    }
    fn rotate_in_place(
        &self,
        r: Rotation,
        sequences: Sequences<'_, Cpu>,
        past: Option<Streams<'_, Cpu>>,
        x: &mut [f32],
    ) {
        let (rows, n) = (TASK.div_ceil(r.row), r.head_dim);
        r.run(self, sequences, past, chunks_mut(x, rows * r.row), rows, &|first, table, x| {
            each_row(sequences, past.is_some(), first, x.len() / r.row, |i, angles| {
                let angles = &table[angles * n..(angles + 1) * n];
                for x in x[i * r.row..(i + 1) * r.row].chunks_exact_mut(n).take(r.heads) {
                    let (first, second) = x.split_at_mut(n / 2);
                    rotate_in_place([first, second], angles);
                }
            });
        });
    }
}
