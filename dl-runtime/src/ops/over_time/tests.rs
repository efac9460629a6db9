//! Compares reductions over time with `f64` and central differences, over equal and ragged lengths.

use super::{EachRow, MaxOverTimeOp, OverTime};
use crate::Context;
use crate::tensor::Rows;
use crate::testing::{Lengths, Tensor, TestDevice, assert_close, gradient, numbers, on_every_device, wide};

/// A function of the numbers of a feature.
type Definition = fn(&[f64]) -> f64;

/// The definition: a function of the numbers of each feature of each sample.
fn reference(lengths: &Lengths, row: usize, x: &[f64], f: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let mut y = Vec::new();
    for range in lengths.ranges() {
        for feature in 0..row {
            let numbers: Vec<f64> = range.clone().map(|t| x[t * row + feature]).collect();
            y.push(if numbers.is_empty() { 0.0 } else { f(&numbers) });
        }
    }
    y
}

fn case<S: Rows<N>, const N: usize>(lengths: &Lengths) {
    let samples = lengths.ranges().len();
    let (x, dy) = (numbers(1, lengths.rows() * N), numbers(2, samples * N));
    let functions: [(OverTime, Definition); 4] = [
        (OverTime::First, |x| x[0]),
        (OverTime::Last, |x| x[x.len() - 1]),
        (OverTime::Sum, |x| x.iter().sum()),
        (OverTime::Mean, |x| x.iter().sum::<f64>() / x.len() as f64),
    ];
    for (op, definition) in functions {
        let [y, dx] = on_every_device!(|device| {
            let (context, mut y) = (Context::new(device, 0), device.output(dy.len()));
            let ([x, dy], ends) = ([&x, &dy].map(|x| device.tensor(x)), lengths.ends_on(device));
            let sequences = lengths.sequences(&ends);
            op.forward(&context, sequences, x.view::<S>(), y.view_mut());
            let backward =
                |d: &mut Tensor<_>, write| op.backward(&context, sequences, dy.view::<[f32; N]>(), d.grad::<S>(write));
            [y.read(), device.set_and_add(x.len(), backward)]
        });
        let (what, reference) = (format!("{op:?} of {lengths:?}"), |x: &[f64]| reference(lengths, N, x, definition));
        assert_close(&what, &y, &reference(&wide(&x)), 1e-6);
        assert_close(&what, &dx, &gradient(reference, &wide(&x), &dy), 1e-6);
    }
    // The other way round: `dy` is the value of each sample, and `x` the gradient.
    let [each, sums] = on_every_device!(|device| {
        let (context, mut y) = (Context::new(device, 0), device.output(x.len()));
        let ([rows, of_samples], ends) = ([&x, &dy].map(|x| device.tensor(x)), lengths.ends_on(device));
        let sequences = lengths.sequences(&ends);
        EachRow {}.forward(&context, sequences, of_samples.view::<[f32; N]>(), y.view_mut::<S>());
        let backward = |d: &mut Tensor<_>, write| {
            EachRow {}.backward(&context, sequences, rows.view::<S>(), d.grad::<[f32; N]>(write));
        };
        [y.read(), device.set_and_add(dy.len(), backward)]
    });
    let repeated = |of_samples: &[f64]| {
        let rows = lengths.ranges().into_iter().enumerate();
        let rows = rows.flat_map(|(sample, range)| range.map(move |_| sample));
        rows.flat_map(|sample| of_samples[sample * N..(sample + 1) * N].to_vec()).collect::<Vec<_>>()
    };
    assert_close("each row", &each, &repeated(&wide(&dy)), 0.0);
    assert_close("each row", &sums, &gradient(repeated, &wide(&dy), &x), 1e-6);
    let op = MaxOverTimeOp {};
    let [y, dx] = on_every_device!(|device| {
        let (context, mut y) = (Context::new(device, 0), device.output(dy.len()));
        let ([x, dy], ends) = ([&x, &dy].map(|x| device.tensor(x)), lengths.ends_on(device));
        let sequences = lengths.sequences(&ends);
        op.forward(&context, sequences, x.view::<S>(), y.view_mut());
        let backward = |d: &mut Tensor<_>, write| {
            op.backward(&context, sequences, x.view::<S>(), y.view(), dy.view::<[f32; N]>(), d.grad(write));
        };
        let dx = device.set_and_add(x.len(), backward);
        [y.read(), dx]
    });
    let maximum = |x: &[f64]| reference(lengths, N, x, |x| x.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    assert_close("maximum", &y, &maximum(&wide(&x)), 1e-7);
    assert_close("maximum", &dx, &gradient(maximum, &wide(&x), &dy), 1e-6);
}

#[test]
fn values_and_gradients() {
    case::<[[f32; 3]; 5], 3>(&Lengths::equal(2, 5));
    case::<[f32; 1], 1>(&Lengths::ragged(&[1]));
    case::<[f32; 3], 3>(&Lengths::ragged(&[4, 1, 7]));
    case::<[f32; 3], 3>(&Lengths::ragged(&[0, 2, 0, 3, 0]));
    case::<[f32; 70], 70>(&Lengths::ragged(&[300, 1, 2, 40]));
}

#[test]
fn equal_maxima_share_the_gradient() {
    let (x, lengths) = ([2.0, 2.0, 1.0, f32::NAN], Lengths::ragged(&[3, 1]));
    let [y, dx] = on_every_device!(|device| {
        let (context, mut y) = (Context::new(device, 0), device.output(2));
        let ([x, dy], ends) = ([device.tensor(&x), device.tensor(&[4.0, 1.0])], lengths.ends_on(device));
        let sequences = lengths.sequences(&ends);
        MaxOverTimeOp {}.forward(&context, sequences, x.view::<[f32; 1]>(), y.view_mut());
        let dx = device.set_and_add(4, |d, write| {
            MaxOverTimeOp {}.backward(
                &context,
                sequences,
                x.view::<[f32; 1]>(),
                y.view(),
                dy.view::<[f32; 1]>(),
                d.grad(write),
            );
        });
        [y.read(), dx]
    });
    assert!(y[0] == 2.0 && y[1].is_nan());
    assert_eq!(dx[..3], [2.0, 2.0, 0.0]);
}
