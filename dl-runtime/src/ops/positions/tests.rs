//! Compares positions with their formulas in `f64`, and their gradients with central differences.

use super::{LearnedPositions, LearnedPositionsOp, SinusoidalPositionsOp};
use crate::Context;
use crate::init::{Init, rng};
use crate::tensor::Write;
use crate::testing::{Tensor, TestDevice, assert_close, gradient, numbers, on_every_device, wide};

fn learned<const T: usize, const N: usize>(samples: usize) {
    let len = samples * T * N;
    let (w, x, dy) = (numbers(1, T * N), numbers(2, len), numbers(3, len));
    let [y, dw, dx] = on_every_device!(|device| {
        let (context, mut y) = (Context::new(device, 0), device.output(len));
        let [net, x, dy] = [&w, &x, &dy].map(|x| device.tensor(x));
        let (net, op) = (net.view::<LearnedPositions<T, N>>(), LearnedPositionsOp {});
        op.forward(&context, net, x.view(), y.view_mut());
        let backward = |dw: &mut Tensor<_>, write, dx: Option<(&mut Tensor<_>, Write)>| {
            op.backward(&context, net, dy.view(), dw.grad(write), dx.map(|(dx, write)| dx.grad(write)));
        };
        let dw = device.set_and_add(T * N, |dw, write| backward(dw, write, None));
        let to_input = |dx: &mut Tensor<_>, write| backward(&mut device.output(T * N), Write::Set, Some((dx, write)));
        [y.read(), dw, device.set_and_add(len, to_input)]
    });
    let what = format!("learned positions of {samples} samples of [{T}, {N}]");
    let reference = |w: &[f64], x: &[f64]| x.iter().enumerate().map(|(i, x)| x + w[i % w.len()]).collect::<Vec<_>>();
    let (w, x) = (wide(&w), wide(&x));
    assert_close(&what, &y, &reference(&w, &x), 1e-7);
    assert_close(&what, &dw, &gradient(|w| reference(w, &x), &w, &dy), 1e-6);
    assert_close(&what, &dx, &gradient(|x| reference(&w, x), &x, &dy), 1e-6);
}

fn sinusoidal<const T: usize, const N: usize>(samples: usize) {
    let (x, dy) = (numbers(1, samples * T * N), numbers(2, samples * T * N));
    let [y, dx] = on_every_device!(|device| {
        let (context, mut y) = (Context::new(device, 0), device.output(x.len()));
        let [x, dy] = [&x, &dy].map(|x| device.tensor(x));
        let op = SinusoidalPositionsOp {};
        op.forward(&context, x.view::<[[f32; N]; T]>(), y.view_mut());
        let backward = |d: &mut Tensor<_>, write| op.backward(&context, dy.view::<[[f32; N]; T]>(), d.grad(write));
        [y.read(), device.set_and_add(dy.len(), backward)]
    });
    let formula = |(i, x): (usize, &f32)| {
        let (t, feature) = (i / N % T, i % N);
        let angle = t as f64 / 10_000_f64.powf((feature - feature % 2) as f64 / N as f64);
        f64::from(*x) + if feature % 2 == 0 { angle.sin() } else { angle.cos() }
    };
    let expected: Vec<f64> = x.iter().enumerate().map(formula).collect();
    assert_close(&format!("sinusoids of {samples} samples of [{T}, {N}]"), &y, &expected, 1e-7);
    assert_eq!(dx, dy);
}

#[test]
fn learned_values_and_gradients() {
    learned::<1, 1>(1);
    learned::<3, 5>(4);
    learned::<17, 33>(2);
}

#[test]
fn sinusoids_are_those_of_the_paper() {
    sinusoidal::<1, 2>(1);
    sinusoidal::<5, 2>(3);
    sinusoidal::<7, 12>(2);
    sinusoidal::<700, 64>(1);
}

#[test]
fn learned_positions_begin_small() {
    let mut weights = LearnedPositions::<50, 40> { weight: [[0.0; 40]; 50] };
    weights.init(Init::Normal { std: 0.02 }, &mut rng(1));
    let square: f32 = weights.weight.as_flattened().iter().map(|w| w * w).sum();
    // Four standard errors of a standard deviation of 2000 numbers.
    assert!(((square / 2000.0).sqrt() - 0.02).abs() < 4.0 * 0.02 / 4000_f32.sqrt());
}

#[test]
fn any_number_of_threads() {
    let dy = numbers(1, 900 * 6 * 55);
    on_every_device!(|device| {
        let (context, dy) = (Context::new(device, 0), device.tensor(&dy));
        let (net, mut d) = (device.output(6 * 55), device.output(6 * 55));
        let net = net.view::<LearnedPositions<6, 55>>();
        LearnedPositionsOp {}.backward(&context, net, dy.view(), d.grad(Write::Set), None);
        d.read()
    });
}
