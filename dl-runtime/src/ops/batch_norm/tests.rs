//! Batch normalisation against `f64` and central differences, by batch and by running statistics.

use super::{BatchNorm, Op};
use crate::ops::Activation;
use crate::tensor::{Grad, Write};
use crate::testing::{assert_close, gradient, numbers, same_on_any_threads, set_and_add, view, view_mut, wide};
use crate::{Context, Pod, testing::Device};

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

fn case<T: Pod<Element = f32>, const C: usize>(samples: usize) {
    let cpu = Device::with_threads(1);
    let context = Context { device: &cpu, seed: 0 };
    let (len, count) = (samples * C * T::LEN, (samples * T::LEN) as f64);
    let (w, x, dy) = (weights::<C>(), numbers(2, len), numbers(3, len));
    let what = format!("batch_norm of {samples} × {C} channels of {}", T::LEN);
    let by_batch = |w: &[f64], x: &[f64]| normalised(w, x, &moments(x, C, T::LEN), T::LEN);

    let (mut y, mut saved) = (vec![f32::NAN; len], vec![f32::NAN; 2 * C]);
    let mut followed = w.clone();
    let net = view_mut::<BatchNorm<C>>(&mut followed);
    OP.forward(&context, net, view::<[T; C]>(&x), view_mut(&mut y), view_mut(&mut saved));
    assert_close(&what, &y, &by_batch(&wide(&w), &wide(&x)), 1e-6);
    let (mean, var) = moments(&wide(&x), C, T::LEN);
    assert_close("saved", &saved, &[&mean[..], &var].concat(), 2e-7);
    assert_eq!(followed[..2 * C], w[..2 * C]);
    let momentum = f64::from(OP.momentum);
    let mut expected: Vec<f64> = wide(&w)[2 * C..].to_vec();
    for c in 0..C {
        expected[c] += momentum * (mean[c] - expected[c]);
        if count > 1.0 {
            expected[C + c] += momentum * (var[c] * count / (count - 1.0) - expected[C + c]);
        }
    }
    assert_close("running statistics", &followed[2 * C..], &expected, 2e-7);

    let backward = |dw: &mut [f32], write, dx: Option<(&mut [f32], Write)>| {
        let mut all = [&*dw, &[7.0; 2][..].repeat(C)].concat();
        OP.backward(
            &context,
            view::<BatchNorm<C>>(&w),
            view::<[T; C]>(&x),
            view(&saved),
            view(&dy),
            Grad { to: view_mut(&mut all), write },
            dx.map(|(dx, write)| Grad { to: view_mut(dx), write }),
        );
        dw.copy_from_slice(&all[..2 * C]);
        assert_eq!(all[2 * C..], vec![7.0; 2 * C], "the places of the running statistics");
    };
    let dw = set_and_add(2 * C, |dw, write| backward(dw, write, None));
    let expected = gradient(|w| by_batch(w, &wide(&x)), &wide(&w), &dy);
    assert_close(&what, &dw, &expected[..2 * C], 2e-6);
    let dx = set_and_add(len, |dx, write| backward(&mut vec![0.0; 2 * C], Write::Set, Some((dx, write))));
    assert_close(&what, &dx, &gradient(|x| by_batch(&wide(&w), x), &wide(&x), &dy), 4e-6);

    let mut y = vec![f32::NAN; len];
    OP.infer(&context, view::<BatchNorm<C>>(&w), view::<[T; C]>(&x), view_mut(&mut y));
    let running = (wide(&w[2 * C..3 * C]), wide(&w[3 * C..]));
    assert_close(&what, &y, &normalised(&wide(&w), &wide(&x), &running, T::LEN), 5e-7);
    let mut in_place = x;
    OP.infer_in_place(&context, view::<BatchNorm<C>>(&w), view_mut::<[T; C]>(&mut in_place));
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
    let (cpu, before) = (Device::with_threads(1), weights::<3>());
    let context = Context { device: &cpu, seed: 0 };
    let (x, mut y, mut saved, mut w) = (numbers(2, 3), vec![0.0; 3], vec![0.0; 6], before.clone());
    let net = view_mut::<BatchNorm<3>>(&mut w);
    OP.forward(&context, net, view::<[f32; 3]>(&x), view_mut(&mut y), view_mut(&mut saved));
    assert_eq!(y, w[3..6]);
    assert_eq!(w[9..], before[9..], "one number says nothing about the variance");
    let (mut dw, mut dx) = (vec![0.0; 12], vec![f32::NAN; 3]);
    let (d_weights, d_input) = (Grad::set(view_mut(&mut dw)), Some(Grad::set(view_mut(&mut dx))));
    OP.backward(
        &context,
        view::<BatchNorm<3>>(&w),
        view::<[f32; 3]>(&x),
        view(&saved),
        view(&[1.0; 3]),
        d_weights,
        d_input,
    );
    assert_eq!((&dx[..], &dw[..3], &dw[3..6]), (&[0.0; 3][..], &[0.0; 3][..], &[1.0; 3][..]));
}

#[test]
fn a_large_mean_costs_no_digits() {
    type Sample = [[[f32; 9]; 11]; 2];
    let cpu = Device::with_threads(1);
    let mut w = [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0];
    let net = wide(&w);
    let x: Vec<f32> = numbers(1, 50 * 198).iter().map(|x| 300.0 + x).collect();
    let (mut y, mut saved) = (vec![0.0; x.len()], vec![0.0; 4]);
    let context = Context { device: &cpu, seed: 0 };
    OP.forward(&context, view_mut::<BatchNorm<2>>(&mut w), view::<Sample>(&x), view_mut(&mut y), view_mut(&mut saved));
    // The mean itself is rounded to 300·2⁻²⁴.
    let expected = normalised(&net, &wide(&x), &moments(&wide(&x), 2, 99), 99);
    assert_close("normalised", &y, &expected, 300.0 * 2f64.powi(-24));
}

#[test]
fn the_activation_is_applied_in_the_same_pass() {
    let (cpu, mut w) = (Device::with_threads(1), weights::<3>());
    let context = Context { device: &cpu, seed: 0 };
    let op = Op { activation: Activation::Relu, ..OP };
    let x = numbers(2, 3 * 4 * 6);
    let (mut plain, mut fused) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    let mut saved = vec![0.0; 6];
    for (op, y) in [(OP, &mut plain), (op, &mut fused)] {
        let net = view_mut::<BatchNorm<3>>(&mut w);
        op.forward(&context, net, view::<[[[f32; 3]; 2]; 3]>(&x), view_mut(y), view_mut(&mut saved));
    }
    assert!(plain.iter().any(|y| *y < 0.0));
    plain.iter_mut().for_each(|y| *y = y.max(0.0));
    assert_eq!(fused, plain);
}

#[test]
fn begins_as_plain_normalisation() {
    let mut weights =
        BatchNorm::<2> { weight: [9.0; 2], bias: [9.0; 2], running_mean: [9.0; 2], running_var: [9.0; 2] };
    weights.init(&mut crate::init::rng(1));
    assert_eq!(crate::tensor::pod::flat(&[weights]), [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
}

fn any_number_of_threads<T: Pod<Element = f32>, const C: usize>(samples: usize) {
    let len = samples * C * T::LEN;
    let (w, x, dy) = (weights::<C>(), numbers(2, len), numbers(3, len));
    same_on_any_threads(|cpu| {
        let context = Context { device: cpu, seed: 0 };
        let (mut net, input) = (w.clone(), view::<[T; C]>(&x));
        let (mut y, mut saved, mut dx, mut dw) = (vec![0.0; len], vec![0.0; 2 * C], vec![0.0; len], vec![0.0; 4 * C]);
        OP.forward(&context, view_mut::<BatchNorm<C>>(&mut net), input, view_mut(&mut y), view_mut(&mut saved));
        let (d_weights, d_input) = (Grad::set(view_mut(&mut dw)), Some(Grad::set(view_mut(&mut dx))));
        OP.backward(&context, view(&net), input, view(&saved), view(&dy), d_weights, d_input);
        [y, net, dw, dx].concat()
    });
}

#[test]
fn any_number_of_threads_for_maps_and_features() {
    any_number_of_threads::<[[f32; 19]; 17], 7>(20);
    any_number_of_threads::<f32, 133>(300);
}

/// The weights after a batch `x` of single numbers, with what became of the batch.
fn after(op: Op, mut w: Vec<f32>, x: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let (cpu, mut y, mut saved) = (Device::with_threads(1), vec![0.0; x.len()], vec![0.0; w.len() / 2]);
    let context = Context { device: &cpu, seed: 0 };
    match w.len() {
        4 => {
            let net = view_mut::<BatchNorm<1>>(&mut w);
            op.forward(&context, net, view::<[f32; 1]>(x), view_mut(&mut y), view_mut(&mut saved));
        }
        _ => {
            let net = view_mut::<BatchNorm<3>>(&mut w);
            op.forward(&context, net, view::<[f32; 3]>(x), view_mut(&mut y), view_mut(&mut saved));
        }
    }
    (w, y)
}

#[test]
fn several_uses_follow_one_another() {
    // PyTorch: momentum, uses of the batches one after another, running mean and variance.
    let (a, b) = ([1.9, 2.1], [3.8, 4.2]);
    for (momentum, uses, mean, var) in [
        (0.1, &[a, b][..], 0.58, 0.8198),
        (0.9, &[a, b], 3.78, 0.0838),
        (0.1, &[a, b, a, b, a, b], 1.430_338, 0.555_608_78),
        (1.0, &[b, a], 2.0, 0.02),
    ] {
        let op = Op { momentum, ..OP };
        let w = uses.iter().fold(vec![1.0, 0.0, 0.0, 1.0], |w, x| after(op, w, x).0);
        assert_close("running statistics", &w[2..], &[mean, var], 4e-7);
    }
    // Never below 0, however often and however small the variance of the batch.
    for momentum in [0.1, 0.3, 0.7, 1.0] {
        let op = Op { momentum, ..OP };
        let w = (0..100).fold(vec![1.0, 0.0, 0.0, 1.0], |w, _| after(op, w, &[0.5; 4]).0);
        assert!(w[3] >= 0.0, "{}", w[3]);
    }
}

#[test]
fn numbers_that_are_not_finite_move_no_statistics_and_are_told() {
    // The second channel overflows: its mean, or its variance alone.
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e38, 1e30] {
        let before = weights::<3>();
        let x = [1.0, bad, 0.5, 2.0, -bad, 0.25];
        let (w, y) = after(OP, before.clone(), &x);
        for c in 0..3 {
            let moved = w[6 + c] != before[6 + c] && w[9 + c] != before[9 + c];
            let same = w[6 + c] == before[6 + c] && w[9 + c] == before[9 + c];
            assert!(if c == 1 { same } else { moved }, "channel {c} after {bad}");
            assert!(y[c].is_nan() == (c == 1) && y[3 + c].is_nan() == (c == 1), "channel {c} of {bad}: {y:?}");
        }
    }
}
