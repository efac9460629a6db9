//! Compares rotations with the formula in `f64`, and their gradient with central differences.

use super::RotaryOp;
use crate::Context;
use crate::tensor::{Rows, Streams};
use crate::testing::{Lengths, TestDevice, assert_close, gradient, numbers, on_every_device, wide};

fn reference(op: RotaryOp, lengths: &Lengths, past: &[u32], row: usize, x: &[f64]) -> Vec<f64> {
    let (mut y, n) = (x.to_vec(), op.head_dim);
    for (sample, range) in lengths.ranges().into_iter().enumerate() {
        for (i, at) in range.enumerate() {
            for (head, pair) in (0..op.heads).flat_map(|head| (0..n / 2).map(move |pair| (head, pair))) {
                let frequency = f64::from(op.base).powf(-2.0 * pair as f64 / n as f64);
                let (sin, cos) = ((past[sample] as usize + i) as f64 * frequency).sin_cos();
                let (a, b) = (at * row + head * n + pair, at * row + head * n + pair + n / 2);
                (y[a], y[b]) = (x[a] * cos - x[b] * sin, x[b] * cos + x[a] * sin);
            }
        }
    }
    y
}

fn case<S: Rows<N>, const N: usize>(lengths: &Lengths, op: RotaryOp) {
    let (x, dy) = (numbers(1, lengths.rows() * N), numbers(2, lengths.rows() * N));
    let [y, dx, in_place, back] = on_every_device!(|device| {
        let (context, mut y) = (Context::new(device, 0), device.output(x.len()));
        let [mut in_place, mut back] = [&x, &dy].map(|x| device.tensor(x));
        let ([x, dy], ends) = ([&x, &dy].map(|x| device.tensor(x)), lengths.ends_on(device));
        let sequences = lengths.sequences(&ends);
        op.forward(&context, sequences, x.view::<S>(), y.view_mut());
        op.forward_in_place(&context, sequences, in_place.view_mut::<S>());
        op.backward_in_place(&context, sequences, back.view_mut::<S>());
        let dx = device.set_and_add(x.len(), |d, write| {
            op.backward(&context, sequences, dy.view::<S>(), d.grad(write));
        });
        [y.read(), dx, in_place.read(), back.read()]
    });
    let (what, past) = (format!("{lengths:?}, {op:?}"), vec![0; lengths.ranges().len()]);
    let of = |x: &[f64]| reference(op, lengths, &past, N, x);
    // The angles are rounded, as PyTorch's are.
    assert_close(&what, &y, &of(&wide(&x)), 1e-5);
    assert_close(&what, &dx, &gradient(of, &wide(&x), &dy), 1e-5);
    assert_eq!((in_place, back), (y, dx));
}

#[test]
fn values_and_gradients() {
    let op = RotaryOp { heads: 1, head_dim: 2, base: 10_000.0 };
    case::<[[f32; 2]; 1], 2>(&Lengths::equal(1, 1), op);
    case::<[[f32; 7]; 5], 7>(&Lengths::equal(3, 5), RotaryOp { heads: 1, head_dim: 4, ..op });
    case::<[f32; 30], 30>(&Lengths::ragged(&[4, 0, 1, 60]), RotaryOp { heads: 2, head_dim: 10, base: 100.0 });
    case::<[f32; 40], 40>(&Lengths::ragged(&[300, 20]), RotaryOp { heads: 1, head_dim: 34, ..op });
}

#[test]
fn a_step_continues_the_positions() {
    let (op, lengths) = (RotaryOp { heads: 1, head_dim: 4, base: 50.0 }, Lengths::ragged(&[2, 1, 3]));
    let (x, past) = (numbers(1, 6 * 6), [3, 0, 41]);
    let y = on_every_device!(|device| {
        let (context, mut y) = (Context::new(device, 0), device.output(x.len()));
        let (x, device_past, ends) = (device.tensor(&x), device.tensor(&past), lengths.ends_on(device));
        let streams = Streams { past: &past, on_device: device_past.buffer(), capacity: 50 };
        op.step(&context, lengths.sequences(&ends), streams, x.view::<[f32; 6]>(), y.view_mut());
        y.read()
    });
    assert_close("y", &y, &reference(op, &lengths, &past, 6, &wide(&x)), 1e-5);
}
