//! Compares RMS normalisation with `f64` and central differences.

use super::{RmsNorm, RmsNormOp};
use crate::Context;
use crate::init::InitLayer;
use crate::ops::layer_norm::Rows;
use crate::tensor::Write;
use crate::testing::{Tensor, TestDevice, assert_close, gradient, numbers, on_every_device, wide};

const OP: RmsNormOp = RmsNormOp { epsilon: 1e-5 };

fn reference(weights: &[f64], x: &[f64]) -> Vec<f64> {
    let n = weights.len();
    let row = |row: &[f64]| {
        let square = row.iter().map(|x| x * x).sum::<f64>() / n as f64;
        let inverse = 1.0 / (square + f64::from(OP.epsilon)).sqrt();
        row.iter().zip(weights).map(|(x, w)| w * x * inverse).collect::<Vec<_>>()
    };
    x.chunks(n).flat_map(row).collect()
}

fn case<S: Rows<N>, const N: usize>(samples: usize) {
    let len = samples * S::LEN;
    let (w, x, dy) = (numbers(1, N), numbers(2, len), numbers(3, len));
    let [y, dw, dx] = on_every_device!(|device| {
        let (context, mut y) = (Context::new(device, 0), device.output(len));
        let [w, x, dy] = [&w, &x, &dy].map(|x| device.tensor(x));
        let (net, x) = (w.view::<RmsNorm<N>>(), x.view::<S>());
        OP.forward(&context, net, x, y.view_mut());
        let backward = |dw: &mut Tensor<_>, write, dx: Option<(&mut Tensor<_>, Write)>| {
            OP.backward(&context, net, x, dy.view(), dw.grad(write), dx.map(|(dx, write)| dx.grad(write)));
        };
        let dw = device.set_and_add(N, |dw, write| backward(dw, write, None));
        let dx = device.set_and_add(len, |dx, write| backward(&mut device.output(N), Write::Set, Some((dx, write))));
        [y.read(), dw, dx]
    });
    let (what, w, x) = (format!("rms_norm of {samples} × {} rows of {N}", S::LEN / N), wide(&w), wide(&x));
    assert_close(&what, &y, &reference(&w, &x), 1e-6);
    assert_close(&what, &dw, &gradient(|w| reference(w, &x), &w, &dy), 2e-6);
    assert_close(&what, &dx, &gradient(|x| reference(&w, x), &x, &dy), 2e-6);
}

#[test]
fn values_and_gradients() {
    case::<[f32; 1], 1>(1);
    case::<[f32; 2], 2>(3);
    case::<[f32; 65], 65>(5);
    case::<[[f32; 7]; 3], 7>(2);
    case::<[[[f32; 5]; 1]; 4], 5>(1);
}

#[test]
fn begins_as_plain_normalisation() {
    let mut weights = RmsNorm::<3> { weight: [0.0; 3] };
    weights.init((), &mut crate::init::rng(1));
    assert_eq!(weights.weight, [1.0; 3]);
}
