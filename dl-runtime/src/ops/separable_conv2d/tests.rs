//! Compares separable convolutions with two convolutions by definition in f64, and their gradients with central
//! differences.

use super::*;
use crate::Pod;
use crate::ops::conv2d::tests::convolution;
use crate::testing::{Tensor, TestDevice, assert_close, gradient, numbers, on_every_device, wide};

const OP: SeparableConv2dOp =
    SeparableConv2dOp { stride: [2, 1], padding: [1, 1], dilation: [1, 1], activation: Activation::Identity };

/// A convolution of 2 channels of 6×5 to `M` intermediate and 3 output channels of 3×5, with a kernel of 3×3 and `B`
/// biases.
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
    let [y, dw, dx] = on_every_device!(crate::testing::gpu_with_and_without_cudnn(), |device| {
        let (context, mut y) = (Context::new(device, 0), device.output(dy.len()));
        let [w, x, dy] = [&weights, &x, &dy].map(|x| device.tensor(x));
        let (net, input) = (w.view::<SeparableConv2d<M, 3, 3, 3, B>>(), x.view::<X>());
        OP.forward(&context, net, input, y.view_mut::<Y>());
        let backward = |dw: &mut Tensor<_>, dx: &mut Tensor<_>, write| {
            OP.backward(&context, net, input, dy.view::<Y>(), dw.grad(write), Some(dx.grad(write)));
        };
        let dw = device.set_and_add(w.len(), |dw, write| backward(dw, &mut device.output(x.len()), write));
        let dx = device.set_and_add(x.len(), |dx, write| backward(&mut device.output(w.len()), dx, write));
        [y.read(), dw, dx]
    });
    let (w, x) = (wide(&weights), wide(&x));
    assert_close("output", &y, &reference(&w, &x), 1e-6);
    assert_close("weights", &dw, &gradient(|w| reference(w, &x), &w, &dy), 1e-5);
    assert_close("input", &dx, &gradient(|x| reference(&w, x), &x, &dy), 1e-5);
}

#[test]
fn values_and_gradients() {
    case::<2, 3>(1);
    case::<4, 0>(3);
}
