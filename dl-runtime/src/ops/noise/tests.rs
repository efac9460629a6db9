//! Tests the moments of the noise, that it depends on the right things, and that there is none at inference.

use super::{GaussianNoise, RandomNormal};
use crate::Context;
use crate::testing::{TestDevice, numbers, on_every_device};

const N: usize = 100_000;

fn normal(seed: u64, id: u32) -> Vec<f32> {
    on_every_device!(|device| {
        let (x, mut y) = (device.output(N), device.output(N));
        RandomNormal { id }.forward(&Context::new(device, seed), x.view::<[f32; 5]>(), y.view_mut());
        y.read()
    })
}

/// Asserts that mean and standard deviation are within four standard errors.
fn assert_moments(noise: &[f32], deviation: f64) {
    let n = noise.len() as f64;
    let mean = noise.iter().map(|x| f64::from(*x)).sum::<f64>() / n;
    let var = noise.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / n;
    assert!(mean.abs() < 4.0 * deviation / n.sqrt(), "mean {mean}");
    assert!((var / deviation.powi(2) - 1.0).abs() < 4.0 * (2.0 / n).sqrt(), "variance {var}");
}

#[test]
fn seed_and_id_choose_the_numbers() {
    let first = normal(1, 0);
    assert_moments(&first, 1.0);
    assert_eq!(first, normal(1, 0));
    for other in [normal(2, 0), normal(1, 1)] {
        let correlation = first.iter().zip(&other).map(|(a, b)| f64::from(a * b)).sum::<f64>() / N as f64;
        assert!(correlation.abs() < 4.0 / (N as f64).sqrt());
    }
    // The two operations draw different numbers for the same id.
    let [noisy, ..] = passes(GaussianNoise { stddev: 1.0, id: 0 }, &vec![0.0; N]);
    assert_ne!(noisy[..5], normal(3, 0)[..5]);
}

/// The output and the gradient, and the results of the passes in place.
fn passes(op: GaussianNoise, numbers: &[f32]) -> [Vec<f32>; 4] {
    on_every_device!(|device| {
        let (context, x, mut y) = (Context::new(device, 3), device.tensor(numbers), device.output(numbers.len()));
        let (mut y_in_place, mut dx_in_place) = (device.tensor(numbers), device.tensor(numbers));
        op.forward(&context, x.view::<[f32; 5]>(), y.view_mut());
        op.forward_in_place(&context, y_in_place.view_mut::<[f32; 5]>());
        let dx = device.set_and_add(numbers.len(), |d, write| {
            op.backward(&context, x.view::<[f32; 5]>(), d.grad(write));
        });
        op.backward_in_place(&context, dx_in_place.view_mut::<[f32; 5]>());
        [y.read(), dx, y_in_place.read(), dx_in_place.read()]
    })
}

#[test]
fn noise_is_added_and_passes_the_gradient() {
    let x = numbers(1, N);
    let [y, dx, y_in_place, dx_in_place] = passes(GaussianNoise { stddev: 0.25, id: 1 }, &x);
    assert_moments(&y.iter().zip(&x).map(|(y, x)| y - x).collect::<Vec<_>>(), 0.25);
    assert_eq!((y_in_place, &dx, &dx_in_place), (y, &x, &x));
}

#[test]
fn nothing_at_inference() {
    let y = on_every_device!(|device| {
        let (x, mut y) = (device.tensor(&[1.0; 10]), device.output(10));
        RandomNormal { id: 0 }.infer(&Context::new(device, 1), x.view::<[f32; 5]>(), y.view_mut());
        y.read()
    });
    assert_eq!(y, [0.0; 10]);
}
