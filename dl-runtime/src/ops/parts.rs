//! Gradients to weights that every row of a batch adds to: summed in a fixed number of parts, and these in order, so that the
//! result does not depend on the number of threads.

use crate::Cpu;
use crate::device::cpu::scratch;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::Write;

/// Numbers of one part, at least.
const LEAST: usize = 1 << 13;
/// The most parts.
const PARTS: usize = 32;

/// What a part computes from its rows of `x` and `dy`, of which it is told the number of the first: adds its gradient to
/// `sums`, and writes the gradient to `x` to `dx`, which is empty where nobody wants it.
pub(crate) type Body<'a> = dyn Fn(usize, &[f32], &[f32], &mut [f32], &mut [f32], Write) + Sync + 'a;

/// The gradients of an operation over rows of `row` numbers: to its weights (none at all if empty) and to its input.
pub(crate) fn backward(
    cpu: &Cpu,
    row: usize,
    x: &[f32],
    dy: &[f32],
    (d_weights, write): (&mut [f32], Write),
    d_input: Option<(&mut [f32], Write)>,
    body: &Body,
) {
    // A part of no sums is a part all the same.
    let n = d_weights.len().max(1);
    let rows = LEAST.div_ceil(row).max((x.len() / row).div_ceil(PARTS));
    let (size, parts) = (rows * row, (x.len() / row).div_ceil(rows));
    scratch::with(parts * n, |sums| {
        sums.fill(0.0);
        let split = (chunks(x, size), chunks(dy, size), chunks_mut(sums, n));
        match d_input {
            Some((dx, write)) => {
                let (x, dy, sums) = split;
                cpu.threads().split((x, dy, sums, chunks_mut(dx, size)), &|part, (x, dy, sums, dx)| {
                    body(part * rows, x, dy, sums, dx, write);
                });
            }
            None => cpu.threads().split(split, &|part, (x, dy, sums)| {
                body(part * rows, x, dy, sums, &mut [], Write::Set);
            }),
        }
        for (part, sums) in sums.chunks_exact(n).enumerate() {
            for (d, sum) in d_weights.iter_mut().zip(sums) {
                *d = if part == 0 && write == Write::Set { *sum } else { *d + sum };
            }
        }
    });
}

/// `to` = or `+= d`.
#[inline(always)]
pub(crate) fn accumulate(to: &mut f32, d: f32, write: Write) {
    *to = if write == Write::Set { d } else { *to + d };
}
