//! Compares the parametric ReLU with `f64` and central differences.

use super::{Prelu, PreluOp};
use crate::init::InitLayer;
use crate::init::{Init, rng};
use crate::tensor::Write;
use crate::testing::{Tensor, TestDevice, assert_close, gradient, numbers, on_every_device, wide};
use crate::{Context, Pod};

fn reference(weights: &[f64], x: &[f64], sample: usize) -> Vec<f64> {
    let spatial_size = sample / weights.len();
    let y = |(i, x): (usize, &f64)| if *x > 0.0 { *x } else { weights[i / spatial_size % weights.len()] * x };
    x.iter().enumerate().map(y).collect()
}

/// The output and the gradients to weights and input.
fn passes<S: Pod<Element = f32>, const C: usize>(w: &[f32], x: &[f32], dy: &[f32]) -> [Vec<f32>; 3] {
    on_every_device!(|device| {
        let (len, mut y) = (x.len(), device.output(x.len()));
        let (context, w, x, dy) = (Context::new(device, 0), device.tensor(w), device.tensor(x), device.tensor(dy));
        let (net, x) = (w.view::<Prelu<C>>(), x.view::<S>());
        PreluOp {}.forward(&context, net, x, y.view_mut());
        let backward = |dw: &mut Tensor<_>, write, dx: Option<(&mut Tensor<_>, Write)>| {
            PreluOp {}.backward(&context, net, x, dy.view(), dw.grad(write), dx.map(|(dx, write)| dx.grad(write)));
        };
        let dw = device.set_and_add(C, |dw, write| backward(dw, write, None));
        let dx = device.set_and_add(len, |dx, write| backward(&mut device.output(C), Write::Set, Some((dx, write))));
        [y.read(), dw, dx]
    })
}

fn case<S: Pod<Element = f32>, const C: usize>(samples: usize) {
    let len = samples * S::LEN;
    let (w, x, dy) = (numbers(1, C), numbers(2, len), numbers(3, len));
    let [y, dw, dx] = passes::<S, C>(&w, &x, &dy);
    let what = format!("prelu of {samples} samples of {} with {C} weights", S::LEN);
    let (w, x) = (wide(&w), wide(&x));
    assert_close(&what, &y, &reference(&w, &x, S::LEN), 1e-7);
    assert_close(&what, &dw, &gradient(|w| reference(w, &x, S::LEN), &w, &dy), 1e-6);
    assert_close(&what, &dx, &gradient(|x| reference(&w, x, S::LEN), &x, &dy), 1e-6);
}

#[test]
fn values_and_gradients() {
    case::<[f32; 1], 1>(1);
    case::<[f32; 37], 1>(3);
    case::<[f32; 5], 5>(4);
    case::<[[[f32; 5]; 3]; 4], 4>(2);
    case::<[[[f32; 5]; 3]; 4], 1>(1);
}

#[test]
fn begins_with_a_quarter() {
    let mut weights = Prelu::<2> { weight: [0.0; 2] };
    weights.init((Init::Constant(0.25),), &mut rng(1));
    assert_eq!(weights.weight, [0.25; 2]);
}

#[test]
fn any_number_of_threads() {
    passes::<[[f32; 55]; 6], 6>(&numbers(1, 6), &numbers(2, 300 * 6 * 55), &numbers(3, 300 * 6 * 55));
}
