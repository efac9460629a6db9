//! Batch normalisation against `f64` and central differences, by batch and by running statistics.

use super::{BatchNorm, Op};
use crate::ops::{Activation, Grad, Write};
use crate::testing::{assert_close, gradient, numbers, same_on_any_threads, set_and_add, view, view_mut, wide};
use crate::{Pass, Plain, testing::Device};

const OP: Op = Op { momentum: 0.1, epsilon: 1e-5, activation: Activation::Identity };

/// Channel of each number.
fn channel(i: usize, channels: usize, area: usize) -> usize {
    i / area % channels
}

/// Mean and biased variance of every channel.
fn moments(x: &[f64], channels: usize, area: usize) -> (Vec<f64>, Vec<f64>) {
    let n = (x.len() / channels) as f64;
    let (mut mean, mut var) = (vec![0.0; channels], vec![0.0; channels]);
    x.iter().enumerate().for_each(|(i, x)| mean[channel(i, channels, area)] += x / n);
    for (i, x) in x.iter().enumerate() {
        let c = channel(i, channels, area);
        var[c] += (x - mean[c]).powi(2) / n;
    }
    (mean, var)
}

/// Normalised by `(mean, var)`.
fn normalised(weights: &[f64], x: &[f64], by: &(Vec<f64>, Vec<f64>), area: usize) -> Vec<f64> {
    let channels = weights.len() / 4;
    let one = |(i, x): (usize, &f64)| {
        let c = channel(i, channels, area);
        weights[c] * (x - by.0[c]) / (by.1[c] + f64::from(OP.epsilon)).sqrt() + weights[channels + c]
    };
    x.iter().enumerate().map(one).collect()
}

/// Weights with positive running variances.
fn weights<const C: usize>() -> Vec<f32> {
    let mut w = numbers(1, 4 * C);
    w[3 * C..].iter_mut().for_each(|v| *v = v.abs() + 0.5);
    w
}

fn case<T: Plain<Element = f32>, const C: usize>(samples: usize) {
    let cpu = Device::with_threads(1);
    let pass = Pass { device: &cpu, seed: 0 };
    let (len, count) = (samples * C * T::LEN, (samples * T::LEN) as f64);
    let (w, x, dy) = (weights::<C>(), numbers(2, len), numbers(3, len));
    let what = format!("batch_norm of {samples} × {C} channels of {}", T::LEN);
    let by_batch = |w: &[f64], x: &[f64]| normalised(w, x, &moments(x, C, T::LEN), T::LEN);

    let (mut y, mut saved) = (vec![f32::NAN; len], vec![f32::NAN; 2 * C]);
    OP.forward(&pass, view::<BatchNorm<C>>(&w), view::<[T; C]>(&x), view_mut(&mut y), view_mut(&mut saved));
    assert_close(&what, &y, &by_batch(&wide(&w), &wide(&x)), 1e-6);
    let (mean, var) = moments(&wide(&x), C, T::LEN);
    assert_close("saved", &saved, &[&mean[..], &var].concat(), 2e-7);

    let backward = |dw: &mut [f32], write, dx: Option<(&mut [f32], Write)>| {
        OP.backward(
            &pass,
            view::<BatchNorm<C>>(&w),
            view::<[T; C]>(&x),
            view(&saved),
            view(&dy),
            Grad { to: view_mut(dw), write },
            dx.map(|(dx, write)| Grad { to: view_mut(dx), write }),
        );
    };
    let dw = set_and_add(4 * C, |dw, write| backward(dw, write, None));
    let expected = gradient(|w| by_batch(w, &wide(&x)), &wide(&w), &dy);
    assert_close(&what, &dw[..2 * C], &expected[..2 * C], 2e-6);
    let dx = set_and_add(len, |dx, write| backward(&mut vec![0.0; 4 * C], Write::Set, Some((dx, write))));
    assert_close(&what, &dx, &gradient(|x| by_batch(&wide(&w), x), &wide(&x), &dy), 4e-6);

    // What the optimizer takes away brings the running statistics to PyTorch's.
    let stepped: Vec<f32> = w.iter().zip(&dw).map(|(w, d)| w - d).skip(2 * C).collect();
    let momentum = f64::from(OP.momentum);
    let mut expected: Vec<f64> = wide(&w)[2 * C..].to_vec();
    for c in 0..C {
        expected[c] += momentum * (mean[c] - expected[c]);
        if count > 1.0 {
            expected[C + c] += momentum * (var[c] * count / (count - 1.0) - expected[C + c]);
        }
    }
    assert_close("running statistics", &stepped, &expected, 2e-7);

    let mut y = vec![f32::NAN; len];
    OP.infer(&pass, view::<BatchNorm<C>>(&w), view::<[T; C]>(&x), view_mut(&mut y));
    let running = (wide(&w[2 * C..3 * C]), wide(&w[3 * C..]));
    assert_close(&what, &y, &normalised(&wide(&w), &wide(&x), &running, T::LEN), 5e-7);
    let mut in_place = x;
    OP.infer_in_place(&pass, view::<BatchNorm<C>>(&w), view_mut::<[T; C]>(&mut in_place));
    assert_eq!(in_place, y);
}

#[test]
fn values_and_gradients() {
    case::<f32, 1>(2);
    case::<f32, 5>(3);
    case::<f32, 37>(4);
    case::<[[f32; 1]; 1], 3>(5);
    case::<[[f32; 3]; 2], 3>(1);
    case::<[[f32; 7]; 5], 2>(3);
    case::<[[f32; 4]; 3], 3>(2);
    case::<[[f32; 8]; 8], 2>(3);
}

#[test]
fn one_number_in_a_channel_becomes_the_bias() {
    let (cpu, w) = (Device::with_threads(1), weights::<3>());
    let pass = Pass { device: &cpu, seed: 0 };
    let (x, mut y, mut saved) = (numbers(2, 3), vec![0.0; 3], vec![0.0; 6]);
    OP.forward(&pass, view::<BatchNorm<3>>(&w), view::<[f32; 3]>(&x), view_mut(&mut y), view_mut(&mut saved));
    assert_eq!(y, w[3..6]);
    let (mut dw, mut dx) = (vec![f32::NAN; 12], vec![f32::NAN; 3]);
    let (d_weights, d_input) = (Grad::set(view_mut(&mut dw)), Some(Grad::set(view_mut(&mut dx))));
    OP.backward(
        &pass,
        view::<BatchNorm<3>>(&w),
        view::<[f32; 3]>(&x),
        view(&saved),
        view(&[1.0; 3]),
        d_weights,
        d_input,
    );
    assert_eq!((&dx[..], &dw[..3], &dw[3..6], &dw[9..]), (&[0.0; 3][..], &[0.0; 3][..], &[1.0; 3][..], &[0.0; 3][..]));
}

#[test]
fn a_large_mean_costs_no_digits() {
    type Sample = [[[f32; 9]; 11]; 2];
    let cpu = Device::with_threads(1);
    let w = [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0];
    let x: Vec<f32> = numbers(1, 50 * 198).iter().map(|x| 300.0 + x).collect();
    let (mut y, mut saved) = (vec![0.0; x.len()], vec![0.0; 4]);
    let pass = Pass { device: &cpu, seed: 0 };
    OP.forward(&pass, view::<BatchNorm<2>>(&w), view::<Sample>(&x), view_mut(&mut y), view_mut(&mut saved));
    // The mean itself is rounded to 300·2⁻²⁴.
    let expected = normalised(&wide(&w), &wide(&x), &moments(&wide(&x), 2, 99), 99);
    assert_close("normalised", &y, &expected, 300.0 * 2f64.powi(-24));
}

#[test]
fn the_activation_is_applied_in_the_same_pass() {
    let (cpu, w) = (Device::with_threads(1), weights::<3>());
    let pass = Pass { device: &cpu, seed: 0 };
    let op = Op { activation: Activation::Relu, ..OP };
    let x = numbers(2, 3 * 4 * 6);
    let (mut plain, mut fused) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    let (mut saved, net) = (vec![0.0; 6], view::<BatchNorm<3>>(&w));
    OP.forward(&pass, net, view::<[[[f32; 3]; 2]; 3]>(&x), view_mut(&mut plain), view_mut(&mut saved));
    op.forward(&pass, net, view::<[[[f32; 3]; 2]; 3]>(&x), view_mut(&mut fused), view_mut(&mut saved));
    assert!(plain.iter().any(|y| *y < 0.0));
    plain.iter_mut().for_each(|y| *y = y.max(0.0));
    assert_eq!(fused, plain);
}

#[test]
fn begins_as_plain_normalisation() {
    let mut weights =
        BatchNorm::<2> { weight: [9.0; 2], bias: [9.0; 2], running_mean: [9.0; 2], running_var: [9.0; 2] };
    weights.init(&mut crate::init::rng(1));
    assert_eq!(crate::plain::flat(&[weights]), [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
}

fn any_number_of_threads<T: Plain<Element = f32>, const C: usize>(samples: usize) {
    let len = samples * C * T::LEN;
    let (w, x, dy) = (weights::<C>(), numbers(2, len), numbers(3, len));
    same_on_any_threads(|cpu| {
        let pass = Pass { device: cpu, seed: 0 };
        let (net, input) = (view::<BatchNorm<C>>(&w), view::<[T; C]>(&x));
        let (mut y, mut saved, mut dx, mut dw) = (vec![0.0; len], vec![0.0; 2 * C], vec![0.0; len], vec![0.0; 4 * C]);
        OP.forward(&pass, net, input, view_mut(&mut y), view_mut(&mut saved));
        let (d_weights, d_input) = (Grad::set(view_mut(&mut dw)), Some(Grad::set(view_mut(&mut dx))));
        OP.backward(&pass, net, input, view(&saved), view(&dy), d_weights, d_input);
        [y, dw, dx].concat()
    });
}

#[test]
fn any_number_of_threads_for_maps_and_features() {
    any_number_of_threads::<[[f32; 19]; 17], 7>(20);
    any_number_of_threads::<f32, 133>(300);
}
