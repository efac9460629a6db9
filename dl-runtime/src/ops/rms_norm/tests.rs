//! Root mean square normalisation against `f64` and central differences.

use super::{Op, RmsNorm};
use crate::ops::layer_norm::Rows;
use crate::tensor::{Grad, Write};
use crate::testing::{assert_close, gradient, numbers, set_and_add, view, view_mut, wide};
use crate::{Context, testing::Device};

const OP: Op = Op { epsilon: 1e-5 };

fn reference(weights: &[f64], x: &[f64]) -> Vec<f64> {
    let n = weights.len();
    let row = |row: &[f64]| {
        let square = row.iter().map(|x| x * x).sum::<f64>() / n as f64;
        let inverse = 1.0 / (square + f64::from(OP.epsilon)).sqrt();
        row.iter().zip(weights).map(|(x, w)| w * x * inverse).collect::<Vec<_>>()
    };
    x.chunks(n).flat_map(row).collect()
}

fn case<S: Rows<N>, const N: usize>(samples: usize) {
    let cpu = Device::with_threads(1);
    let context = Context { device: &cpu, seed: 0 };
    let len = samples * S::LEN;
    let (w, x, dy) = (numbers(1, N), numbers(2, len), numbers(3, len));
    let what = format!("rms_norm of {samples} × {} rows of {N}", S::LEN / N);

    let mut y = vec![f32::NAN; len];
    OP.forward(&context, view::<RmsNorm<N>>(&w), view::<S>(&x), view_mut(&mut y));
    assert_close(&what, &y, &reference(&wide(&w), &wide(&x)), 1e-6);

    let backward = |dw: &mut [f32], write, dx: Option<(&mut [f32], Write)>| {
        let d_weights = Grad { to: view_mut(dw), write };
        let d_input = dx.map(|(dx, write)| Grad { to: view_mut(dx), write });
        OP.backward(&context, view::<RmsNorm<N>>(&w), view::<S>(&x), view(&dy), d_weights, d_input);
    };
    let dw = set_and_add(N, |dw, write| backward(dw, write, None));
    assert_close(&what, &dw, &gradient(|w| reference(w, &wide(&x)), &wide(&w), &dy), 2e-6);
    let dx = set_and_add(len, |dx, write| backward(&mut [0.0; N], Write::Set, Some((dx, write))));
    assert_close(&what, &dx, &gradient(|x| reference(&wide(&w), x), &wide(&x), &dy), 2e-6);
}

#[test]
fn values_and_gradients() {
    case::<[f32; 1], 1>(1);
    case::<[f32; 2], 2>(3);
    case::<[f32; 65], 65>(5);
    case::<[[f32; 7]; 3], 7>(2);
    case::<[[[f32; 5]; 1]; 4], 5>(1);
}

#[test]
fn begins_as_plain_normalisation() {
    let mut weights = RmsNorm::<3> { weight: [0.0; 3] };
    weights.init(&mut crate::init::rng(1));
    assert_eq!(weights.weight, [1.0; 3]);
}
