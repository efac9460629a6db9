//! Compares reversals, and their gradients, which are exact, with copies by index.

use super::ReverseOp;
use crate::Context;
use crate::tensor::Rows;
use crate::testing::{Lengths, TestDevice, numbers, on_every_device};

fn reference(lengths: &Lengths, row: usize, x: &[f32]) -> Vec<f32> {
    let mut y = Vec::new();
    for range in lengths.ranges() {
        range.rev().for_each(|t| y.extend(&x[t * row..(t + 1) * row]));
    }
    y
}

fn case<S: Rows<N>, const N: usize>(lengths: &Lengths) {
    let (x, dy) = (numbers(1, lengths.rows() * N), numbers(2, lengths.rows() * N));
    let [y, dx] = on_every_device!(|device| {
        let (context, mut y) = (Context::new(device, 0), device.output(x.len()));
        let ([x, dy], ends) = ([&x, &dy].map(|x| device.tensor(x)), lengths.ends_on(device));
        let sequences = lengths.sequences(&ends);
        ReverseOp {}.forward(&context, sequences, x.view::<S>(), y.view_mut());
        let backward = |d: &mut crate::testing::Tensor<_>, write| {
            ReverseOp {}.backward(&context, sequences, dy.view::<S>(), d.grad(write));
        };
        [y.read(), device.set_and_add(dy.len(), backward)]
    });
    assert_eq!(y, reference(lengths, N, &x), "{lengths:?} of {N}");
    // The gradient of a copy is a copy back to where it came from, which is a reversal, too.
    assert_eq!(dx, reference(lengths, N, &dy), "{lengths:?} of {N}");
}

#[test]
fn values_and_gradients() {
    case::<[[f32; 1]; 1], 1>(&Lengths::equal(1, 1));
    case::<[[f32; 5]; 1], 5>(&Lengths::equal(3, 1));
    case::<[[f32; 1]; 7], 1>(&Lengths::equal(2, 7));
    case::<[[f32; 65]; 33], 65>(&Lengths::equal(5, 33));
    case::<[f32; 3], 3>(&Lengths::ragged(&[4, 1, 2]));
    case::<[f32; 65], 65>(&Lengths::ragged(&[1, 300, 2, 2, 77]));
}
