//! Separable convolutions against two of their definition in f64, and their gradients against central differences of that.

use super::*;
use crate::ops::conv2d::tests::convolution;
use crate::testing::Device;
use crate::testing::{assert_close, gradient, numbers, same_on_any_threads, set_and_add, view, view_mut, wide};

const OP: Op = Op { stride: [2, 1], padding: [1, 1], dilation: [1, 1], activation: Activation::Identity };

/// From 2 channels of 6×5 by way of `M` to 3 of 3×5 with a kernel of 3×3, with `B` biases.
fn case<const M: usize, const B: usize>(samples: usize) {
    type X = [[[f32; 5]; 6]; 2];
    type Y = [[[f32; 5]; 3]; 3];
    let sizes = OP.sizes::<X, Y>(samples, M, [3, 3]);
    let (x, dy) = (numbers(1, samples * X::LEN), numbers(2, samples * Y::LEN));
    let weights = numbers(3, M * 9 + M * 3 + B);
    let reference = |w: &[f64], x: &[f64]| {
        let between = convolution(&sizes[0], &w[..M * 9], &[], x);
        convolution(&sizes[1], &w[M * 9..M * 12], &w[M * 12..], &between)
    };
    let forward = |cpu: &Device| {
        let mut y = vec![f32::NAN; dy.len()];
        let weights = view::<SeparableConv2d<M, 3, 3, 3, B>>(&weights);
        OP.forward(&Context { device: cpu, seed: 0 }, weights, view::<X>(&x), view_mut::<Y>(&mut y));
        y
    };
    let backward = |cpu: &Device, d_weights: &mut [f32], dx: &mut [f32], write| {
        let weights = view::<SeparableConv2d<M, 3, 3, 3, B>>(&weights);
        let (d_weights, d_input) = (Grad { to: view_mut(d_weights), write }, Grad { to: view_mut(dx), write });
        OP.backward(
            &Context { device: cpu, seed: 0 },
            weights,
            view::<X>(&x),
            view::<Y>(&dy),
            d_weights,
            Some(d_input),
        );
    };
    let cpu = Device::with_threads(1);
    let (w64, x64) = (wide(&weights), wide(&x));
    assert_close("output", &forward(&cpu), &reference(&w64, &x64), 1e-6);
    let dw = set_and_add(weights.len(), |dw, write| backward(&cpu, dw, &mut vec![0.0; x.len()], write));
    assert_close("weights", &dw, &gradient(|w| reference(w, &x64), &w64, &dy), 1e-5);
    let dx = set_and_add(x.len(), |dx, write| backward(&cpu, &mut vec![0.0; weights.len()], dx, write));
    assert_close("input", &dx, &gradient(|x| reference(&w64, x), &x64, &dy), 1e-5);
    same_on_any_threads(|cpu| {
        let mut dw = vec![0.0; weights.len()];
        backward(cpu, &mut dw, &mut vec![0.0; x.len()], Write::Set);
        [forward(cpu), dw].concat()
    });
}

#[test]
fn values_and_gradients() {
    case::<2, 3>(1);
    case::<4, 0>(3);
}
