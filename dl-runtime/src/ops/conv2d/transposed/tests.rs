//! Compares transposed convolutions with their definition in f64, and their gradients with its central differences.

use super::*;
use crate::ops::conv2d::Conv2dKernel;
use crate::testing::{Tensor, TestDevice, assert_close, gradient, numbers, on_every_device, wide};

/// Computes the transposed convolution by its definition: each element of the input adds a multiple of its kernel.
fn transposed(s: &Conv2dSizes, w: &[f64], bias: &[f64], x: &[f64]) -> Vec<f64> {
    // `s` holds the sizes of the convolution from `y` to `x`.
    let ([h, width], [rows, columns], [kh, kw]) = (s.image, s.output, s.kernel);
    let (of_group, from_group) = (s.inputs / s.groups, s.outputs / s.groups);
    let spatial_size = h * width;
    let mut y: Vec<f64> = (0..s.samples * s.inputs * spatial_size)
        .map(|at| bias.get(at / spatial_size % s.inputs).copied().unwrap_or(0.0))
        .collect();
    for (at, x) in x.iter().enumerate() {
        let (n, i) = (at / (s.outputs * rows * columns), at / (rows * columns) % s.outputs);
        let (r, c) = (at / columns % rows, at % columns);
        for o in 0..of_group {
            for (k, l) in (0..kh).flat_map(|k| (0..kw).map(move |l| (k, l))) {
                let row = (r * s.stride[0] + k * s.dilation[0]).checked_sub(s.padding[0]).filter(|row| *row < h);
                let column = (c * s.stride[1] + l * s.dilation[1]).checked_sub(s.padding[1]).filter(|c| *c < width);
                if let (Some(row), Some(column)) = (row, column) {
                    let channel = n * s.inputs + i / from_group * of_group + o;
                    y[channel * spatial_size + row * width + column] += x * w[((i * of_group + o) * kh + k) * kw + l];
                }
            }
        }
    }
    y
}

/// Checks the output and all gradients for `[input channels, output channels]`. The output has `open` rows and columns
/// more than its smallest size.
fn check(
    samples: usize,
    [inputs, outputs]: [usize; 2],
    input: [usize; 2],
    kernel: [usize; 2],
    open: [usize; 2],
    op: ConvTranspose2dOp,
) {
    let ConvTranspose2dOp { stride, padding, dilation, groups, .. } = op;
    let size = |i: usize| (input[i] - 1) * stride[i] + dilation[i] * (kernel[i] - 1) + 1 + open[i] - 2 * padding[i];
    let (image, output) = ([size(0), size(1)], input);
    let s = Conv2dSizes {
        samples,
        inputs: outputs,
        outputs: inputs,
        image,
        output,
        kernel,
        stride,
        padding,
        dilation,
        groups,
    };
    let what = format!("{s:?}");
    let weight = numbers(1, inputs * outputs / groups * kernel[0] * kernel[1]);
    let (bias, x) = (numbers(2, outputs), numbers(3, samples * inputs * input[0] * input[1]));
    let dy = numbers(4, samples * outputs * image[0] * image[1]);
    let (w64, b64, x64) = (wide(&weight), wide(&bias), wide(&x));
    let [plain, relu, tanh, without_bias, dx, dw, db, dw_alone] =
        on_every_device!(crate::testing::gpu_with_and_without_cudnn(), |device| {
            let (weight, x, dy) = (device.tensor(&weight), device.tensor(&x), device.tensor(&dy));
            let forward = |f, bias: &[f32]| {
                let (mut y, bias) = (device.output(dy.len()), device.tensor(bias));
                let (weights, to) = ([weight.data(), bias.data()], (y.data_mut(), Write::Set));
                device.conv2d(&s, Direction::Transposed, f, weights, x.data(), to);
                y.read()
            };
            let [plain, relu, tanh] =
                [Activation::Identity, Activation::Relu, Activation::Tanh].map(|f| forward(f, &bias));
            let no_bias = device.tensor(&[]);
            let dx = device.set_and_add(x.len(), |dx, write| {
                let (weights, to) = ([weight.data(), no_bias.data()], (dx.data_mut(), write));
                device.conv2d(&s, Direction::Forward, Activation::Identity, weights, dy.data(), to);
            });
            let to_weights = |dw: &mut Tensor<_>, db: &mut Tensor<_>, write| {
                let to = [dw.data_mut(), db.data_mut()];
                device.conv2d_weight_gradient(&s, Direction::Transposed, x.data(), dy.data(), to, write);
            };
            let dw = device.set_and_add(weight.len(), |dw, write| to_weights(dw, &mut device.output(outputs), write));
            let db = device.set_and_add(outputs, |db, write| to_weights(&mut device.output(weight.len()), db, write));
            let mut dw_alone = device.output(weight.len());
            to_weights(&mut dw_alone, &mut device.output(0), Write::Set);
            [plain, relu, tanh, forward(Activation::Identity, &[]), dx, dw, db, dw_alone.read()]
        });
    let expected = transposed(&s, &w64, &b64, &x64);
    assert_close(&what, &plain, &expected, 1e-5);
    assert_close(&what, &relu, &expected.iter().map(|y| y.max(0.0)).collect::<Vec<_>>(), 1e-5);
    assert_close(&what, &tanh, &expected.iter().map(|y| y.tanh()).collect::<Vec<_>>(), 1e-5);
    assert_close(&what, &without_bias, &transposed(&s, &w64, &[], &x64), 1e-5);
    assert_close(&what, &dx, &gradient(|x| transposed(&s, &w64, &b64, x), &x64, &dy), 1e-5);
    assert_eq!(dw_alone, dw);
    assert_close(&what, &dw, &gradient(|w| transposed(&s, w, &b64, &x64), &w64, &dy), 1e-5);
    assert_close(&what, &db, &gradient(|b| transposed(&s, &w64, b, &x64), &b64, &dy), 1e-5);
}

const PLAIN: ConvTranspose2dOp = ConvTranspose2dOp {
    stride: [1, 1],
    padding: [0, 0],
    dilation: [1, 1],
    groups: 1,
    activation: Activation::Identity,
};

#[test]
fn values_and_gradients() {
    check(1, [1, 1], [1, 1], [1, 1], [0, 0], PLAIN);
    check(2, [3, 2], [4, 3], [3, 2], [0, 0], PLAIN);
    check(2, [2, 3], [3, 4], [2, 2], [0, 0], ConvTranspose2dOp { stride: [2, 2], ..PLAIN });
    check(1, [3, 2], [3, 5], [3, 3], [1, 1], ConvTranspose2dOp { stride: [2, 2], padding: [1, 1], ..PLAIN });
    check(
        1,
        [2, 1],
        [3, 2],
        [2, 3],
        [2, 0],
        ConvTranspose2dOp { stride: [3, 1], dilation: [2, 2], padding: [0, 2], ..PLAIN },
    );
    check(2, [4, 6], [3, 3], [3, 3], [0, 1], ConvTranspose2dOp { stride: [1, 2], groups: 2, padding: [1, 1], ..PLAIN });
    check(1, [2, 2], [1, 9], [1, 4], [0, 0], ConvTranspose2dOp { stride: [1, 2], padding: [0, 1], ..PLAIN });
}

#[test]
fn channels_that_fill_registers() {
    check(3, [9, 10], [5, 5], [2, 2], [0, 0], ConvTranspose2dOp { stride: [2, 2], ..PLAIN });
}
