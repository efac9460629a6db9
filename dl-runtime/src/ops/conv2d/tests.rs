//! Compares convolutions with their definition in f64, and their gradients with its central differences.

use super::*;
use crate::tensor::Write;
use crate::testing::{TestDevice, on_every_device, wide};

const STEP: f64 = 1e-4;

/// Returns pseudo-random numbers in -1..1.
fn numbers(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..len).map(next).collect()
}

/// Computes the output before the activation by the definition of a convolution.
pub(in crate::ops) fn convolution(s: &Conv2dSizes, w: &[f64], bias: &[f64], x: &[f64]) -> Vec<f64> {
    let ([h, width], [oh, ow], [kh, kw]) = (s.image, s.output, s.kernel);
    let (inputs, outputs) = (s.inputs / s.groups, s.outputs / s.groups);
    let mut y = vec![0.0; s.samples * s.outputs * oh * ow];
    for (at, y) in y.iter_mut().enumerate() {
        let (n, o, r, c) = (at / (s.outputs * oh * ow), at / (oh * ow) % s.outputs, at / ow % oh, at % ow);
        *y = bias.get(o).copied().unwrap_or(0.0);
        for i in 0..inputs {
            for k in 0..kh {
                for l in 0..kw {
                    let row = (r * s.stride[0] + k * s.dilation[0]) as isize - s.padding[0] as isize;
                    let column = (c * s.stride[1] + l * s.dilation[1]) as isize - s.padding[1] as isize;
                    if (0..h as isize).contains(&row) && (0..width as isize).contains(&column) {
                        let channel = n * s.inputs + o / outputs * inputs + i;
                        let x = x[(channel * h + row as usize) * width + column as usize];
                        *y += x * w[((o * inputs + i) * kh + k) * kw + l];
                    }
                }
            }
        }
    }
    y
}

/// Returns the derivative of `f` to about `count` elements of `x`, which are spread over all, with their positions.
fn differences(x: &[f64], count: usize, f: impl Fn(&[f64]) -> f64) -> Vec<(usize, f64)> {
    let at = |i: usize, step: f64| {
        let mut x = x.to_vec();
        x[i] += step;
        f(&x)
    };
    let every = (x.len() / count).max(1) | 1;
    (0..x.len()).step_by(every).map(|i| (i, (at(i, STEP) - at(i, -STEP)) / (2.0 * STEP))).collect()
}

#[track_caller]
fn close(what: &str, s: &Conv2dSizes, found: &[f32], expected: impl Iterator<Item = (usize, f64)>) {
    // Rounding errors of a sum of numbers in -1..1 grow with the number of its terms; this is about five standard deviations.
    let terms = s.spatial_size() * s.inputs.max(s.outputs) / s.groups;
    let tolerance = 2e-5_f64.max(4e-8 * terms as f64);
    for (i, expected) in expected {
        let error = (f64::from(found[i]) - expected).abs();
        assert!(error < tolerance * (1.0 + expected.abs()), "{what} {i} of {s:?}: {} is not {expected}", found[i]);
    }
}

/// The tensors that a convolution and its backward pass read.
struct Operands {
    s: Conv2dSizes,
    weight: Vec<f32>,
    bias: Vec<f32>,
    x: Vec<f32>,
    dy: Vec<f32>,
}

impl Operands {
    fn new(s: Conv2dSizes, with_bias: bool) -> Self {
        let spatial_size = |[a, b]: [usize; 2]| a * b;
        Operands {
            s,
            weight: numbers(s.outputs * s.inputs / s.groups * spatial_size(s.kernel), 1),
            bias: numbers(if with_bias { s.outputs } else { 0 }, 2),
            x: numbers(s.samples * s.inputs * spatial_size(s.image), 3),
            dy: numbers(s.samples * s.outputs * spatial_size(s.output), 4),
        }
    }
    fn forward(&self, device: &impl Device, f: Activation) -> Vec<f32> {
        let [weight, bias, x] = [&self.weight, &self.bias, &self.x].map(|x| device.tensor(x));
        let mut y = device.output(self.dy.len());
        let (weights, to) = ([weight.data(), bias.data()], (y.data_mut(), Write::Set));
        device.conv2d(&self.s, Direction::Forward, f, weights, x.data(), to);
        y.read()
    }
    /// Returns the output of a convolution with batch norm, with `dy` as the summand or without one.
    fn infer(&self, device: &impl Device, f: Activation, norm: &[f32], adds: bool) -> Vec<f32> {
        let [weight, bias, x, dy, norm] = [&self.weight, &self.bias, &self.x, &self.dy, norm].map(|x| device.tensor(x));
        let mut y = device.output(self.dy.len());
        let (norm, summand) = (RunningNorm { op: NORM, weights: norm.data() }, adds.then(|| dy.data()));
        device.conv2d_normalised(&self.s, norm, f, [weight.data(), bias.data()], x.data(), summand, y.data_mut());
        y.read()
    }
    /// Returns the gradients to weights, bias and input: first written with [`Write::Set`], then added once more.
    fn backward(&self, device: &impl Device) -> [[Vec<f32>; 3]; 2] {
        let [weight, x, dy] = [&self.weight, &self.x, &self.dy].map(|x| device.tensor(x));
        let no_bias = device.tensor(&[]);
        let [mut dw, mut db, mut dx] = [&self.weight, &self.bias, &self.x].map(|x| device.output(x.len()));
        [Write::Set, Write::Add].map(|write| {
            let to = [dw.data_mut(), db.data_mut()];
            device.conv2d_weight_gradient(&self.s, Direction::Forward, x.data(), dy.data(), to, write);
            let (weights, to) = ([weight.data(), no_bias.data()], (dx.data_mut(), write));
            device.conv2d(&self.s, Direction::Transposed, Activation::Identity, weights, dy.data(), to);
            [dw.read(), db.read(), dx.read()]
        })
    }
}

/// The settings of a batch norm, whose activation does not count.
const NORM: BatchNormOp = BatchNormOp { momentum: 0.1, epsilon: 1e-3, activation: Activation::Gelu };

/// Checks the output of a convolution with batch norm, a summand and an activation.
fn check_inference(operands: &Operands) {
    type Function = fn(f64) -> f64;
    let activations =
        [Activation::Identity, Activation::Relu, Activation::Clamp { min: -0.25, max: 0.5 }, Activation::Tanh];
    let functions: [Function; 4] = [|y| y, |y| y.max(0.0), |y| y.clamp(-0.25, 0.5), f64::tanh];
    let (s, channels) = (&operands.s, operands.s.outputs);
    let mut norm = numbers(4 * channels, 5);
    // A small variance would make small differences large.
    norm[3 * channels..].iter_mut().for_each(|variance| *variance = variance.abs() + 0.5);
    let outputs = on_every_device!(crate::testing::gpu_with_and_without_cudnn(), |device| {
        [false, true].map(|adds| activations.map(|f| operands.infer(device, f, &norm, adds)))
    });
    let sums = convolution(s, &wide(&operands.weight), &wide(&operands.bias), &wide(&operands.x));
    let (norm, pixels) = (wide(&norm), s.output[0] * s.output[1]);
    let normalised = |at: usize| {
        let [scale, shift, mean, variance] = [0, 1, 2, 3].map(|field| norm[field * channels + at / pixels % channels]);
        (sums[at] - mean) / (variance + f64::from(NORM.epsilon)).sqrt() * scale + shift
    };
    for (outputs, weight) in outputs.iter().zip([0.0, 1.0]) {
        for (f, y) in functions.iter().zip(outputs) {
            let expected = (0..y.len()).map(|at| f(normalised(at) + weight * f64::from(operands.dy[at])));
            close("normalised output", s, y, expected.enumerate());
        }
    }
}

/// Checks the output and all gradients of a convolution.
fn check(s: Conv2dSizes, with_bias: bool) {
    let operands = Operands::new(s, with_bias);
    check_inference(&operands);
    let Operands { weight, bias, x, dy, .. } = &operands;
    type Function = fn(f64) -> f64;
    let activations = [Activation::Identity, Activation::Relu, Activation::Tanh];
    let functions: [Function; 3] = [|y| y, |y| y.max(0.0), f64::tanh];
    let (outputs, gradients) = on_every_device!(crate::testing::gpu_with_and_without_cudnn(), |device| {
        (activations.map(|activation| operands.forward(device, activation)), operands.backward(device))
    });
    let (w64, b64, x64, d64) = (wide(weight), wide(bias), wide(x), wide(dy));
    let expected = convolution(&s, &w64, &b64, &x64);
    for (f, y) in functions.iter().zip(&outputs) {
        close("output", &s, y, expected.iter().map(|y| f(*y)).enumerate());
    }
    let objective = |w: &[f64], b: &[f64], x: &[f64]| -> f64 {
        convolution(&s, w, b, x).iter().zip(&d64).map(|(y, d)| y * d).sum()
    };
    let count = (8_000_000 / s.work()).clamp(5, 40);
    let dw64 = differences(&w64, count, |w| objective(w, &b64, &x64));
    let db64 = differences(&b64, count, |b| objective(&w64, b, &x64));
    let dx64 = differences(&x64, count, |x| objective(&w64, &b64, x));
    for ([dw, db, dx], times) in gradients.iter().zip([1.0, 2.0]) {
        close("weight gradient", &s, dw, dw64.iter().map(|(i, d)| (*i, d * times)));
        close("bias gradient", &s, db, db64.iter().map(|(i, d)| (*i, d * times)));
        close("input gradient", &s, dx, dx64.iter().map(|(i, d)| (*i, d * times)));
    }

    // A NaN passes through relu in every window that contains it.
    let mut broken = Operands::new(s, with_bias);
    broken.x[0] = f32::NAN;
    let y = on_every_device!(crate::testing::gpu_with_and_without_cudnn(), |device| broken
        .forward(device, Activation::Relu));
    let expected = convolution(&s, &w64, &b64, &wide(&broken.x));
    // Winograd's convolution makes the tile of the first pixel NaN, 4×4 pixels.
    let in_tile = |at: usize| {
        let [height, width] = s.output;
        s.kernel == [3, 3] && at / (height * width) < s.outputs && at / width % height < 4 && at % width < 4
    };
    for (at, (y, expected)) in y.iter().zip(&expected).enumerate() {
        assert!(y.is_nan() == expected.is_nan() || y.is_nan() && in_tile(at), "output {at} of {s:?}");
    }
}

/// Returns the sizes of a convolution, with the output size that follows from its settings.
fn sizes(samples: usize, channels: [usize; 2], image: [usize; 2], kernel: [usize; 2], op: Conv2dOp) -> Conv2dSizes {
    let Conv2dOp { stride, padding, dilation, groups, .. } = op;
    let size = |i: usize| output_size(image[i], kernel[i], stride[i], padding[i], dilation[i]);
    let [inputs, outputs] = channels;
    let output = [size(0), size(1)];
    Conv2dSizes { samples, inputs, outputs, image, output, kernel, stride, padding, dilation, groups }
}

const PLAIN: Conv2dOp =
    Conv2dOp { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1, activation: Activation::Identity };

#[test]
fn plain_padded_and_single() {
    check(sizes(1, [1, 1], [1, 1], [1, 1], PLAIN), true);
    check(sizes(2, [3, 5], [4, 7], [1, 1], PLAIN), false);
    check(sizes(1, [2, 6], [7, 5], [3, 2], PLAIN), true);
    check(sizes(2, [1, 6], [9, 20], [5, 5], Conv2dOp { padding: [2, 2], ..PLAIN }), true);
    check(sizes(3, [2, 3], [4, 4], [4, 4], PLAIN), true);
    check(sizes(1, [1, 2], [3, 37], [3, 3], Conv2dOp { padding: [1, 1], ..PLAIN }), true);
}

#[test]
fn strides_and_dilation() {
    for stride in [[2, 2], [1, 3], [3, 1]] {
        for dilation in [[1, 1], [2, 3]] {
            let op = Conv2dOp { stride, dilation, padding: [2, 1], ..PLAIN };
            check(sizes(2, [2, 3], [8, 11], [3, 3], op), true);
        }
    }
    // These have rows and columns outside of every window, and kernels smaller than the stride.
    check(sizes(2, [2, 3], [8, 9], [1, 1], Conv2dOp { stride: [3, 2], ..PLAIN }), false);
    check(sizes(1, [1, 2], [6, 6], [2, 2], Conv2dOp { stride: [4, 4], padding: [1, 0], ..PLAIN }), true);
}

#[test]
fn groups_and_depthwise() {
    check(sizes(2, [4, 6], [5, 6], [3, 3], Conv2dOp { groups: 2, padding: [1, 1], ..PLAIN }), true);
    check(sizes(2, [5, 5], [6, 6], [3, 3], Conv2dOp { groups: 5, stride: [2, 2], padding: [1, 1], ..PLAIN }), true);
    check(sizes(1, [3, 9], [5, 4], [2, 3], Conv2dOp { groups: 3, ..PLAIN }), false);
    check(sizes(2, [2, 2], [4, 5], [3, 3], Conv2dOp { groups: 2, padding: [1, 1], ..PLAIN }), true);
}

#[test]
fn batches_that_are_worth_threads() {
    check(sizes(11, [3, 8], [9, 9], [3, 3], Conv2dOp { padding: [1, 1], ..PLAIN }), true);
    check(sizes(2, [8, 16], [10, 10], [3, 3], Conv2dOp { padding: [1, 1], ..PLAIN }), true);
    check(sizes(2, [8, 12], [14, 14], [3, 3], Conv2dOp { stride: [2, 2], padding: [1, 1], ..PLAIN }), true);
    check(sizes(1, [6, 16], [14, 14], [5, 5], PLAIN), true);
}

#[test]
fn images_that_are_cut_in_bands_and_windows_over_the_ends_of_rows() {
    check(sizes(1, [2, 9], [41, 40], [3, 3], Conv2dOp { padding: [1, 1], ..PLAIN }), true);
    check(sizes(2, [4, 8], [70, 37], [3, 3], Conv2dOp { stride: [2, 2], padding: [1, 1], ..PLAIN }), true);
    check(sizes(9, [5, 40], [8, 8], [3, 3], Conv2dOp { padding: [1, 1], ..PLAIN }), true);
    check(sizes(5, [8, 18], [7, 7], [5, 5], Conv2dOp { padding: [2, 2], stride: [1, 2], ..PLAIN }), true);
    check(sizes(3, [16, 70], [9, 9], [1, 1], Conv2dOp { stride: [2, 2], ..PLAIN }), true);
    check(sizes(2, [16, 32], [9, 10], [3, 3], Conv2dOp { groups: 2, dilation: [2, 2], ..PLAIN }), true);
}

/// Convolutions with so many channels that the CPU packs images into blocks of channels, for all three passes.
#[test]
fn many_channels() {
    let padded = Conv2dOp { padding: [1, 1], ..PLAIN };
    check(sizes(3, [64, 64], [4, 5], [3, 3], padded), true);
    check(sizes(2, [64, 64], [8, 7], [3, 3], Conv2dOp { stride: [2, 2], ..padded }), true);
    check(sizes(1, [64, 32], [6, 6], [3, 3], Conv2dOp { dilation: [2, 1], padding: [2, 0], ..PLAIN }), false);
    check(sizes(2, [128, 64], [5, 4], [3, 3], Conv2dOp { groups: 2, stride: [1, 2], ..padded }), true);
    // Images that are cut into bands of rows.
    check(sizes(1, [8, 16], [90, 37], [3, 3], Conv2dOp { stride: [2, 1], ..padded }), true);
    check(sizes(2, [16, 32], [41, 40], [3, 2], padded), true);
}

/// Padding on the left alone: there are fewer windows than would fit with as much on the right.
#[test]
fn causal_sequences() {
    for (channels, length, kernel, stride, dilation, groups) in [
        ([1, 1], 1, 3, 1, 1, 1),
        ([2, 6], 9, 3, 1, 1, 1),
        ([4, 8], 37, 3, 2, 2, 2),
        ([3, 3], 20, 2, 1, 8, 3),
        ([16, 40], 70, 5, 1, 2, 1),
    ] {
        let op = Conv2dOp {
            stride: [1, stride],
            padding: [0, (kernel - 1) * dilation],
            dilation: [1, dilation],
            groups,
            ..PLAIN
        };
        let all = sizes(2, channels, [1, length], [1, kernel], op);
        check(Conv2dSizes { output: [1, length.div_ceil(stride)], ..all }, true);
    }
    type Weights = super::Conv1d<2, 3, 4>;
    let op = super::CausalConv1dOp { stride: 2, dilation: 3, groups: 1, activation: Activation::Identity };
    let sizes = op.sizes::<Weights, [[f32; 11]; 2], [[f32; 6]; 3]>(5);
    assert_eq!((sizes.padding, sizes.output, sizes.kernel), ([0, 9], [1, 6], [1, 4]));
}

#[test]
fn outputs_of_every_window_that_fits() {
    assert_eq!(output_size(28, 5, 1, 2, 1), 28);
    assert_eq!(output_size(7, 3, 2, 0, 1), 3);
    assert_eq!(output_size(7, 3, 1, 0, 3), 1);
    assert_eq!(output_size(2, 3, 1, 0, 1), 0);
}

/// CUDA chooses a tile by the size of a convolution; the test forces each of them, in each precision, on odd sizes.
#[cfg(feature = "cuda")]
#[test]
fn every_tile_in_every_precision() {
    use crate::device::{Cuda, cuda::Precision};
    let plain = Conv2dSizes {
        samples: 2,
        inputs: 3,
        outputs: 5,
        groups: 1,
        image: [7, 6],
        output: [7, 6],
        kernel: [3, 3],
        stride: [1, 1],
        padding: [1, 1],
        dilation: [1, 1],
    };
    let all = [
        plain,
        Conv2dSizes { samples: 3, outputs: 19, image: [9, 8], output: [5, 3], kernel: [2, 3], stride: [2, 3], ..plain },
        Conv2dSizes { inputs: 4, outputs: 6, groups: 2, image: [9, 9], output: [7, 7], dilation: [2, 2], ..plain },
        Conv2dSizes { samples: 5, inputs: 17, outputs: 33, kernel: [1, 1], padding: [0, 0], ..plain },
    ];
    for s in all {
        for (axis, output) in s.output.into_iter().enumerate() {
            let [kernel, stride] = [s.kernel[axis], s.stride[axis]];
            let size = output_size(s.image[axis], kernel, stride, s.padding[axis], s.dilation[axis]);
            assert_eq!(output, size, "{s:?}");
        }
        let operands = Operands::new(s, true);
        let tile = |gpu: &Cuda, precision, tile| {
            let mut gpu = gpu.clone().cudnn(false).precision(precision);
            gpu.only_tile = Some(tile);
            gpu
        };
        let of = |precision| {
            crate::testing::gpu().into_iter().flat_map(move |gpu| (0..4).map(move |i| tile(&gpu, precision, i)))
        };
        let gpus = [Precision::F32, Precision::Tf32, Precision::Bf16].into_iter().flat_map(of).collect();
        on_every_device!(gpus, |device| (operands.forward(device, Activation::Relu), operands.backward(device)));
    }
}
