//! Broadcast arithmetic on the CPU, sample by sample and row by row.

use super::{Broadcast, Operator, Slope};
use crate::Cpu;
use crate::device::cpu::simd::{simd, sum};
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::axes::{StridedIter, len};
use crate::tensor::Write;

/// The smallest task, in numbers.
const TASK: usize = 1 << 14;

/// Returns the size of one task in the output and in the two operands: whole samples.
fn task(s: Broadcast) -> [usize; 3] {
    let samples = TASK.div_ceil(len(s.output));
    [samples * len(s.output), samples * len(s.left), samples * len(s.right)]
}

simd! {
    /// Computes one sample of `y = f(a, b)`.
    fn forward<S, F>(iter: &StridedIter<3>, a: &[f32], b: &[f32], y: &mut [f32], f: F) where [F: Fn(f32, f32) -> f32] {
        let (n, [_, a_step, b_step]) = (iter.len(), iter.row_strides());
        iter.rows(|[y_at, a_at, b_at]| {
            let y = &mut y[y_at..y_at + n];
            if a_step == 0 {
                let a = a[a_at];
                y.iter_mut().zip(&b[b_at..b_at + n]).for_each(|(y, b)| *y = f(a, *b));
            } else if b_step == 0 {
                let b = b[b_at];
                y.iter_mut().zip(&a[a_at..a_at + n]).for_each(|(y, a)| *y = f(*a, b));
            } else {
                let pairs = a[a_at..a_at + n].iter().zip(&b[b_at..b_at + n]);
                y.iter_mut().zip(pairs).for_each(|(y, (a, b))| *y = f(*a, *b));
            }
        });
    }

    /// Adds `Σ f(own, other, dy)` to one sample of the gradient to `own`.
    fn backward<S, F>(iter: &StridedIter<3>, own: &[f32], other: &[f32], dy: &[f32], d: &mut [f32], f: F)
    where [F: Fn(f32, f32, f32) -> f32] {
        let (n, [_, own_step, other_step]) = (iter.len(), iter.row_strides());
        iter.rows(|[at, own_at, other_at]| {
            let dy = &dy[at..at + n];
            if own_step == 0 {
                let own = own[own_at];
                d[own_at] += sum::<S, 2>([&other[other_at..other_at + n], dy], |[other, dy]| f(own, other, dy));
                return;
            }
            let (own, d) = (&own[own_at..own_at + n], &mut d[own_at..own_at + n]);
            if other_step == 0 {
                let other = other[other_at];
                d.iter_mut().zip(own.iter().zip(dy)).for_each(|(d, (own, dy))| *d += f(*own, other, *dy));
            } else {
                let pairs = own.iter().zip(&other[other_at..other_at + n]);
                d.iter_mut().zip(pairs.zip(dy)).for_each(|(d, ((own, other), dy))| *d += f(*own, *other, *dy));
            }
        });
    }
}

/// `y = a ∘ b`.
pub(super) fn forward_all(cpu: &Cpu, operator: Operator, s: Broadcast, a: &[f32], b: &[f32], y: &mut [f32]) {
    let (iter, [of_y, of_a, of_b]) = (s.iter(), task(s));
    cpu.threads().split((chunks(a, of_a), chunks(b, of_b), chunks_mut(y, of_y)), &|_, (a, b, y)| {
        let inputs = a.chunks_exact(len(s.left)).zip(b.chunks_exact(len(s.right)));
        for ((a, b), y) in inputs.zip(y.chunks_exact_mut(len(s.output))) {
            match operator {
                Operator::Add { sign } => forward(&iter, a, b, y, |a, b| a + sign * b),
                Operator::Mul => forward(&iter, a, b, y, |a, b| a * b),
                Operator::Div => forward(&iter, a, b, y, |a, b| a / b),
            }
        }
    });
}

/// `d_own = Σ slope(own, other, dy)` over the repetitions of `own`, or `+=` with [`Write::Add`].
#[expect(clippy::too_many_arguments, reason = "a gradient of two values")]
pub(super) fn backward_all(
    cpu: &Cpu,
    slope: Slope,
    s: Broadcast,
    own: &[f32],
    other: &[f32],
    dy: &[f32],
    d_own: &mut [f32],
    write: Write,
) {
    let (iter, [of_y, of_own, of_other]) = (s.iter(), task(s));
    let parts = (chunks(own, of_own), chunks(other, of_other), chunks(dy, of_y), chunks_mut(d_own, of_own));
    cpu.threads().split(parts, &|_, (own, other, dy, d)| {
        if write == Write::Set {
            d.fill(0.0);
        }
        let inputs = own.chunks_exact(len(s.left)).zip(other.chunks_exact(len(s.right)));
        let outputs = dy.chunks_exact(len(s.output)).zip(d.chunks_exact_mut(len(s.left)));
        for ((own, other), (dy, d)) in inputs.zip(outputs) {
            match slope {
                Slope::Factor => backward(&iter, own, other, dy, d, |_, other, dy| other * dy),
                Slope::Dividend => backward(&iter, own, other, dy, d, |_, other, dy| dy / other),
                Slope::Divisor => backward(&iter, own, other, dy, d, |own, other, dy| -(other / own / own) * dy),
            }
        }
    });
}
