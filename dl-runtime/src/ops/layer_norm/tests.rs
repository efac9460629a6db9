//! Compares layer normalisation with `f64` and central differences.

use super::{LayerNorm, LayerNormOp, Rows};
use crate::init::InitLayer;
use crate::tensor::Write;
use crate::testing::{Tensor, TestDevice, assert_close, gradient, numbers, on_every_device, wide};
use crate::{Context, Pod};

const OP: LayerNormOp = LayerNormOp { epsilon: 1e-5 };

fn reference(weights: &[f64], x: &[f64]) -> Vec<f64> {
    let n = weights.len() / 2;
    let mut y = Vec::new();
    for row in x.chunks(n) {
        let mean = row.iter().sum::<f64>() / n as f64;
        let var = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64;
        let inverse = 1.0 / (var + f64::from(OP.epsilon)).sqrt();
        y.extend(row.iter().enumerate().map(|(j, x)| weights[j] * (x - mean) * inverse + weights[n + j]));
    }
    y
}

/// The output and the gradients to weights and input.
fn passes<S: Rows<N>, const N: usize>(w: &[f32], x: &[f32], dy: &[f32]) -> [Vec<f32>; 3] {
    on_every_device!(|device| {
        let (len, mut y) = (x.len(), device.output(x.len()));
        let (context, w, x, dy) = (Context::new(device, 0), device.tensor(w), device.tensor(x), device.tensor(dy));
        let (net, x) = (w.view::<LayerNorm<N>>(), x.view::<S>());
        OP.forward(&context, net, x, y.view_mut());
        let backward = |dw: &mut Tensor<_>, write, dx: Option<(&mut Tensor<_>, Write)>| {
            OP.backward(&context, net, x, dy.view(), dw.grad(write), dx.map(|(dx, write)| dx.grad(write)));
        };
        let dw = device.set_and_add(2 * N, |dw, write| backward(dw, write, None));
        let dx =
            device.set_and_add(len, |dx, write| backward(&mut device.output(2 * N), Write::Set, Some((dx, write))));
        [y.read(), dw, dx]
    })
}

fn case<S: Rows<N>, const N: usize>(samples: usize) {
    let len = samples * S::LEN;
    let (w, x, dy) = (numbers(1, 2 * N), numbers(2, len), numbers(3, len));
    let [y, dw, dx] = passes::<S, N>(&w, &x, &dy);
    let (what, w, x) = (format!("layer_norm of {samples} × {} rows of {N}", S::LEN / N), wide(&w), wide(&x));
    assert_close(&what, &y, &reference(&w, &x), 1e-6);
    assert_close(&what, &dw, &gradient(|w| reference(w, &x), &w, &dy), 2e-6);
    assert_close(&what, &dx, &gradient(|x| reference(&w, x), &x, &dy), 2e-6);
}

#[test]
fn values_and_gradients() {
    case::<[f32; 1], 1>(1);
    case::<[f32; 2], 2>(3);
    case::<[f32; 37], 37>(1);
    case::<[f32; 65], 65>(5);
    case::<[[f32; 7]; 3], 7>(2);
    case::<[[[f32; 5]; 1]; 4], 5>(1);
}

#[test]
fn a_large_mean_costs_no_digits() {
    let x: Vec<f32> = numbers(1, 64).iter().map(|x| 100.0 + x).collect();
    let w = [[1.0; 64], [0.0; 64]].concat();
    let y = on_every_device!(|device| {
        let (w, x, mut y) = (device.tensor(&w), device.tensor(&x), device.output(64));
        let context = Context::new(device, 0);
        OP.forward(&context, w.view::<LayerNorm<64>>(), x.view::<[f32; 64]>(), y.view_mut());
        y.read()
    });
    // The mean itself is rounded to 100·2⁻²⁴; sums of squares in one pass would be 100 times less accurate.
    assert_close("normalised", &y, &reference(&wide(&w), &wide(&x)), 100.0 * 2f64.powi(-24));
}

#[test]
fn begins_as_plain_normalisation() {
    let mut weights = LayerNorm::<3> { weight: [0.0; 3], bias: [5.0; 3] };
    weights.init((), &mut crate::init::rng(1));
    assert_eq!((weights.weight, weights.bias), ([1.0; 3], [0.0; 3]));
    assert_eq!(LayerNorm::<3>::LEN, 6);
}

#[test]
fn any_number_of_threads() {
    const N: usize = 96;
    passes::<[f32; N], N>(&numbers(1, 2 * N), &numbers(2, 700 * N), &numbers(3, 700 * N));
}
