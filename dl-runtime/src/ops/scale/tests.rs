//! Compares scales with `f64` and central differences.

use super::{Scale, ScaleOp};
use crate::init::InitLayer;
use crate::init::{Init, rng};
use crate::tensor::Write;
use crate::testing::{Tensor, TestDevice, assert_close, gradient, numbers, on_every_device, wide};
use crate::{Context, Pod};

fn reference(inner: usize, weights: &[f64], x: &[f64]) -> Vec<f64> {
    x.iter().enumerate().map(|(i, x)| weights[i / inner % weights.len()] * x).collect()
}

fn case<S: Pod<Element = f32>, const N: usize>(inner: usize, samples: usize) {
    let (op, len) = (ScaleOp { inner }, samples * S::LEN);
    let (w, x, dy) = (numbers(1, N), numbers(2, len), numbers(3, len));
    let [y, dw, dx] = on_every_device!(|device| {
        let (context, mut y) = (Context::new(device, 0), device.output(len));
        let [net, x, dy] = [&w, &x, &dy].map(|x| device.tensor(x));
        let (net, x) = (net.view::<Scale<N>>(), x.view::<S>());
        op.forward(&context, net, x, y.view_mut());
        let backward = |dw: &mut Tensor<_>, write, dx: Option<(&mut Tensor<_>, Write)>| {
            op.backward(&context, net, x, dy.view(), dw.grad(write), dx.map(|(dx, write)| dx.grad(write)));
        };
        let dw = device.set_and_add(N, |dw, write| backward(dw, write, None));
        let dx = device.set_and_add(len, |dx, write| backward(&mut device.output(N), Write::Set, Some((dx, write))));
        [y.read(), dw, dx]
    });
    let what = format!("scale of {samples} samples of {} with {N} weights", S::LEN);
    let (w, x) = (wide(&w), wide(&x));
    assert_close(&what, &y, &reference(inner, &w, &x), 1e-7);
    assert_close(&what, &dw, &gradient(|w| reference(inner, w, &x), &w, &dy), 1e-6);
    assert_close(&what, &dx, &gradient(|x| reference(inner, &w, x), &x, &dy), 1e-6);
}

#[test]
fn values_and_gradients() {
    case::<[f32; 1], 1>(1, 1);
    case::<[f32; 5], 5>(1, 4);
    case::<[[f32; 37]; 3], 37>(1, 2);
    case::<[[[f32; 5]; 3]; 4], 4>(15, 2);
    case::<[[[f32; 1]; 1]; 4], 4>(1, 3);
    case::<[[[f32; 7]; 9]; 1], 1>(63, 1);
}

#[test]
fn begins_with_a_given_number() {
    let mut weights = Scale::<2> { weight: [0.0; 2] };
    weights.init((Init::Constant(1e-5),), &mut rng(1));
    assert_eq!(weights.weight, [1e-5; 2]);
}

#[test]
fn any_number_of_threads() {
    let (x, dy) = (numbers(1, 300 * 6 * 55), numbers(2, 300 * 6 * 55));
    for inner in [1, 55] {
        on_every_device!(|device| {
            let (context, x, dy) = (Context::new(device, 0), device.tensor(&x), device.tensor(&dy));
            let (net, mut d) = (device.tensor(&[0.5; 6]), device.output(6));
            let (net, x) = (net.view::<Scale<6>>(), x.view::<[[f32; 55]; 6]>());
            ScaleOp { inner }.backward(&context, net, x, dy.view(), d.grad(Write::Set), None);
            d.read()
        });
    }
}
