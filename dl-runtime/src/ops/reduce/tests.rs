//! Compares reductions with sums by index in `f64`, and gradients with central differences.

use super::{Max, Shapes, Sum};
use crate::testing::{TestDevice, assert_close, gradient, numbers, on_every_device, wide};
use crate::{Context, Pod};

/// Applies `fold` to the inputs of every output, by index.
fn reference(s: Shapes, x: &[f64], start: f64, fold: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let sizes: Vec<usize> = std::iter::repeat_n(1, s.from.len() - s.to.len()).chain(s.to.iter().copied()).collect();
    let (from, to): (usize, usize) = (s.from.iter().product(), sizes.iter().product());
    let mut y = vec![start; x.len() / from * to];
    for (i, x) in x.iter().enumerate() {
        let (mut rest, mut at, mut stride) = (i % from, 0, 1);
        for (&size, &kept) in s.from.iter().zip(&sizes).rev() {
            at += if kept == 1 { 0 } else { rest % size * stride };
            (rest, stride) = (rest / size, stride * kept);
        }
        let y = &mut y[i / from * to + at];
        *y = fold(*y, *x);
    }
    y
}

/// The output and the gradient to the input of a sum.
fn sum<S: Pod<Element = f32>, O: Pod<Element = f32>>(op: Sum, x: &[f32], dy: &[f32]) -> [Vec<f32>; 2] {
    on_every_device!(|device| {
        let (context, x, mut y, dy) =
            (Context::new(device, 0), device.tensor(x), device.output(dy.len()), device.tensor(dy));
        op.forward(&context, x.view::<S>(), y.view_mut::<O>());
        let dx = device.set_and_add(x.len(), |d, write| op.backward(&context, dy.view::<O>(), d.grad::<S>(write)));
        [y.read(), dx]
    })
}

/// The output and the gradient to the input of a maximum.
fn max<S: Pod<Element = f32>, O: Pod<Element = f32>>(shapes: Shapes, x: &[f32], dy: &[f32]) -> [Vec<f32>; 2] {
    on_every_device!(|device| {
        let (context, x, mut y, dy) =
            (Context::new(device, 0), device.tensor(x), device.output(dy.len()), device.tensor(dy));
        Max { shapes }.forward(&context, x.view::<S>(), y.view_mut::<O>());
        let dx = device.set_and_add(x.len(), |d, write| {
            Max { shapes }.backward(&context, x.view::<S>(), y.view::<O>(), dy.view::<O>(), d.grad::<S>(write));
        });
        [y.read(), dx]
    })
}

fn case<S: Pod<Element = f32>, O: Pod<Element = f32>>(samples: usize, from: &'static [usize], to: &'static [usize]) {
    let shapes = Shapes { from, to };
    let (x, dy) = (numbers(1, samples * S::LEN), numbers(2, samples * O::LEN));
    let what = format!("{samples} × {shapes:?}");

    let sums = |x: &[f64]| reference(shapes, x, 0.0, |a, b| a + 0.25 * b);
    let [y, dx] = sum::<S, O>(Sum { shapes, scale: 0.25 }, &x, &dy);
    assert_close(&what, &y, &sums(&wide(&x)), 3e-7);
    assert_close(&what, &dx, &gradient(sums, &wide(&x), &dy), 3e-7);

    let largest = |x: &[f64]| reference(shapes, x, f64::NEG_INFINITY, f64::max);
    let [y, dx] = max::<S, O>(shapes, &x, &dy);
    assert_close(&what, &y, &largest(&wide(&x)), 0.0);
    assert_close(&what, &dx, &gradient(largest, &wide(&x), &dy), 3e-7);
}

#[test]
fn values_and_gradients() {
    case::<[f32; 1], f32>(1, &[1], &[1]);
    case::<[f32; 37], f32>(3, &[37], &[]);
    case::<[[f32; 5]; 3], [f32; 5]>(2, &[3, 5], &[1, 5]);
    case::<[[f32; 5]; 3], [[f32; 1]; 3]>(1, &[3, 5], &[3, 1]);
    case::<[[f32; 5]; 3], f32>(4, &[3, 5], &[1, 1]);
    case::<[[f32; 5]; 3], [[f32; 5]; 3]>(2, &[3, 5], &[3, 5]);
    case::<[[[f32; 5]; 4]; 3], [f32; 3]>(2, &[3, 4, 5], &[3, 1, 1]);
    case::<[[[f32; 5]; 4]; 3], [[f32; 5]; 3]>(2, &[3, 4, 5], &[3, 1, 5]);
    case::<[[[f32; 5]; 4]; 3], [[[f32; 1]; 4]; 1]>(1, &[3, 4, 5], &[1, 4, 1]);
    case::<[[[f32; 1]; 4]; 3], [f32; 4]>(5, &[3, 4, 1], &[4, 1]);
}

#[test]
fn equal_numbers_share_the_gradient() {
    let [y, dx] = max::<[f32; 4], f32>(Shapes { from: &[4], to: &[1] }, &[2.0, 5.0, 5.0, -1.0], &[1.0]);
    assert_eq!((&y[..], &dx[..]), (&[5.0][..], &[0.0, 0.5, 0.5, 0.0][..]));
}

#[test]
fn the_maximum_of_a_long_row_is_anywhere() {
    for at in [0, 63, 64, 100, 127, 128, 149] {
        let mut x = numbers(1, 150);
        x[at] = 7.0;
        let mut expected = vec![0.0; 150];
        expected[at] = 3.0;
        let found = max::<[f32; 150], f32>(Shapes { from: &[150], to: &[] }, &x, &[3.0]);
        assert_eq!(found, [vec![7.0], expected]);
    }
}

#[test]
fn nan_is_seen() {
    let y = on_every_device!(|device| {
        let x = [1.0, f32::NAN, 2.0, f32::NEG_INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY];
        let (op, x, mut y) = (Max { shapes: Shapes { from: &[3], to: &[] } }, device.tensor(&x), device.output(2));
        op.forward(&Context::new(device, 0), x.view::<[f32; 3]>(), y.view_mut::<f32>());
        y.read()
    });
    assert!(y[0].is_nan() && y[1] == f32::NEG_INFINITY);
    for at in [0, 70, 149] {
        let mut x = [1.0; 150];
        x[at] = f32::NAN;
        let [y, dx] = max::<[f32; 150], f32>(Shapes { from: &[150], to: &[] }, &x, &[1.0]);
        assert!(y[0].is_nan() && dx.iter().all(|dx| *dx == 0.0), "{dx:?}");
    }
}

#[test]
fn any_number_of_threads() {
    let op = Sum { shapes: Shapes { from: &[15, 17], to: &[15, 1] }, scale: 1.0 };
    sum::<[[f32; 17]; 15], [f32; 15]>(op, &numbers(1, 300 * 15 * 17), &numbers(2, 300 * 15));
}
