//! Rows of length 1 against `f64` and central differences.

use super::Op;
use crate::ops::layer_norm::Rows;
use crate::tensor::Grad;
use crate::testing::{assert_close, gradient, numbers, set_and_add, view, view_mut, wide};
use crate::{Context, testing::Device};

fn case<S: Rows<N>, const N: usize>(samples: usize, epsilon: f32) {
    let cpu = Device::with_threads(1);
    let context = Context { device: &cpu, seed: 0 };
    let reference = |x: &[f64]| {
        let row = |row: &[f64]| {
            let length = row.iter().map(|x| x * x).sum::<f64>().sqrt().max(epsilon.into());
            row.iter().map(|x| x / length).collect::<Vec<_>>()
        };
        x.chunks(N).flat_map(row).collect::<Vec<_>>()
    };
    let (x, dy) = (numbers(1, samples * S::LEN), numbers(2, samples * S::LEN));
    let what = format!("{samples} × {} rows of {N}, epsilon {epsilon}", S::LEN / N);
    let (op, mut y) = (Op { n: N, epsilon }, vec![f32::NAN; x.len()]);
    op.forward(&context, view::<S>(&x), view_mut(&mut y));
    assert_close(&what, &y, &reference(&wide(&x)), 3e-7);
    let dx = set_and_add(x.len(), |d, write| {
        op.backward(&context, view::<S>(&x), view(&dy), Grad { to: view_mut(d), write });
    });
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
    let cpu = Device::with_threads(1);
    let context = Context { device: &cpu, seed: 0 };
    let (op, mut y, mut dx) = (Op { n: 2, epsilon: 1e-12 }, [1.0; 4], [0.0; 4]);
    let x = [0.0, 0.0, f32::NAN, 1.0];
    op.forward(&context, view::<[f32; 2]>(&x), view_mut(&mut y));
    assert!(y[..2] == [0.0; 2] && y[2].is_nan() && y[3].is_nan());
    op.backward(&context, view::<[f32; 2]>(&x), view(&[1.0; 4]), Grad::set(view_mut(&mut dx)));
    assert_eq!(dx[..2], [1e12; 2]);
}
