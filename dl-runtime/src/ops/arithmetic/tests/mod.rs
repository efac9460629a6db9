//! Compares values with `f64`, and gradients with central differences, for all four operators and both kinds of
//! operands.

mod broadcast;

use super::{Add, Affine, Div, Mul, Reciprocal, Shapes};
use crate::Context;
use crate::ops::Activation;
use crate::testing::{TestDevice, assert_close, gradient, numbers, on_every_device, wide};

type Sample = [f32; 3];
const SAMPLES: usize = 7;
const N: usize = 3 * SAMPLES;

/// Numbers that are not close to 0, for divisors.
fn divisors() -> Vec<f32> {
    numbers(2, N).into_iter().map(|x| x + x.signum()).collect()
}

/// Compares `$op`, whose backward passes read `$kept`, with `$reference`.
macro_rules! pairs {
    ($op:expr, |$a:ident, $b:ident| $reference:expr, reads($($kept:ident),*)) => {{
        let (x, z, dy) = (numbers(1, N), divisors(), numbers(3, N));
        let [y, da, db] = on_every_device!(|device| {
            let context = Context::new(device, 0);
            let ($a, $b, dy, mut y) = (device.tensor(&x), device.tensor(&z), device.tensor(&dy), device.output(N));
            $op.forward(&context, $a.view::<Sample>(), $b.view::<Sample>(), y.view_mut::<Sample>());
            let da = device.set_and_add(N, |d, write| {
                $op.backward(&context, 0, $($kept.view::<Sample>(),)* dy.view::<Sample>(), d.grad::<Sample>(write));
            });
            let db = device.set_and_add(N, |d, write| {
                $op.backward(&context, 1, $($kept.view::<Sample>(),)* dy.view::<Sample>(), d.grad::<Sample>(write));
            });
            [y.read(), da, db]
        });
        let all = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|($a, $b)| $reference).collect::<Vec<f64>>();
        let (a, b) = (wide(&x), wide(&z));
        assert_close(stringify!($op), &y, &all(&a, &b), 1e-7);
        assert_close(stringify!($op), &da, &gradient(|a| all(a, &b), &a, &dy), 3e-7);
        assert_close(stringify!($op), &db, &gradient(|b| all(&a, b), &b, &dy), 3e-7);
    }};
}

#[test]
fn two_tensors() {
    let (shapes, activation) = (Shapes::Equal, Activation::Identity);
    pairs!(Add { shapes, sign: 1.0, activation }, |a, b| a + b, reads());
    pairs!(Add { shapes, sign: -1.0, activation }, |a, b| a - b, reads());
    pairs!(Mul { shapes }, |a, b| a * b, reads(a, b));
    pairs!(Div { shapes }, |a, b| a / b, reads(a, b));
}

/// The sum of two tensors with an activation.
fn sum(activation: Activation, a: &[f32], b: &[f32]) -> Vec<f32> {
    on_every_device!(|device| {
        let (mut y, a, b) = (device.output(a.len()), device.tensor(a), device.tensor(b));
        let op = Add { shapes: Shapes::Equal, sign: 1.0, activation };
        op.forward(&Context::new(device, 0), a.view::<Sample>(), b.view::<Sample>(), y.view_mut::<Sample>());
        y.read()
    })
}

#[test]
fn a_sum_with_its_activation() {
    assert_eq!(sum(Activation::Relu, &[1.0, -2.0, 3.0], &[1.0, 1.0, -3.5]), [2.0, 0.0, 0.0]);
}

/// Compares `$op`, whose backward passes read `$kept`, with `$reference`.
macro_rules! scalars {
    ($op:expr, |$x:ident| $reference:expr, reads($($kept:ident)?)) => {{
        let (z, dy) = (divisors(), numbers(3, N));
        let [y, y_in_place, dx, dx_in_place] = on_every_device!(|device| {
            let context = Context::new(device, 0);
            let (mut y, mut y_in_place, mut dx_in_place) = (device.output(N), device.tensor(&z), device.tensor(&dy));
            let ($x, dy) = (device.tensor(&z), device.tensor(&dy));
            $op.forward(&context, $x.view::<Sample>(), y.view_mut());
            $op.forward_in_place(&context, y_in_place.view_mut::<Sample>());
            let dx = device.set_and_add(N, |d, write| {
                $op.backward(&context, $($kept.view::<Sample>(),)? dy.view(), d.grad::<Sample>(write));
            });
            $op.backward_in_place(&context, $($kept.view::<Sample>(),)? dx_in_place.view_mut::<Sample>());
            [y.read(), y_in_place.read(), dx, dx_in_place.read()]
        });
        let reference = |x: &[f64]| x.iter().map(|$x| $reference).collect::<Vec<f64>>();
        assert_close(stringify!($op), &y, &reference(&wide(&z)), 1e-7);
        assert_close(stringify!($op), &dx, &gradient(reference, &wide(&z), &dy), 3e-7);
        assert_eq!((y_in_place, dx_in_place), (y, dx));
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
    sum(Activation::Silu, &numbers(1, 60_000), &numbers(2, 60_000));
}
