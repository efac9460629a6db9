//! C1: the convolutions of LeNet, ResNet-20, ResNet-18 at 64×64 and (depthwise) MobileNet on their own, forward and both gradients.

use crate::measure::Report;
use dl::Cpu;
use dl::ops::Activation;
use dl::ops::conv2d::{Conv2dKernel, Conv2dSizes, Direction};
use dl::tensor::Write;

/// Samples, input and output channels, image, kernel, stride, padding; no input channels for depthwise.
const SHAPES: [[usize; 7]; 25] = [
    [64, 1, 6, 28, 5, 1, 2],
    [64, 6, 16, 14, 5, 1, 0],
    [1, 1, 6, 28, 5, 1, 2],
    [1, 6, 16, 14, 5, 1, 0],
    [32, 3, 16, 32, 3, 1, 1],
    [32, 16, 16, 32, 3, 1, 1],
    [32, 16, 32, 32, 3, 2, 1],
    [32, 16, 32, 32, 1, 2, 0],
    [32, 32, 32, 16, 3, 1, 1],
    [32, 32, 64, 16, 3, 2, 1],
    [32, 64, 64, 8, 3, 1, 1],
    [32, 32, 64, 16, 1, 2, 0],
    [32, 3, 64, 64, 7, 2, 3],
    [32, 64, 64, 16, 3, 1, 1],
    [32, 64, 128, 16, 3, 2, 1],
    [32, 64, 128, 16, 1, 2, 0],
    [32, 128, 128, 8, 3, 1, 1],
    [32, 128, 256, 8, 3, 2, 1],
    [32, 256, 256, 4, 3, 1, 1],
    [32, 256, 512, 4, 3, 2, 1],
    [32, 512, 512, 2, 3, 1, 1],
    [8, 32, 32, 128, 3, 1, 1],
    [8, 0, 96, 56, 3, 1, 1],
    [8, 0, 96, 112, 3, 2, 1],
    [8, 0, 384, 14, 3, 1, 1],
];

/// Measures the convolutions that are wanted.
pub fn run(report: &Report) {
    let cpu = Cpu::with_threads(report.threads());
    for [samples, inputs, outputs, size, kernel, stride, padding] in SHAPES {
        let work = format!("C1_{samples}x{inputs}x{size}_{outputs}k{kernel}s{stride}");
        if !report.wants(&work) {
            continue;
        }
        let groups = if inputs == 0 { outputs } else { 1 };
        let inputs = if inputs == 0 { outputs } else { inputs };
        let out = (size + 2 * padding - kernel) / stride + 1;
        let s = Conv2dSizes {
            samples,
            inputs,
            outputs,
            image: [size; 2],
            output: [out; 2],
            kernel: [kernel; 2],
            stride: [stride; 2],
            padding: [padding; 2],
            dilation: [1; 2],
            groups,
        };
        let operations = 2.0 * (samples * outputs * (inputs / groups) * kernel * kernel * out * out) as f64;
        let numbers = |len: usize| (0..len).map(|i| (i % 251) as f32 / 125.5 - 1.0).collect::<Vec<_>>();
        let (weight, bias) = (numbers(outputs * (inputs / groups) * kernel * kernel), numbers(outputs));
        let (x, mut y) = (numbers(samples * inputs * size * size), numbers(samples * outputs * out * out));
        let (dy, mut dx) = (y.clone(), x.clone());
        let (mut d_weight, mut d_bias) = (weight.clone(), bias.clone());
        let forward = Direction::Forward;
        report.measure(&work, "forward", operations, || {
            cpu.conv2d(&s, forward, Activation::Relu, [&weight, &bias], &x, (&mut y, Write::Set));
        });
        report.measure(&work, "input gradient", operations, || {
            cpu.conv2d(&s, Direction::Transposed, Activation::Identity, [&weight, &[]], &dy, (&mut dx, Write::Set));
        });
        report.measure(&work, "weight gradient", operations, || {
            cpu.conv2d_weight_gradient(&s, forward, &x, &dy, [&mut d_weight, &mut d_bias], Write::Set);
        });
    }
}
