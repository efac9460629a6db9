//! Sums over slices in a fixed order that vectorises: 32 partial sums, which are then added up.

use super::{Simd, Vector};
use crate::device::cpu::elementwise::at;

/// The number of partial results: two registers of AVX-512.
const LANES: usize = 32;

/// `Σ f([inputs[0][i], inputs[1][i], …])`, in an order that depends only on the length; all slices have the same
/// length.
#[inline(always)]
pub(crate) fn sum<S: Simd, const N: usize>(inputs: [&[f32]; N], f: impl Fn([f32; N]) -> f32) -> f32 {
    let lanes = lanes(inputs, 0.0, f, |a, b| a + b);
    join::<S>(&lanes, Vector::add).sum()
}

/// Returns the largest number, ignoring NaN; negative infinity if there is none.
#[inline(always)]
pub(crate) fn largest<S: Simd>(x: &[f32]) -> f32 {
    let lanes = lanes([x], f32::NEG_INFINITY, |[x]| x, |a, b| if b > a { b } else { a });
    join::<S>(&lanes, Vector::max).largest()
}

/// Reduces the values of `f` with `op` to 32 partial results, each over every 32nd value.
#[inline(always)]
fn lanes<const N: usize>(
    inputs: [&[f32]; N],
    start: f32,
    f: impl Fn([f32; N]) -> f32,
    op: impl Fn(f32, f32) -> f32,
) -> [f32; LANES] {
    let mut n = usize::MAX;
    for input in inputs {
        n = n.min(input.len());
    }
    // Arrays have a known length; with slices the loop over several inputs takes twice as long.
    let mut whole: [&[[f32; LANES]]; N] = [&[]; N];
    for (whole, input) in whole.iter_mut().zip(inputs) {
        *whole = input[..n].as_chunks().0;
    }
    let mut lanes = [start; LANES];
    for i in 0..n / LANES {
        for (j, lane) in lanes.iter_mut().enumerate() {
            let mut elements = [0.0; N];
            for (element, whole) in elements.iter_mut().zip(whole) {
                *element = whole[i][j];
            }
            *lane = op(*lane, f(elements));
        }
    }
    if n % LANES > 0 {
        // The remainder is put into an array first, so that the lanes themselves stay in registers.
        let mut last = [start; LANES];
        for (j, last) in last.iter_mut().enumerate().take(n % LANES) {
            *last = f(at(&inputs, n - n % LANES + j));
        }
        for (lane, last) in lanes.iter_mut().zip(last) {
            *lane = op(*lane, last);
        }
    }
    lanes
}

/// Reduces all lanes to one register.
#[inline(always)]
fn join<S: Simd>(lanes: &[f32; LANES], op: impl Fn(S::F32, S::F32) -> S::F32) -> S::F32 {
    // SAFETY: LANES is a multiple of the register's lanes, so all reads are within the array.
    let load = |at| unsafe { S::F32::load(lanes[at..].as_ptr()) };
    (S::F32::LANES..LANES).step_by(S::F32::LANES).fold(load(0), |all, at| op(all, load(at)))
}

#[cfg(test)]
mod tests {
    use crate::device::cpu::simd::{self, simd};

    simd! {
        fn sum_of_squares<S>(x: &[f32]) -> f32 { simd::sum::<S, 1>([x], |[x]| x * x) }
        fn product<S>(a: &[f32], b: &[f32]) -> f32 { simd::sum::<S, 2>([a, b], |[a, b]| a * b) }
        fn largest<S>(x: &[f32]) -> f32 { simd::largest::<S>(x) }
        fn map<S, F>(x: &mut [f32], f: F) where [F: Fn(f32) -> f32] { x.iter_mut().for_each(|x| *x = f(*x)) }
    }

    #[test]
    fn the_largest_is_found_anywhere() {
        for len in [1, 31, 32, 33, 100] {
            for at in [0, len / 2, len - 1] {
                let mut x = vec![-2.0; len];
                x[at] = -1.0;
                assert_eq!(largest(&x), -1.0);
                x[at] = f32::NAN;
                assert_eq!(largest(&x), if len == 1 { f32::NEG_INFINITY } else { -2.0 });
            }
        }
    }

    #[test]
    fn sums_agree_with_f64() {
        for len in [0, 1, 31, 32, 33, 100, 1000] {
            let mut x: Vec<f32> = (0..len).map(|i| (i as f32 * 0.7).sin()).collect();
            let expected: f64 = x.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
            assert!((f64::from(sum_of_squares(&x)) - expected).abs() <= 1e-6 * expected + 1e-12);
            assert!((f64::from(product(&x, &x)) - expected).abs() <= 1e-6 * expected + 1e-12);
            map(&mut x, |x| 2.0 * x);
            assert!((f64::from(product(&x, &x)) - 4.0 * expected).abs() <= 4e-6 * expected + 1e-12);
        }
    }
}
