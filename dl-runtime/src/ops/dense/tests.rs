//! The dense layer against its definition in f64, and its gradients against central differences of that.

use super::*;
use crate::tensor::pod::{flat, flat_mut, zeroed_box};
use crate::testing::Device;

const STEP: f64 = 1e-4;

/// Numbers that look random.
fn numbers(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..len).map(next).collect()
}

fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|&x| f64::from(x)).collect()
}

/// `Σ d·(W·x + b)` over samples and features; `w` is the weights, then the bias.
fn objective(i: usize, o: usize, w: &[f64], x: &[f64], d: &[f64]) -> f64 {
    let row = |x: &[f64], r: usize| w.get(o * i + r).unwrap_or(&0.0) + (0..i).map(|k| w[r * i + k] * x[k]).sum::<f64>();
    x.chunks(i).zip(d.chunks(o)).map(|(x, d)| (0..o).map(|r| d[r] * row(x, r)).sum::<f64>()).sum()
}

/// The derivative of `f` to every element of `x`.
fn differences(x: &[f64], f: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let at = |i: usize, step: f64| {
        let mut x = x.to_vec();
        x[i] += step;
        f(&x)
    };
    (0..x.len()).map(|i| (at(i, STEP) - at(i, -STEP)) / (2.0 * STEP)).collect()
}

#[track_caller]
fn close(found: &[f32], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((f64::from(*found) - expected).abs() < 1e-5 * (1.0 + expected.abs()), "{found} is not {expected}");
    }
}

fn check<const I: usize, const O: usize, const B: usize>(samples: usize) {
    let device = Device::with_threads(2);
    let context = &Context { device: &device, seed: 0 };
    let mut net = zeroed_box::<Dense<I, O, B>>();
    let len = Dense::<I, O, B>::LEN;
    flat_mut(std::slice::from_mut(&mut *net)).copy_from_slice(&numbers(len, 1));
    let weights = flat(std::slice::from_ref(&*net));
    let (x, d) = (numbers(samples * I, 2), numbers(samples * O, 3));
    let (wide_w, wide_x, wide_d) = (wide(weights), wide(&x), wide(&d));

    let op = |activation| Op { activation };
    let mut y = vec![0.0; samples * O];
    let net: View<Device, Dense<I, O, B>> = View::new(weights, 1);
    op(Activation::Identity).forward(
        context,
        net,
        View::<Device, [f32; I]>::new(&x[..], samples),
        ViewMut::<Device, [f32; O]>::new(&mut y[..], samples),
    );
    // Each output is the derivative to its factor.
    let expected = differences(&wide_d, |d| objective(I, O, &wide_w, &wide_x, d));
    close(&y, &expected);
    op(Activation::Relu).forward(
        context,
        net,
        View::<Device, [f32; I]>::new(&x[..], samples),
        ViewMut::<Device, [f32; O]>::new(&mut y[..], samples),
    );
    close(&y, &expected.iter().map(|y| y.max(0.0)).collect::<Vec<_>>());
    op(Activation::Tanh).forward(
        context,
        net,
        View::<Device, [f32; I]>::new(&x[..], samples),
        ViewMut::<Device, [f32; O]>::new(&mut y[..], samples),
    );
    close(&y, &expected.iter().map(|y| y.tanh()).collect::<Vec<_>>());

    let to_weights = differences(&wide_w, |w| objective(I, O, w, &wide_x, &wide_d));
    let to_input = differences(&wide_x, |x| objective(I, O, &wide_w, x, &wide_d));
    let (mut dw, mut dx) = (vec![7.0; len], vec![7.0; samples * I]);
    for write in [Write::Set, Write::Add] {
        op(Activation::Identity).backward(
            context,
            net,
            View::<Device, [f32; I]>::new(&x[..], samples),
            View::<Device, [f32; O]>::new(&d[..], samples),
            Grad { to: ViewMut::new(&mut dw[..], 1), write },
            Some(Grad { to: ViewMut::<Device, [f32; I]>::new(&mut dx[..], samples), write }),
        );
        let times = if write == Write::Set { 1.0 } else { 2.0 };
        close(&dw, &to_weights.iter().map(|d| d * times).collect::<Vec<_>>());
        close(&dx, &to_input.iter().map(|d| d * times).collect::<Vec<_>>());
    }
}

#[test]
fn outputs_and_gradients_agree_with_f64() {
    check::<1, 1, 1>(1);
    check::<4, 16, 16>(1);
    check::<17, 3, 0>(1);
    check::<5, 7, 7>(6);
    check::<33, 18, 18>(3);
    check::<20, 10, 10>(64);
    check::<1, 40, 40>(19);
}

/// Layers for which CUDA has other kernels, or cuBLASLt, in every precision: many tiles, long sums over features and over
/// samples, an activation that cuBLASLt has not.
#[cfg(feature = "cuda")]
#[test]
fn larger_layers_on_cuda() {
    use crate::device::{Twin, cuda::Precision};
    for precision in [Precision::F32, Precision::Tf32, Precision::Bf16] {
        let twin = Twin::with_threads(2).with_precision(precision);
        for (samples, inputs, outputs, f) in [
            (24, 330, 390, Activation::Relu),
            (390, 24, 330, Activation::Identity),
            (2100, 16, 9, Activation::Relu),
            (16, 2100, 9, Activation::Gelu),
            (16, 2100, 12, Activation::Gelu),
            (2, 136, 5, Activation::Tanh),
            (3, 140, 6, Activation::Identity),
            (4, 260, 7, Activation::Relu),
            (70, 2061, 24, Activation::Relu),
        ] {
            let s = Sizes { samples, inputs, outputs };
            let (w, b, x) = (numbers(outputs * inputs, 1), numbers(outputs, 2), numbers(samples * inputs, 3));
            let dy = numbers(samples * outputs, 4);
            let mut y = vec![0.0; dy.len()];
            twin.dense_forward(s, f, &w, &b, &x, &mut y);
            let (mut dw, mut db, mut dx) = (vec![1.0; w.len()], vec![1.0; b.len()], vec![1.0; x.len()]);
            for write in [Write::Set, Write::Add] {
                twin.dense_backward(s, &w, &x, &dy, [&mut dw, &mut db], write, &mut dx, write);
                twin.dense_backward_weights(s, &x, &dy, &mut dw, &mut db, write);
                twin.dense_backward_input(s, &w, &dy, &mut dx, write);
            }
        }
    }
}
