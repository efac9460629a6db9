//! Compares reversals, and their gradients, which are exact, with copies by index.

use super::ReverseOp;
use crate::Context;
use crate::testing::{TestDevice, numbers, on_every_device};

fn reference(size: usize, row: usize, x: &[f32]) -> Vec<f32> {
    let from = |i: usize| {
        let (sample, t, j) = (i / row / size, i / row % size, i % row);
        x[(sample * size + size - 1 - t) * row + j]
    };
    (0..x.len()).map(from).collect()
}

fn case<const T: usize, const N: usize>(samples: usize) {
    let (x, dy) = (numbers(1, samples * T * N), numbers(2, samples * T * N));
    let [y, dx] = on_every_device!(|device| {
        let (context, mut y) = (Context::new(device, 0), device.output(x.len()));
        let [x, dy] = [&x, &dy].map(|x| device.tensor(x));
        ReverseOp {}.forward(&context, x.view::<[[f32; N]; T]>(), y.view_mut());
        let backward = |d: &mut crate::testing::Tensor<_>, write| {
            ReverseOp {}.backward(&context, dy.view::<[[f32; N]; T]>(), d.grad(write));
        };
        [y.read(), device.set_and_add(dy.len(), backward)]
    });
    assert_eq!(y, reference(T, N, &x), "{samples} samples of [{T}, {N}]");
    // The gradient of a copy is a copy back to where it came from, which is a reversal, too.
    assert_eq!(dx, reference(T, N, &dy), "{samples} samples of [{T}, {N}]");
}

#[test]
fn values_and_gradients() {
    case::<1, 1>(1);
    case::<1, 5>(3);
    case::<7, 1>(2);
    case::<4, 3>(1);
    case::<33, 65>(5);
}
