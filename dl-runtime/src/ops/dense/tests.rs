//! Compares the dense layer with its definition in f64, and its gradients with central differences.

use super::*;
use crate::Pod;
use crate::testing::{TestDevice, on_every_device, wide};

const STEP: f64 = 1e-4;

/// Pseudo-random numbers.
fn numbers(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..len).map(next).collect()
}

/// `Σ d·(W·x + b)` over samples and features; `w` holds the weights, then the bias.
fn objective(i: usize, o: usize, w: &[f64], x: &[f64], d: &[f64]) -> f64 {
    let row = |x: &[f64], r: usize| w.get(o * i + r).unwrap_or(&0.0) + (0..i).map(|k| w[r * i + k] * x[k]).sum::<f64>();
    x.chunks(i).zip(d.chunks(o)).map(|(x, d)| (0..o).map(|r| d[r] * row(x, r)).sum::<f64>()).sum()
}

/// The derivative of `f` with respect to every element of `x`.
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
    let (w, x, d) = (numbers(Dense::<I, O, B>::LEN, 1), numbers(samples * I, 2), numbers(samples * O, 3));
    let activations = [Activation::Identity, Activation::Relu, Activation::Tanh];
    let ([plain, relu, tanh], [set, added]) = on_every_device!(|device| {
        let (context, net) = (Context::new(device, 0), device.tensor(&w));
        let (net, x, d) = (net.view::<Dense<I, O, B>>(), device.tensor(&x), device.tensor(&d));
        let outputs = activations.map(|activation| {
            let mut y = device.output(d.len());
            DenseOp { activation }.forward(&context, net, x.view::<[f32; I]>(), y.view_mut::<[f32; O]>());
            y.read()
        });
        let (mut dw, mut dx) = (device.output(w.len()), device.output(x.len()));
        let gradients = [Write::Set, Write::Add].map(|write| {
            let (d_weights, d_input) = (dw.grad(write), Some(dx.grad(write)));
            let op = DenseOp { activation: Activation::Identity };
            op.backward(&context, net, x.view::<[f32; I]>(), d.view::<[f32; O]>(), d_weights, d_input);
            [dw.read(), dx.read()]
        });
        (outputs, gradients)
    });
    let (w, x, d) = (wide(&w), wide(&x), wide(&d));
    // Each output is the derivative with respect to its factor.
    let expected = differences(&d, |d| objective(I, O, &w, &x, d));
    close(&plain, &expected);
    close(&relu, &expected.iter().map(|y| y.max(0.0)).collect::<Vec<_>>());
    close(&tanh, &expected.iter().map(|y| y.tanh()).collect::<Vec<_>>());
    let to_weights = differences(&w, |w| objective(I, O, w, &x, &d));
    let to_input = differences(&x, |x| objective(I, O, &w, x, &d));
    for ([dw, dx], times) in [(set, 1.0), (added, 2.0)] {
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

/// The rows of deeper arrays are the batch.
#[test]
fn rows_of_any_shape() {
    let (w, x, d) = (numbers(Dense::<3, 5>::LEN, 1), numbers(24, 2), numbers(40, 3));
    let [flat, deep] = on_every_device!(|device| {
        let (context, net, op) = (Context::new(device, 0), device.tensor(&w), DenseOp { activation: Activation::Relu });
        let (net, x, d) = (net.view::<Dense<3, 5>>(), device.tensor(&x), device.tensor(&d));
        let (mut y, mut dw, mut dx) = (device.output(40), device.output(w.len()), device.output(24));
        op.forward(&context, net, x.view::<[f32; 3]>(), y.view_mut::<[f32; 5]>());
        let (d_weights, d_input) = (dw.grad(Write::Set), Some(dx.grad(Write::Set)));
        op.backward(&context, net, x.view::<[f32; 3]>(), d.view::<[f32; 5]>(), d_weights, d_input);
        let flat = [y.read(), dw.read(), dx.read()].concat();
        op.forward(&context, net, x.view::<[[[f32; 3]; 2]; 2]>(), y.view_mut::<[[[f32; 5]; 2]; 2]>());
        let (d_weights, d_input) = (dw.grad(Write::Set), Some(dx.grad(Write::Set)));
        let (x, d) = (x.view::<[[[f32; 3]; 2]; 2]>(), d.view::<[[[f32; 5]; 2]; 2]>());
        op.backward(&context, net, x, d, d_weights, d_input);
        [flat, [y.read(), dw.read(), dx.read()].concat()]
    });
    assert_eq!(flat, deep);
}

/// Layers that take other kernels on CUDA, or cuBLASLt, in every precision: many tiles, long sums over features and
/// over samples, an activation that cuBLASLt lacks.
#[cfg(feature = "cuda")]
#[test]
fn larger_layers_on_cuda() {
    use crate::device::cuda::Precision;
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
        let s = DenseSizes { samples, inputs, outputs };
        let (w, b, x) = (numbers(outputs * inputs, 1), numbers(outputs, 2), numbers(samples * inputs, 3));
        let dy = numbers(samples * outputs, 4);
        let all = [Precision::F32, Precision::Tf32, Precision::Bf16];
        let gpus =
            crate::testing::gpu().into_iter().flat_map(|gpu| all.map(|precision| gpu.clone().precision(precision)));
        on_every_device!(gpus.collect(), |device| {
            let [w, b, x, dy] = [&w, &b, &x, &dy].map(|data| device.tensor(data));
            let mut y = device.output(dy.len());
            device.dense_forward(s, f, w.data(), b.data(), x.data(), y.data_mut());
            let gradients = [Write::Set, Write::Add].map(|write| {
                let [mut dw, mut db, mut dx] = [&w, &b, &x].map(|like| device.tensor(&vec![1.0; like.len()]));
                let to_weights = [dw.data_mut(), db.data_mut()];
                device.dense_backward(s, w.data(), x.data(), dy.data(), to_weights, write, dx.data_mut(), write);
                let together = [dw.read(), db.read(), dx.read()];
                device.dense_backward_weights(s, x.data(), dy.data(), dw.data_mut(), db.data_mut(), write);
                device.dense_backward_input(s, w.data(), dy.data(), dx.data_mut(), write);
                [together, [dw.read(), db.read(), dx.read()]]
            });
            (y.read(), gradients)
        });
    }
}
