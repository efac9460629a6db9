//! What the tests of operations share: numbers to try, and what they are compared with: `f64` and central differences.

use crate::random::Rng;
use crate::tensor::Write;
use crate::{Pod, View, ViewMut};

/// Where the tests of operations run.
#[cfg(not(feature = "cuda"))]
pub type Device = crate::Cpu;
/// Where the tests of operations run: on the CPU and on CUDA.
#[cfg(feature = "cuda")]
pub type Device = crate::device::Twin;

/// `n` numbers in ±2, far enough from 0 for the kinks of activations.
pub fn numbers(seed: u64, n: usize) -> Vec<f32> {
    let mut rng = Rng::new(seed);
    let number = |_| {
        let x = 4.0 * rng.uniform() - 2.0;
        if x.abs() < 1e-3 { 1e-3 } else { x }
    };
    (0..n).map(number).collect()
}

/// A batch in `data`.
pub fn view<T: Pod<Element = f32>>(data: &[f32]) -> View<'_, Device, T> {
    View::new(data, data.len() / T::LEN)
}

/// A batch in `data`, to write.
pub fn view_mut<T: Pod<Element = f32>>(data: &mut [f32]) -> ViewMut<'_, Device, T> {
    let samples = data.len() / T::LEN;
    ViewMut::new(data, samples)
}

/// The same numbers in `f64`.
pub fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|&x| f64::from(x)).collect()
}

/// That each number is within `tolerance` of what is expected, relative to the largest of those, at least 1.
#[track_caller]
pub fn assert_close(what: &str, found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1.0, |m: f64, e| m.max(e.abs()));
    for (i, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let error = (f64::from(found) - expected).abs();
        assert!(error <= tolerance * scale, "{what}: number {i} is {found}, not {expected}");
    }
}

/// The gradient of `Σ dy·f(x)` to `x` by central differences; exact to about 1e-9.
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

/// What `backward` writes to `n` numbers, after checking that it overwrites by [`Write::Set`] and adds by [`Write::Add`].
#[track_caller]
pub fn set_and_add(n: usize, backward: impl Fn(&mut [f32], Write)) -> Vec<f32> {
    let (mut set, start) = (vec![f32::NAN; n], numbers(99, n));
    backward(&mut set, Write::Set);
    let mut added = start.clone();
    backward(&mut added, Write::Add);
    let sums: Vec<f64> = wide(&set).iter().zip(wide(&start)).map(|(a, b)| a + b).collect();
    assert_close("added gradient", &added, &sums, 1e-6);
    set
}

/// That `run` gives the same bits on 1, 2 and 5 threads.
#[track_caller]
pub fn same_on_any_threads(run: impl Fn(&Device) -> Vec<f32>) {
    let bits = |threads| run(&Device::with_threads(threads)).iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    let one = bits(1);
    assert!(one == bits(2) && one == bits(5), "the result depends on the number of threads");
}
