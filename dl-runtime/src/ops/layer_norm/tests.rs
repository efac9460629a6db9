//! Layer normalisation against `f64` and central differences.

use super::{LayerNorm, Op, Rows};
use crate::tensor::{Grad, Write};
use crate::testing::{assert_close, gradient, numbers, same_on_any_threads, set_and_add, view, view_mut, wide};
use crate::{Context, Pod, testing::Device};

const OP: Op = Op { epsilon: 1e-5 };

fn reference(weights: &[f64], x: &[f64]) -> Vec<f64> {
    let n = weights.len() / 2;
    let mut y = Vec::new();
    for row in x.chunks(n) {
        let mean = row.iter().sum::<f64>() / n as f64;
        let var = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64;
        let inverse = 1.0 / (var + f64::from(OP.epsilon)).sqrt();
        y.extend(row.iter().enumerate().map(|(j, x)| weights[j] * (x - mean) * inverse + weights[n + j]));
    }
    y
}

fn case<S: Rows<N>, const N: usize>(samples: usize) {
    let cpu = Device::with_threads(1);
    let context = Context { device: &cpu, seed: 0 };
    let len = samples * S::LEN;
    let (w, x, dy) = (numbers(1, 2 * N), numbers(2, len), numbers(3, len));
    let what = format!("layer_norm of {samples} × {} rows of {N}", S::LEN / N);

    let mut y = vec![f32::NAN; len];
    OP.forward(&context, view::<LayerNorm<N>>(&w), view::<S>(&x), view_mut(&mut y));
    assert_close(&what, &y, &reference(&wide(&w), &wide(&x)), 1e-6);

    let backward = |dw: &mut [f32], write, dx: Option<(&mut [f32], Write)>| {
        OP.backward(
            &context,
            view::<LayerNorm<N>>(&w),
            view::<S>(&x),
            view(&dy),
            Grad { to: view_mut(dw), write },
            dx.map(|(dx, write)| Grad { to: view_mut(dx), write }),
        );
    };
    let dw = set_and_add(2 * N, |dw, write| backward(dw, write, None));
    assert_close(&what, &dw, &gradient(|w| reference(w, &wide(&x)), &wide(&w), &dy), 2e-6);
    let dx = set_and_add(len, |dx, write| backward(&mut vec![0.0; 2 * N], Write::Set, Some((dx, write))));
    assert_close(&what, &dx, &gradient(|x| reference(&wide(&w), x), &wide(&x), &dy), 2e-6);
}

#[test]
fn values_and_gradients() {
    case::<[f32; 1], 1>(1);
    case::<[f32; 2], 2>(3);
    case::<[f32; 37], 37>(1);
    case::<[f32; 65], 65>(5);
    case::<[[f32; 7]; 3], 7>(2);
    case::<[[[f32; 5]; 1]; 4], 5>(1);
}

#[test]
fn a_large_mean_costs_no_digits() {
    let (cpu, mut y) = (Device::with_threads(1), vec![0.0; 64]);
    let x: Vec<f32> = numbers(1, 64).iter().map(|x| 100.0 + x).collect();
    let mut w = [1.0; 128];
    w[64..].fill(0.0);
    let context = Context { device: &cpu, seed: 0 };
    OP.forward(&context, view::<LayerNorm<64>>(&w), view::<[f32; 64]>(&x), view_mut(&mut y));
    // The mean itself is rounded to 100·2⁻²⁴; squares of such numbers in one pass would cost 100 times as much.
    assert_close("normalised", &y, &reference(&wide(&w), &wide(&x)), 100.0 * 2f64.powi(-24));
}

#[test]
fn begins_as_plain_normalisation() {
    let mut weights = LayerNorm::<3> { weight: [0.0; 3], bias: [5.0; 3] };
    weights.init(&mut crate::init::rng(1));
    assert_eq!((weights.weight, weights.bias), ([1.0; 3], [0.0; 3]));
    assert_eq!(LayerNorm::<3>::LEN, 6);
}

#[test]
fn any_number_of_threads() {
    const N: usize = 96;
    let (w, x, dy) = (numbers(1, 2 * N), numbers(2, 700 * N), numbers(3, 700 * N));
    same_on_any_threads(|cpu| {
        let context = Context { device: cpu, seed: 0 };
        let (mut y, mut dx, mut dw) = (vec![0.0; x.len()], vec![0.0; x.len()], vec![0.0; 2 * N]);
        OP.forward(&context, view::<LayerNorm<N>>(&w), view::<[f32; N]>(&x), view_mut(&mut y));
        let (d_weights, d_input) = (Grad::set(view_mut(&mut dw)), Some(Grad::set(view_mut(&mut dx))));
        OP.backward(&context, view::<LayerNorm<N>>(&w), view::<[f32; N]>(&x), view(&dy), d_weights, d_input);
        [y, dw, dx].concat()
    });
}
