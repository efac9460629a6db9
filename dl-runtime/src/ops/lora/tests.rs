//! Compares the layer with its formula in f64, its gradients with central differences, and the merged weights with both factors.

use super::*;
use crate::init::InitLayer;
use crate::testing::{Tensor, TestDevice, assert_close, gradient, numbers, on_every_device, wide};

/// `f(W·x + b + s·B·(A·x))` by definition, for rows of `I` numbers; the weights are those of `LoraDense<I, O, R, B>`.
fn reference<const I: usize, const O: usize, const R: usize, const B: usize>(
    op: LoraDenseOp,
    w: &[f64],
    x: &[f64],
) -> Vec<f64> {
    let (weight, rest) = w.split_at(O * I);
    let (bias, rest) = rest.split_at(B);
    let (a, b) = rest.split_at(R * I);
    let dot = |row: &[f64], x: &[f64]| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
    let row = |x: &[f64]| {
        let inner: Vec<f64> = a.chunks(I).map(|a| dot(a, x)).collect();
        let sum = |o: usize| dot(&weight[o * I..][..I], x) + bias.get(o).unwrap_or(&0.0);
        (0..O).map(|o| sum(o) + f64::from(op.scale) * dot(&b[o * R..][..R], &inner)).collect::<Vec<f64>>()
    };
    x.chunks(I).flat_map(row).collect()
}

/// A batch of samples of `T` rows.
fn case<const T: usize, const I: usize, const O: usize, const R: usize, const B: usize>(samples: usize, scale: f32) {
    let op = LoraDenseOp { scale, activation: Activation::Identity };
    let (x, dy) = (numbers(1, samples * T * I), numbers(2, samples * T * O));
    let weights = numbers(3, O * I + B + R * (I + O));
    let [y, inferred, dw, dx] = on_every_device!(|device| {
        let context = Context::new(device, 0);
        let (mut y, mut inferred, mut saved) =
            (device.output(dy.len()), device.output(dy.len()), device.output(samples * T * R));
        let [w, x, dy] = [&weights, &x, &dy].map(|x| device.tensor(x));
        let (net, input) = (w.view::<LoraDense<I, O, R, B>>(), x.view::<[[f32; I]; T]>());
        op.forward(&context, net, input, y.view_mut::<[[f32; O]; T]>(), saved.view_mut::<[[f32; R]; T]>());
        op.infer(&context, net, input, inferred.view_mut::<[[f32; O]; T]>());
        let (kept, d_output) = (saved.view::<[[f32; R]; T]>(), dy.view::<[[f32; O]; T]>());
        let backward = |dw: &mut Tensor<_>, dx: Option<Grad<_, _>>, write| {
            op.backward(&context, net, input, kept, d_output, dw.grad(write), dx);
        };
        let dw = device.set_and_add(w.len(), |dw, write| backward(dw, None, write));
        let dx =
            device.set_and_add(x.len(), |dx, write| backward(&mut device.output(w.len()), Some(dx.grad(write)), write));
        [y.read(), inferred.read(), dw, dx]
    });
    let (w, x) = (wide(&weights), wide(&x));
    let of = |w: &[f64], x: &[f64]| reference::<I, O, R, B>(op, w, x);
    assert_close("output", &y, &of(&w, &x), 1e-6);
    assert_eq!(y, inferred);
    assert_close("weights", &dw, &gradient(|w| of(w, &x), &w, &dy), 1e-5);
    assert_close("input", &dx, &gradient(|x| of(&w, x), &x, &dy), 1e-5);
}

#[test]
fn values_and_gradients() {
    case::<1, 5, 7, 2, 7>(3, 2.0);
    case::<4, 6, 3, 4, 0>(2, 1.0);
    case::<1, 1, 1, 1, 1>(1, 0.5);
    case::<1, 40, 33, 8, 33>(9, 1.5);
}

#[test]
fn the_activation_follows_the_sum() {
    let op = LoraDenseOp { scale: 1.5, activation: Activation::Relu };
    let (x, weights) = (numbers(1, 2 * 5), numbers(3, 7 * 5 + 7 + 2 * (5 + 7)));
    let y = on_every_device!(|device| {
        let (mut y, mut saved) = (device.output(2 * 7), device.output(2 * 2));
        let (w, x) = (device.tensor(&weights), device.tensor(&x));
        let net = w.view::<LoraDense<5, 7, 2>>();
        let (output, kept) = (y.view_mut::<[f32; 7]>(), saved.view_mut::<[f32; 2]>());
        op.forward(&Context::new(device, 0), net, x.view::<[f32; 5]>(), output, kept);
        y.read()
    });
    let sums = reference::<5, 7, 2, 7>(op, &wide(&weights), &wide(&x));
    assert!(sums.iter().any(|sum| *sum < 0.0));
    assert_close("output", &y, &sums.iter().map(|sum| sum.max(0.0)).collect::<Vec<_>>(), 1e-6);
}

#[test]
fn merging_moves_the_update_into_the_weights() {
    let mut layer = *crate::tensor::pod::zeroed_box::<LoraDense<5, 7, 2>>();
    flat_mut(std::slice::from_mut(&mut layer)).copy_from_slice(&numbers(3, 7 * 5 + 7 + 2 * (5 + 7)));
    let (before, x) = (wide(flat(std::slice::from_ref(&layer))), wide(&numbers(1, 5)));
    assert_eq!(merge(&mut layer, 1.5), 1);
    assert_eq!(layer.lora_b, [[0.0; 2]; 7]);
    let op = LoraDenseOp { scale: 1.5, activation: Activation::Identity };
    let of = |w: &[f64]| reference::<5, 7, 2, 7>(op, w, &x);
    let merged: Vec<f32> = of(&wide(flat(std::slice::from_ref(&layer)))).iter().map(|y| *y as f32).collect();
    assert_close("output", &merged, &of(&before), 1e-6);
}

#[test]
fn a_new_layer_is_the_dense_layer_and_leaves_its_random_numbers_to_those_after_it() {
    let mut rngs = [(); 2].map(|()| crate::init::rng(7));
    let mut lora = *crate::tensor::pod::zeroed_box::<LoraDense<5, 7, 2>>();
    let mut dense = *crate::tensor::pod::zeroed_box::<crate::ops::dense::Dense<5, 7>>();
    lora.init((Init::PyTorch, Init::PyTorch), &mut rngs[0]);
    dense.init((Init::PyTorch, Init::PyTorch), &mut rngs[1]);
    assert_eq!((&lora.weight, &lora.bias), (&dense.weight, &dense.bias));
    assert_eq!(rngs[0].next_u64(), rngs[1].next_u64());
    assert_eq!(lora.lora_b, [[0.0; 2]; 7]);
    let bound = 1.0 / 5f32.sqrt();
    assert!(lora.lora_a.iter().flatten().all(|a| a.abs() <= bound && *a != 0.0));
}
