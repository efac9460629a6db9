//! Elementwise loops on the CPU. Every operation that computes number by number uses them, and so gets vector
//! instructions and threads.

use super::simd::{Simd, simd};
use super::threads::chunks_mut;
use crate::Cpu;
use crate::tensor::Write;
use std::ops::Range;

/// The number of elements of one task: enough to be worth waking a thread, few enough to stay in its cache.
const CHUNK: usize = 1 << 14;

/// The function that computes an element of the output from the elements of `N` inputs.
pub(crate) trait Formula<const N: usize>: Sync {
    /// Returns the new output from the inputs at the same index and the old output.
    fn of<S: Simd>(&self, inputs: [f32; N], old: f32) -> f32;
}

/// Makes a formula of a closure that does not use `S`.
pub(crate) fn formula<const N: usize>(f: impl Fn([f32; N]) -> f32 + Sync) -> impl Formula<N> {
    Closure(f)
}

/// See [`formula`].
struct Closure<F>(F);

impl<F: Fn([f32; N]) -> f32 + Sync, const N: usize> Formula<N> for Closure<F> {
    #[inline(always)]
    fn of<S: Simd>(&self, inputs: [f32; N], _: f32) -> f32 {
        self.0(inputs)
    }
}

/// A formula whose result is added to the output.
struct Added<F>(F);

impl<F: Formula<N>, const N: usize> Formula<N> for Added<F> {
    #[inline(always)]
    fn of<S: Simd>(&self, inputs: [f32; N], old: f32) -> f32 {
        old + self.0.of::<S>(inputs, old)
    }
}

/// One chunk of a loop.
struct Loop<'a, F, const N: usize> {
    inputs: [&'a [f32]; N],
    output: &'a mut [f32],
    formula: &'a F,
}

/// A trait for [`simd!`], which is generic over types but not over numbers.
trait Run {
    fn run<S: Simd>(self);
}

impl<F: Formula<N>, const N: usize> Run for Loop<'_, F, N> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Loop { inputs, output, formula } = self;
        let inputs = cut(inputs, 0..output.len());
        for (i, output) in output.iter_mut().enumerate() {
            *output = formula.of::<S>(at(&inputs, i), *output);
        }
    }
}

/// Returns the elements of all inputs at `i`. It is a loop because the closure of a `map` is compiled anew for every
/// formula, which took half of the crate's compile time.
#[inline(always)]
pub(crate) fn at<const N: usize>(inputs: &[&[f32]; N], i: usize) -> [f32; N] {
    let mut elements = [0.0; N];
    for (element, input) in elements.iter_mut().zip(inputs) {
        *element = input[i];
    }
    elements
}

/// Returns the same range of all inputs.
#[inline(always)]
pub(crate) fn cut<const N: usize>(mut inputs: [&[f32]; N], range: Range<usize>) -> [&[f32]; N] {
    for input in &mut inputs {
        *input = &input[range.clone()];
    }
    inputs
}

simd! {
    fn run<S, R>(r: R) where [R: Run] {
        r.run::<S>();
    }
}

/// `output[i] = formula([inputs[0][i], inputs[1][i], …], output[i])`; all slices have the same length.
pub(crate) fn each<const N: usize>(cpu: &Cpu, inputs: [&[f32]; N], output: &mut [f32], formula: impl Formula<N>) {
    let formula = &formula;
    cpu.threads().split(chunks_mut(output, CHUNK), &|task, output| {
        let range = task * CHUNK..task * CHUNK + output.len();
        run(Loop { inputs: cut(inputs, range), output, formula });
    });
}

/// `output = formula(inputs)`, or `+=` with [`Write::Add`].
pub(crate) fn write<const N: usize>(
    cpu: &Cpu,
    write: Write,
    inputs: [&[f32]; N],
    output: &mut [f32],
    formula: impl Formula<N>,
) {
    match write {
        Write::Set => each(cpu, inputs, output, formula),
        Write::Add => each(cpu, inputs, output, Added(formula)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_of_all_threads_fit_together() {
        for n in [0, 1, 17, CHUNK - 1, 3 * CHUNK + 5] {
            let (a, b): (Vec<f32>, Vec<f32>) = (0..n).map(|i| (i as f32, 0.5 * i as f32)).unzip();
            for threads in [1, 3] {
                let cpu = Cpu::with_threads(threads);
                let mut y = vec![1.0; n];
                write(&cpu, Write::Set, [&a, &b], &mut y, formula(|[a, b]| a - b));
                assert_eq!(y, b);
                write(&cpu, Write::Add, [&b], &mut y, formula(|[b]| b));
                assert_eq!(y, a);
            }
        }
    }
}
