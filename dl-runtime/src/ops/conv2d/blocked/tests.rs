//! Compares convolutions of images in blocks of channels with their definition in f64. Devices without blocks compute the same.

use crate::ops::batch_norm::{BatchNormOp, RunningNorm};
use crate::ops::conv2d::tests::convolution;
use crate::ops::conv2d::{Conv2dSizes, output_size};
use crate::ops::{Activation, Device};
use crate::testing::{Tensor, TestDevice, on_every_device, wide};

/// The settings of a batch norm, whose activation does not count.
const NORM: BatchNormOp = BatchNormOp { momentum: 0.1, epsilon: 1e-3, activation: Activation::Gelu };

/// The operands of a convolution, and the operations on its sums.
struct Case {
    s: Conv2dSizes,
    weight: Vec<f32>,
    bias: Vec<f32>,
    x: Vec<f32>,
    norm: Option<Vec<f32>>,
    summand: Option<Vec<f32>>,
    activation: Activation,
}

impl Case {
    /// Returns the images of a tensor in blocks of channels, where the device has them.
    fn packed<'d, D: Device>(device: &'d D, image: [usize; 2], x: &[f32]) -> Tensor<'d, D> {
        let mut blocks = device.output(x.len());
        device.pack_channels(image, device.tensor(x).data(), blocks.data_mut());
        blocks
    }
    /// Returns the output, of an input in blocks of channels or not.
    fn run<D: Device>(&self, device: &D, from_blocks: bool) -> Vec<f32> {
        let Case { s, weight, bias, x, norm, summand, activation } = self;
        let [weight, bias] = [weight, bias].map(|x| device.tensor(x));
        let (image, output) = ([s.inputs, s.image[0] * s.image[1]], [s.outputs, s.output[0] * s.output[1]]);
        let x = if from_blocks { Self::packed(device, image, x) } else { device.tensor(x) };
        let norm = norm.as_ref().map(|norm| device.tensor(norm));
        let summand = summand.as_ref().map(|summand| Self::packed(device, output, summand));
        let mut y = device.output(s.samples * output[0] * output[1]);
        let (of_norm, weights) = (norm.as_ref(), [weight.data(), bias.data()]);
        let of_norm = of_norm.map(|norm| RunningNorm { op: NORM, weights: norm.data() });
        let summand = summand.as_ref().map(|summand| summand.data());
        device.conv2d_blocked(s, from_blocks, None, of_norm, *activation, weights, x.data(), summand, y.data_mut());
        let mut planar = device.output(y.len());
        device.unpack_channels(output, y.data(), planar.data_mut());
        planar.read()
    }
    /// Returns the output by the definition.
    fn expected(&self, f: impl Fn(f64) -> f64) -> Vec<f64> {
        let (s, pixels) = (&self.s, self.s.output[0] * self.s.output[1]);
        let mut y = convolution(s, &wide(&self.weight), &wide(&self.bias), &wide(&self.x));
        for (at, y) in y.iter_mut().enumerate() {
            if let Some(norm) = &self.norm {
                let of = |field: usize| f64::from(norm[field * s.outputs + at / pixels % s.outputs]);
                *y = (*y - of(2)) / (of(3) + f64::from(NORM.epsilon)).sqrt() * of(0) + of(1);
            }
            *y = f(*y + self.summand.as_ref().map_or(0.0, |summand| f64::from(summand[at])));
        }
        y
    }
}

/// Returns numbers in ±1.
fn numbers(seed: u64, len: usize) -> Vec<f32> {
    crate::testing::numbers(seed, len).into_iter().map(|x| x / 2.0).collect()
}

/// Checks a convolution of so many samples with every activation, with and without batch norm and summand.
fn check(
    samples: usize,
    channels: [usize; 2],
    image: [usize; 2],
    kernel: [usize; 2],
    [stride, padding]: [usize; 2],
    groups: usize,
) {
    let size = |i: usize| output_size(image[i], kernel[i], stride, padding, 1);
    let ([inputs, outputs], output) = (channels, [size(0), size(1)]);
    let s = Conv2dSizes {
        samples,
        inputs,
        outputs,
        image,
        output,
        kernel,
        stride: [stride; 2],
        padding: [padding; 2],
        dilation: [1; 2],
        groups,
    };
    let mut norm = numbers(5, 4 * outputs);
    // A small variance would make small differences large.
    norm[3 * outputs..].iter_mut().for_each(|variance| *variance = variance.abs() + 0.5);
    let len = samples * outputs * output[0] * output[1];
    type Function = fn(f64) -> f64;
    let activations: [(Activation, Function); 4] = [
        (Activation::Identity, |y| y),
        (Activation::Relu, |y| y.max(0.0)),
        (Activation::HardTanh { min: 0.0, max: 6.0 }, |y| y.clamp(0.0, 6.0)),
        (Activation::Tanh, f64::tanh),
    ];
    for (i, (activation, f)) in activations.into_iter().enumerate() {
        let case = Case {
            s,
            weight: numbers(1, outputs * inputs / groups * kernel[0] * kernel[1]),
            bias: numbers(2, if i == 0 { 0 } else { outputs }),
            x: numbers(3, samples * inputs * image[0] * image[1]),
            norm: (i != 1).then(|| norm.clone()),
            summand: (i > 1).then(|| numbers(4, len)),
            activation,
        };
        let expected = case.expected(f);
        for from_blocks in [false, true].into_iter().filter(|blocks| !blocks || inputs.is_multiple_of(8)) {
            let y =
                on_every_device!(crate::testing::gpu_with_and_without_cudnn(), |device| case.run(device, from_blocks));
            for (at, (y, expected)) in y.iter().zip(&expected).enumerate() {
                let error = (f64::from(*y) - expected).abs();
                let what = format!("output {at} of {s:?}, {activation:?}, from blocks: {from_blocks}");
                assert!(error < 2e-5 * (1.0 + expected.abs()), "{what}: {y} is not {expected}");
            }
        }
    }
}

#[test]
fn whole_groups() {
    check(1, [8, 8], [1, 1], [1, 1], [1, 0], 1);
    check(2, [8, 16], [5, 7], [1, 1], [1, 0], 1);
    check(1, [16, 24], [6, 9], [3, 3], [1, 1], 1);
    check(2, [24, 8], [9, 8], [3, 3], [2, 1], 1);
    check(1, [32, 40], [14, 15], [3, 3], [1, 1], 1);
    check(1, [64, 64], [7, 7], [1, 1], [2, 0], 1);
    check(2, [8, 8], [11, 12], [5, 3], [1, 1], 1);
    check(9, [16, 16], [6, 6], [3, 3], [1, 1], 1);
}

#[test]
fn planar_inputs_of_few_channels() {
    check(1, [1, 8], [9, 9], [3, 3], [1, 1], 1);
    check(2, [3, 16], [12, 13], [3, 3], [2, 1], 1);
    check(1, [3, 64], [30, 31], [7, 7], [2, 3], 1);
    check(1, [4, 24], [5, 5], [2, 2], [1, 0], 1);
}

#[test]
fn groups_and_depthwise() {
    check(2, [16, 16], [7, 6], [3, 3], [1, 1], 16);
    check(1, [24, 24], [9, 11], [3, 3], [2, 1], 24);
    check(1, [8, 8], [8, 8], [5, 5], [1, 2], 8);
    check(2, [32, 16], [6, 7], [3, 3], [1, 1], 2);
}
