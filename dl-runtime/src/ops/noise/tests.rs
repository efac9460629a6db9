//! Moments of the noise, what it depends on, and that nothing of it is left at inference.

use super::{GaussianNoise, RandomNormal};
use crate::tensor::Grad;
use crate::testing::{numbers, same_on_any_threads, set_and_add, view, view_mut};
use crate::{Context, testing::Device};

const N: usize = 100_000;

fn normal(cpu: &Device, seed: u64, id: u32) -> Vec<f32> {
    let (x, mut y) = (vec![f32::NAN; N], vec![f32::NAN; N]);
    RandomNormal { id }.forward(&Context { device: cpu, seed }, view::<[f32; 5]>(&x), view_mut(&mut y));
    y
}

fn noisy(cpu: &Device, op: GaussianNoise, x: &[f32]) -> Vec<f32> {
    let mut y = vec![f32::NAN; x.len()];
    op.forward(&Context { device: cpu, seed: 3 }, view::<[f32; 5]>(x), view_mut(&mut y));
    y
}

/// Asserts mean 0 and the deviation within four standard errors.
fn assert_moments(noise: &[f32], deviation: f64) {
    let n = noise.len() as f64;
    let mean = noise.iter().map(|x| f64::from(*x)).sum::<f64>() / n;
    let var = noise.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / n;
    assert!(mean.abs() < 4.0 * deviation / n.sqrt(), "mean {mean}");
    assert!((var / deviation.powi(2) - 1.0).abs() < 4.0 * (2.0 / n).sqrt(), "variance {var}");
}

#[test]
fn seed_and_id_choose_the_numbers() {
    let cpu = Device::with_threads(1);
    let first = normal(&cpu, 1, 0);
    assert_moments(&first, 1.0);
    assert_eq!(first, normal(&cpu, 1, 0));
    for other in [normal(&cpu, 2, 0), normal(&cpu, 1, 1)] {
        let correlation = first.iter().zip(&other).map(|(a, b)| f64::from(a * b)).sum::<f64>() / N as f64;
        assert!(correlation.abs() < 4.0 / (N as f64).sqrt());
    }
    // The two operations draw different numbers for one id.
    assert_ne!(noisy(&cpu, GaussianNoise { stddev: 1.0, id: 0 }, &vec![0.0; N])[..5], normal(&cpu, 3, 0)[..5]);
}

#[test]
fn noise_is_added_and_passes_the_gradient() {
    let cpu = Device::with_threads(1);
    let context = Context { device: &cpu, seed: 3 };
    let op = GaussianNoise { stddev: 0.25, id: 1 };
    let x = numbers(1, N);
    let y = noisy(&cpu, op, &x);
    assert_moments(&y.iter().zip(&x).map(|(y, x)| y - x).collect::<Vec<_>>(), 0.25);
    let mut in_place = x.clone();
    op.forward_in_place(&context, view_mut::<[f32; 5]>(&mut in_place));
    assert_eq!(in_place, y);
    let dx = set_and_add(N, |d, write| {
        op.backward(&context, view::<[f32; 5]>(&x), Grad { to: view_mut::<[f32; 5]>(d), write });
    });
    assert_eq!(dx, x);
    let mut in_place = x.clone();
    op.backward_in_place(&context, view_mut::<[f32; 5]>(&mut in_place));
    assert_eq!(in_place, x);
}

#[test]
fn nothing_at_inference() {
    let (cpu, mut y) = (Device::with_threads(1), vec![f32::NAN; 10]);
    RandomNormal { id: 0 }.infer(&Context { device: &cpu, seed: 1 }, view::<[f32; 5]>(&[1.0; 10]), view_mut(&mut y));
    assert_eq!(y, [0.0; 10]);
}

#[test]
fn any_number_of_threads() {
    same_on_any_threads(|cpu| normal(cpu, 9, 2));
}
