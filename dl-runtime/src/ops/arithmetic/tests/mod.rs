//! Values against `f64`, gradients against central differences, for all four operators and both kinds of operands.

mod broadcast;

use super::{Add, Affine, Div, Mul, Reciprocal, Shapes};
use crate::ops::Activation;
use crate::tensor::Grad;
use crate::testing::{assert_close, gradient, numbers, same_on_any_threads, set_and_add, view, view_mut, wide};
use crate::{Context, testing::Device};

type Sample = [f32; 3];
const SAMPLES: usize = 7;
const N: usize = 3 * SAMPLES;

/// Numbers away from 0, to divide by.
fn divisors() -> Vec<f32> {
    numbers(2, N).into_iter().map(|x| x + x.signum()).collect()
}

/// Checks `$op`, whose backward passes read `$kept`, against `$reference`.
macro_rules! pairs {
    ($op:expr, |$a:ident, $b:ident| $reference:expr, reads($($kept:ident),*)) => {{
        let cpu = Device::with_threads(1);
        let context = Context { device: &cpu, seed: 0 };
        let ($a, $b, dy) = (numbers(1, N), divisors(), numbers(3, N));
        let all = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|($a, $b)| $reference).collect::<Vec<f64>>();
        let mut y = vec![f32::NAN; N];
        $op.forward(&context, view::<Sample>(&$a), view::<Sample>(&$b), view_mut::<Sample>(&mut y));
        assert_close(stringify!($op), &y, &all(&wide(&$a), &wide(&$b)), 1e-7);
        let da = set_and_add(N, |d, write| {
            $op.backward(&context, 0, $(view::<Sample>(&$kept),)* view::<Sample>(&dy), Grad { to: view_mut::<Sample>(d), write });
        });
        assert_close(stringify!($op), &da, &gradient(|a| all(a, &wide(&$b)), &wide(&$a), &dy), 3e-7);
        let db = set_and_add(N, |d, write| {
            $op.backward(&context, 1, $(view::<Sample>(&$kept),)* view::<Sample>(&dy), Grad { to: view_mut::<Sample>(d), write });
        });
        assert_close(stringify!($op), &db, &gradient(|b| all(&wide(&$a), b), &wide(&$b), &dy), 3e-7);
    }};
}

fn sum(sign: f32, activation: Activation) -> Add {
    Add { shapes: Shapes::Equal, sign, activation }
}

#[test]
fn two_tensors() {
    for sign in [1.0, -1.0] {
        pairs!(sum(sign, Activation::Identity), |a, b| a + f64::from(sign) * b, reads());
    }
    pairs!(Mul { shapes: Shapes::Equal }, |a, b| a * b, reads(a, b));
    pairs!(Div { shapes: Shapes::Equal }, |a, b| a / b, reads(a, b));
}

#[test]
fn a_sum_with_its_activation() {
    let cpu = Device::with_threads(1);
    let mut y = [0.0; 3];
    let context = Context { device: &cpu, seed: 0 };
    let op = sum(1.0, Activation::Relu);
    op.forward(
        &context,
        view::<Sample>(&[1.0, -2.0, 3.0]),
        view::<Sample>(&[1.0, 1.0, -3.5]),
        view_mut::<Sample>(&mut y),
    );
    assert_eq!(y, [2.0, 0.0, 0.0]);
}

/// Checks `$op`, whose backward passes read `$kept`, against `$reference`.
macro_rules! scalars {
    ($op:expr, |$x:ident| $reference:expr, reads($($kept:ident)?)) => {{
        let cpu = Device::with_threads(1);
        let context = Context { device: &cpu, seed: 0 };
        let ($x, dy) = (divisors(), numbers(3, N));
        let reference = |x: &[f64]| x.iter().map(|$x| $reference).collect::<Vec<f64>>();
        let mut y = vec![f32::NAN; N];
        $op.forward(&context, view::<Sample>(&$x), view_mut::<Sample>(&mut y));
        assert_close(stringify!($op), &y, &reference(&wide(&$x)), 1e-7);
        let mut in_place = $x.clone();
        $op.forward_in_place(&context, view_mut::<Sample>(&mut in_place));
        assert_eq!(in_place, y);
        let dx = set_and_add(N, |d, write| {
            $op.backward(&context, $(view::<Sample>(&$kept),)? view::<Sample>(&dy), Grad { to: view_mut::<Sample>(d), write });
        });
        assert_close(stringify!($op), &dx, &gradient(reference, &wide(&$x), &dy), 3e-7);
        let mut in_place = dy;
        $op.backward_in_place(&context, $(view::<Sample>(&$kept),)? view_mut::<Sample>(&mut in_place));
        assert_eq!(in_place, dx);
    }};
}

#[test]
fn a_tensor_and_a_number() {
    scalars!(Affine { scale: -1.5, shift: 2.0 }, |x| -1.5 * x + 2.0, reads());
    scalars!(Affine { scale: 1.0, shift: 0.0 }, |x| *x, reads());
    scalars!(Reciprocal { numerator: 3.0 }, |x| 3.0 / x, reads(x));
}

#[test]
fn any_number_of_threads() {
    let (a, b) = (numbers(1, 60_000), numbers(2, 60_000));
    same_on_any_threads(|cpu| {
        let mut y = vec![0.0; a.len()];
        sum(1.0, Activation::Silu).forward(
            &Context { device: cpu, seed: 0 },
            view::<Sample>(&a),
            view::<Sample>(&b),
            view_mut::<Sample>(&mut y),
        );
        y
    });
}
