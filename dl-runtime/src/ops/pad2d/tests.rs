//! Compares padding with its definition in f64, and its gradients with central differences.

use super::*;
use crate::testing::{TestDevice, assert_close, gradient, numbers, on_every_device, wide};

/// The definition for one axis.
fn place(mode: Mode, size: usize, at: isize) -> Option<usize> {
    let last = size as isize - 1;
    let at = match mode {
        Mode::Zeros => at,
        Mode::Reflect if at < 0 => -at,
        Mode::Reflect if at > last => 2 * last - at,
        Mode::Reflect => at,
        Mode::Replicate => at.clamp(0, last),
    };
    (0..=last).contains(&at).then_some(at as usize)
}

fn padded(op: Pad2dOp, s: &Pad2dSizes, x: &[f64]) -> Vec<f64> {
    let ([h, w], [rows, columns], [top, left]) = (s.image, s.output, op.before);
    let at = |x: &[f64], i: usize| {
        let row = place(op.mode, h, (i / columns) as isize - top as isize);
        let column = place(op.mode, w, (i % columns) as isize - left as isize);
        row.zip(column).map_or(0.0, |(row, column)| x[row * w + column])
    };
    x.chunks(h * w).flat_map(|x| (0..rows * columns).map(move |i| at(x, i))).collect()
}

/// The output and the gradient to the input.
fn passes(op: Pad2dOp, s: &Pad2dSizes, x: &[f32], dy: &[f32]) -> [Vec<f32>; 2] {
    on_every_device!(|device| {
        let (x, mut y, dy) = (device.tensor(x), device.output(dy.len()), device.tensor(dy));
        device.pad2d_forward(op, s, x.data(), y.data_mut());
        let dx = device.set_and_add(x.len(), |dx, write| {
            device.pad2d_backward(op, s, dy.data(), dx.data_mut(), write);
        });
        [y.read(), dx]
    })
}

fn check(planes: usize, image: [usize; 2], [top, bottom, left, right]: [usize; 4]) {
    let s = Pad2dSizes { planes, image, output: [image[0] + top + bottom, image[1] + left + right] };
    let (x, dy) = (numbers(1, planes * image[0] * image[1]), numbers(2, planes * s.output[0] * s.output[1]));
    for mode in [Mode::Zeros, Mode::Reflect, Mode::Replicate] {
        if mode == Mode::Reflect && (top.max(bottom) >= image[0] || left.max(right) >= image[1]) {
            continue;
        }
        let op = Pad2dOp { before: [top, left], mode };
        let what = format!("{op:?} {s:?}");
        let [y, dx] = passes(op, &s, &x, &dy);
        assert_close(&what, &y, &padded(op, &s, &wide(&x)), 0.0);
        assert_close(&what, &dx, &gradient(|x| padded(op, &s, x), &wide(&x), &dy), 1e-6);
    }
}

#[test]
fn values_and_gradients() {
    check(1, [1, 1], [0, 0, 0, 0]);
    check(2, [1, 1], [1, 2, 3, 0]);
    check(3, [4, 5], [1, 1, 1, 1]);
    check(2, [4, 3], [3, 0, 1, 2]);
    check(2, [1, 6], [0, 0, 5, 2]);
}

#[test]
fn any_number_of_threads() {
    let s = Pad2dSizes { planes: 300, image: [7, 9], output: [11, 12] };
    let (x, dy) = (numbers(1, 300 * 63), numbers(2, 300 * 132));
    let op = Pad2dOp { before: [1, 2], mode: Mode::Reflect };
    passes(op, &s, &x, &dy);
}
