//! Compares positions with their formulas in `f64`, and their gradients with central differences.

use super::{LearnedPositions, LearnedPositionsOp, Order, SinusoidalPositionsOp};
use crate::Context;
use crate::init::InitLayer;
use crate::init::{Init, rng};
use crate::tensor::{Rows, Streams, Write};
use crate::testing::{Lengths, Tensor, TestDevice, assert_close, gradient, numbers, on_every_device, wide};

/// Returns the position of each row.
fn positions(lengths: &Lengths) -> Vec<usize> {
    lengths.ranges().into_iter().flat_map(|range| 0..range.len()).collect()
}

fn learned<S: Rows<N>, const T: usize, const N: usize>(lengths: &Lengths) {
    let len = lengths.rows() * N;
    let (w, x, dy) = (numbers(1, T * N), numbers(2, len), numbers(3, len));
    let [y, dw, dx] = on_every_device!(|device| {
        let (context, mut y) = (Context::new(device, 0), device.output(len));
        let ([net, x, dy], ends) = ([&w, &x, &dy].map(|x| device.tensor(x)), lengths.ends_on(device));
        let (net, op, sequences) =
            (net.view::<LearnedPositions<T, N>>(), LearnedPositionsOp {}, lengths.sequences(&ends));
        op.forward(&context, sequences, net, x.view::<S>(), y.view_mut());
        let backward = |dw: &mut Tensor<_>, write, dx: Option<(&mut Tensor<_>, Write)>| {
            let dx = dx.map(|(dx, write)| dx.grad(write));
            op.backward(&context, sequences, net, dy.view::<S>(), dw.grad(write), dx);
        };
        let dw = device.set_and_add(T * N, |dw, write| backward(dw, write, None));
        let to_input = |dx: &mut Tensor<_>, write| backward(&mut device.output(T * N), Write::Set, Some((dx, write)));
        [y.read(), dw, device.set_and_add(len, to_input)]
    });
    let (what, at) = (format!("learned positions of {lengths:?}"), positions(lengths));
    let reference =
        |w: &[f64], x: &[f64]| x.iter().enumerate().map(|(i, x)| x + w[at[i / N] * N + i % N]).collect::<Vec<_>>();
    let (w, x) = (wide(&w), wide(&x));
    assert_close(&what, &y, &reference(&w, &x), 1e-7);
    assert_close(&what, &dw, &gradient(|w| reference(w, &x), &w, &dy), 1e-6);
    assert_close(&what, &dx, &gradient(|x| reference(&w, x), &x, &dy), 1e-6);
}

fn sinusoidal<S: Rows<N>, const N: usize>(order: Order, lengths: &Lengths) {
    let len = lengths.rows() * N;
    let (x, dy) = (numbers(1, len), numbers(2, len));
    let [y, dx] = on_every_device!(|device| {
        let (context, mut y) = (Context::new(device, 0), device.output(x.len()));
        let ([x, dy], ends) = ([&x, &dy].map(|x| device.tensor(x)), lengths.ends_on(device));
        let (op, sequences) = (SinusoidalPositionsOp { order }, lengths.sequences(&ends));
        op.forward(&context, sequences, x.view::<S>(), y.view_mut());
        let backward = |d: &mut Tensor<_>, write| op.backward(&context, sequences, dy.view::<S>(), d.grad(write));
        [y.read(), device.set_and_add(dy.len(), backward)]
    });
    let at = positions(lengths);
    let formula = |(i, x): (usize, &f32)| {
        let (pair, function) = match order {
            Order::Alternating => (i % N / 2, [f64::sin, f64::cos][i % N % 2]),
            Order::Halves if i % N < N / 2 => (i % N, f64::sin as _),
            Order::Halves => (i % N - N / 2, f64::cos as _),
        };
        f64::from(*x) + function(at[i / N] as f64 / 10_000_f64.powf(2.0 * pair as f64 / N as f64))
    };
    let expected: Vec<f64> = x.iter().enumerate().map(formula).collect();
    assert_close(&format!("sinusoids of {lengths:?}, {order:?}"), &y, &expected, 1e-7);
    assert_eq!(dx, dy);
}

#[test]
fn learned_values_and_gradients() {
    learned::<[[f32; 1]; 1], 1, 1>(&Lengths::equal(1, 1));
    learned::<[[f32; 5]; 3], 3, 5>(&Lengths::equal(4, 3));
    learned::<[[f32; 33]; 17], 17, 33>(&Lengths::equal(2, 17));
    learned::<[f32; 5], 9, 5>(&Lengths::ragged(&[4, 0, 9, 1, 7]));
    learned::<[f32; 33], 300, 33>(&Lengths::ragged(&[290, 1, 300, 150]));
}

#[test]
fn sinusoids_are_those_of_the_paper() {
    for order in [Order::Alternating, Order::Halves] {
        sinusoidal::<[[f32; 2]; 1], 2>(order, &Lengths::equal(1, 1));
        sinusoidal::<[[f32; 2]; 5], 2>(order, &Lengths::equal(3, 5));
        sinusoidal::<[[f32; 6]; 7], 6>(order, &Lengths::equal(2, 7));
        sinusoidal::<[[f32; 64]; 700], 64>(order, &Lengths::equal(1, 700));
        sinusoidal::<[f32; 12], 12>(order, &Lengths::ragged(&[3, 0, 200, 9]));
    }
}

#[test]
fn streams_go_on_where_they_were() {
    let (lengths, past) = (Lengths::ragged(&[2, 1, 3]), [5, 0, 2]);
    let (w, x) = (numbers(1, 9 * 4), numbers(2, lengths.rows() * 4));
    let [y, z] = on_every_device!(|device| {
        let (context, mut y, mut z) = (Context::new(device, 0), device.output(x.len()), device.output(x.len()));
        let ([net, x], ends, on_device) =
            ([&w, &x].map(|x| device.tensor(x)), lengths.ends_on(device), device.tensor::<u32>(&past));
        let (net, sequences) = (net.view::<LearnedPositions<9, 4>>(), lengths.sequences(&ends));
        let streams = Streams { past: &past, on_device: on_device.buffer(), capacity: 9 };
        LearnedPositionsOp {}.step(&context, sequences, streams, net, x.view::<[f32; 4]>(), y.view_mut());
        let sinusoids = SinusoidalPositionsOp { order: Order::Halves };
        sinusoids.step(&context, sequences, streams, x.view::<[f32; 4]>(), z.view_mut());
        [y.read(), z.read()]
    });
    let at = lengths
        .ranges()
        .into_iter()
        .zip(past)
        .flat_map(|(range, past)| (0..range.len()).map(move |t| t + past as usize));
    for (row, t) in at.enumerate() {
        for j in 0..4 {
            assert_eq!(y[row * 4 + j], x[row * 4 + j] + w[t * 4 + j]);
        }
        assert!((z[row * 4] - x[row * 4] - (t as f32).sin()).abs() < 1e-6);
        assert!((z[row * 4 + 2] - x[row * 4 + 2] - (t as f32).cos()).abs() < 1e-6);
    }
}

#[test]
fn learned_positions_begin_small() {
    let mut weights = LearnedPositions::<50, 40> { weight: [[0.0; 40]; 50] };
    weights.init((Init::Normal { std: 0.02 },), &mut rng(1));
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
        let sequences = crate::tensor::Sequences::equal(900, 6);
        let dy = dy.view::<[[f32; 55]; 6]>();
        LearnedPositionsOp {}.backward(&context, sequences, net, dy, d.grad(Write::Set), None);
        d.read()
    });
}
