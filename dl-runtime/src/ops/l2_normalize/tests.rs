//! Compares L2 normalisation with `f64` and central differences.

use super::L2NormalizeOp;
use crate::Context;
use crate::ops::layer_norm::Rows;
use crate::testing::{TestDevice, assert_close, gradient, numbers, on_every_device, wide};

/// The output and the gradient to the input.
fn passes<S: Rows<N>, const N: usize>(epsilon: f32, x: &[f32], dy: &[f32]) -> [Vec<f32>; 2] {
    on_every_device!(|device| {
        let (op, context) = (L2NormalizeOp { n: N, epsilon }, Context::new(device, 0));
        let (x, mut y, dy) = (device.tensor(x), device.output(x.len()), device.tensor(dy));
        op.forward(&context, x.view::<S>(), y.view_mut());
        let dx = device.set_and_add(x.len(), |d, write| op.backward(&context, x.view::<S>(), dy.view(), d.grad(write)));
        [y.read(), dx]
    })
}

fn case<S: Rows<N>, const N: usize>(samples: usize, epsilon: f32) {
    let reference = |x: &[f64]| {
        let row = |row: &[f64]| {
            let length = row.iter().map(|x| x * x).sum::<f64>().sqrt().max(epsilon.into());
            row.iter().map(|x| x / length).collect::<Vec<_>>()
        };
        x.chunks(N).flat_map(row).collect::<Vec<_>>()
    };
    let (x, dy) = (numbers(1, samples * S::LEN), numbers(2, samples * S::LEN));
    let what = format!("{samples} × {} rows of {N}, epsilon {epsilon}", S::LEN / N);
    let [y, dx] = passes::<S, N>(epsilon, &x, &dy);
    assert_close(&what, &y, &reference(&wide(&x)), 3e-7);
    assert_close(&what, &dx, &gradient(reference, &wide(&x), &dy), 1e-6);
}

#[test]
fn values_and_gradients() {
    case::<[f32; 1], 1>(1, 1e-12);
    case::<[f32; 37], 37>(3, 1e-12);
    case::<[[f32; 5]; 3], 5>(2, 1e-12);
    case::<[[f32; 5]; 3], 5>(2, 10.0);
}

#[test]
fn a_row_of_zeros_stays() {
    let [y, dx] = passes::<[f32; 2], 2>(1e-12, &[0.0; 2], &[1.0; 2]);
    assert!(y == [0.0; 2] && dx == [1e12; 2]);
    let [y] = on_every_device!(|device| {
        let (x, mut y) = (device.tensor(&[0.0, 0.0, f32::NAN, 1.0]), device.output(4));
        L2NormalizeOp { n: 2, epsilon: 1e-12 }.forward(&Context::new(device, 0), x.view::<[f32; 2]>(), y.view_mut());
        [y.read()]
    });
    assert!(y[..2] == [0.0; 2] && y[2].is_nan() && y[3].is_nan());
}
