//! Helpers for the tests of operations: test numbers, comparisons with `f64` references, and gradients by central differences.

mod devices;
mod lengths;

pub use devices::*;
pub use lengths::Lengths;

use crate::random::Rng;

/// Returns `n` numbers in ±2, far enough from 0 to avoid the kinks of activations.
pub fn numbers(seed: u64, n: usize) -> Vec<f32> {
    let mut rng = Rng::new(seed);
    let number = |_| {
        let x = 4.0 * rng.uniform() - 2.0;
        if x.abs() < 1e-3 { 1e-3 } else { x }
    };
    (0..n).map(number).collect()
}

/// Converts numbers to `f64`.
pub fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|&x| f64::from(x)).collect()
}

/// Asserts that each number is within `tolerance` of the expected one, relative to the largest expected magnitude, or to 1 if that is
/// larger.
#[track_caller]
pub fn assert_close(what: &str, found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1.0, |m: f64, e| m.max(e.abs()));
    for (i, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let error = (f64::from(found) - expected).abs();
        assert!(error <= tolerance * scale, "{what}: number {i} is {found}, not {expected}");
    }
}

/// Computes the gradient of `Σ dy·f(x)` to `x` by central differences, which is exact to about 1e-9.
pub fn gradient(f: impl Fn(&[f64]) -> Vec<f64>, x: &[f64], dy: &[f32]) -> Vec<f64> {
    const STEP: f64 = 1e-5;
    let mut x = x.to_vec();
    let objective = |x: &[f64]| f(x).iter().zip(dy).map(|(y, &dy)| y * f64::from(dy)).sum::<f64>();
    (0..x.len())
        .map(|i| {
            let there = x[i];
            x[i] = there + STEP;
            let above = objective(&x);
            x[i] = there - STEP;
            let below = objective(&x);
            x[i] = there;
            (above - below) / (2.0 * STEP)
        })
        .collect()
}
