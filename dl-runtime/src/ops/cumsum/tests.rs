//! Compares cumulative sums with `f64` and central differences.

use super::CumsumOp;
use crate::testing::{TestDevice, assert_close, gradient, numbers, on_every_device, wide};
use crate::{Context, Pod};

/// The definition: each sum anew.
fn reference(CumsumOp { size, inner }: CumsumOp, x: &[f64]) -> Vec<f64> {
    let y = |i: usize| {
        let (t, first) = (i / inner % size, i - i / inner % size * inner);
        (0..=t).map(|k| x[first + k * inner]).sum()
    };
    (0..x.len()).map(y).collect()
}

fn case<S: Pod<Element = f32>>(op: CumsumOp, samples: usize) {
    let (x, dy) = (numbers(1, samples * S::LEN), numbers(2, samples * S::LEN));
    let [y, dx] = on_every_device!(|device| {
        let (context, mut y) = (Context::new(device, 0), device.output(x.len()));
        let [x, dy] = [&x, &dy].map(|x| device.tensor(x));
        op.forward(&context, x.view::<S>(), y.view_mut());
        let dx = device.set_and_add(dy.len(), |d, write| op.backward(&context, dy.view::<S>(), d.grad(write)));
        [y.read(), dx]
    });
    let what = format!("{op:?}");
    assert_close(&what, &y, &reference(op, &wide(&x)), 1e-6);
    assert_close(&what, &dx, &gradient(|x| reference(op, x), &wide(&x), &dy), 1e-6);
}

#[test]
fn values_and_gradients() {
    case::<[f32; 1]>(CumsumOp { size: 1, inner: 1 }, 1);
    case::<[f32; 9]>(CumsumOp { size: 9, inner: 1 }, 3);
    case::<[[f32; 5]; 7]>(CumsumOp { size: 7, inner: 5 }, 2);
    case::<[[f32; 5]; 7]>(CumsumOp { size: 5, inner: 1 }, 2);
    case::<[[[f32; 3]; 4]; 2]>(CumsumOp { size: 4, inner: 3 }, 2);
}

#[test]
fn any_number_of_threads() {
    let x = numbers(1, 40 * 7 * 301);
    on_every_device!(|device| {
        let (x, mut y) = (device.tensor(&x), device.output(x.len()));
        let op = CumsumOp { size: 7, inner: 301 };
        op.forward(&Context::new(device, 0), x.view::<[[f32; 301]; 7]>(), y.view_mut());
        y.read()
    });
}
