//! Gradients to weights to which every row of a batch contributes. They are summed in a fixed number of parts, and the
//! parts are added in order, so that the result does not depend on the number of threads.

use crate::Cpu;
use crate::device::cpu::scratch;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::Write;

/// The smallest part, in numbers.
const MIN_PART: usize = 1 << 13;
/// The largest number of parts.
const MAX_PARTS: usize = 32;

/// The function that computes one part: `body(first_row, x, dy, sums, dx, write)`. It adds the gradient to the weights
/// to `sums`, and writes the gradient to `x` to `dx`, which is empty if that gradient is not wanted.
pub(crate) type Body<'a> = dyn Fn(usize, &[f32], &[f32], &mut [f32], &mut [f32], Write) + Sync + 'a;

/// Computes the gradients of an operation over rows of `row` numbers: to its weights (`d_weights` is empty if there are
/// none) and to its input.
pub(crate) fn backward(
    cpu: &Cpu,
    row: usize,
    x: &[f32],
    dy: &[f32],
    (d_weights, write): (&mut [f32], Write),
    d_input: Option<(&mut [f32], Write)>,
    body: &Body,
) {
    // Without weights the work is split into parts, too.
    let n = d_weights.len().max(1);
    let rows = MIN_PART.div_ceil(row).max((x.len() / row).div_ceil(MAX_PARTS));
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

/// `to = d`, or `to += d` with [`Write::Add`].
#[inline(always)]
pub(crate) fn accumulate(to: &mut f32, d: f32, write: Write) {
    *to = if write == Write::Set { d } else { *to + d };
}
