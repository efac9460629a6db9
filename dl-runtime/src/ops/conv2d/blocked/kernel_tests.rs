//! Compares the kernels for blocks of channels with the definition of a convolution in f64, in all sizes that they distinguish.

use super::*;
use crate::Cpu;
use crate::ops::conv2d::{output_size, tests::convolution};
use crate::testing::{assert_close, numbers, wide};

/// Returns the place in blocks of a channel's pixel.
fn place(channel: usize, pixel: usize, pixels: usize) -> usize {
    (channel / BLOCK * pixels + pixel) * BLOCK + channel % BLOCK
}

/// Reorders images of `channels` by [`place`], to blocks or back.
fn reordered(x: &[f32], channels: usize, pixels: usize, to_blocks: bool) -> Vec<f32> {
    let mut y = vec![0.0; x.len()];
    for (x, y) in x.chunks(channels * pixels).zip(y.chunks_mut(channels * pixels)) {
        for channel in 0..channels {
            for pixel in 0..pixels {
                let (plain, block) = (channel * pixels + pixel, place(channel, pixel, pixels));
                if to_blocks { y[block] = x[plain] } else { y[plain] = x[block] }
            }
        }
    }
    y
}

/// Channels in and out, groups, image, kernel, stride, padding, dilation.
type Case = ([usize; 3], [usize; 2], [usize; 2], [usize; 2], [usize; 2], [usize; 2]);

fn check(([inputs, outputs, groups], image, kernel, stride, padding, dilation): Case, samples: usize) {
    let output = [0, 1].map(|i| output_size(image[i], kernel[i], stride[i], padding[i], dilation[i]));
    let s = Conv2dSizes { samples, inputs, outputs, image, output, kernel, stride, padding, dilation, groups };
    let (pixels, from_pixels) = (output[0] * output[1], image[0] * image[1]);
    let weight = numbers(1, outputs * s.inputs_of_group() * s.spatial_size());
    let (x, summand) = (numbers(2, samples * inputs * from_pixels), numbers(3, samples * outputs * pixels));
    let [scale, shift] = [numbers(4, outputs), numbers(5, outputs)];
    let mut expected = convolution(&s, &wide(&weight), &[], &wide(&x));
    for (i, y) in expected.iter_mut().enumerate() {
        let channel = i / pixels % outputs;
        let sum = *y * f64::from(scale[channel]) + f64::from(shift[channel]) + f64::from(summand[i]);
        *y = sum.clamp(-0.75, 1.5);
    }
    let from_blocks = inputs % BLOCK == 0;
    let from = if from_blocks { reordered(&x, inputs, from_pixels, true) } else { x };
    let summand = reordered(&summand, outputs, pixels, true);
    let limits = Some([-0.75, 1.5]);
    let finish = Finish { scale: &scale, shift: &shift, summand: &summand, add: false, limits };
    let results = [1, 3].map(|threads| {
        let mut y = vec![f32::NAN; expected.len()];
        convolve(Cpu::with_threads(threads).threads(), &s, from_blocks, None, &weight, finish, &from, &mut y);
        reordered(&y, outputs, pixels, false)
    });
    assert_close(&format!("{s:?}"), &results[0], &expected, 2e-6 * (s.inputs_of_group() * s.spatial_size()) as f64);
    assert_eq!(results[0], results[1], "one thread and three: {s:?}");
    // Without a summand, limits, or anything that is added.
    let mut y = vec![f32::NAN; expected.len()];
    convolve(Cpu::with_threads(1).threads(), &s, from_blocks, None, &weight, Finish::default(), &from, &mut y);
    let expected =
        convolution(&s, &wide(&weight), &[], &wide(&reordered_back(&from, from_blocks, inputs, from_pixels)));
    let tolerance = 2e-6 * (s.inputs_of_group() * s.spatial_size()) as f64;
    assert_close(&format!("plain {s:?}"), &reordered(&y, outputs, pixels, false), &expected, tolerance);
}

fn reordered_back(from: &[f32], from_blocks: bool, channels: usize, pixels: usize) -> Vec<f32> {
    if from_blocks { reordered(from, channels, pixels, false) } else { from.to_vec() }
}

#[test]
fn kernels_strides_paddings_and_dilations() {
    for kernel in [[1, 1], [3, 3], [2, 5], [7, 7]] {
        for stride in [[1, 1], [2, 2], [1, 3], [5, 4]] {
            for (padding, dilation) in [([0, 0], [1, 1]), ([1, 2], [1, 1]), ([3, 0], [1, 2]), ([2, 2], [2, 1])] {
                let fits = |i: usize| padding[i] < kernel[i] + 2;
                if fits(0) && fits(1) {
                    check(([8, 16, 1], [9, 13], kernel, stride, padding, dilation), 1);
                }
            }
        }
    }
}

#[test]
fn channels_and_groups() {
    for channels in [[8, 8], [16, 24], [24, 40], [40, 72], [1, 8], [3, 16], [5, 32], [8, 64]] {
        for image in [[1, 1], [4, 7], [7, 16], [3, 33]] {
            check(([channels[0], channels[1], 1], image, [3, 3], [1, 1], [1, 1], [1, 1]), 1);
            check(([channels[0], channels[1], 1], image, [1, 1], [1, 1], [0, 0], [1, 1]), 2);
        }
    }
    check(([16, 32, 2], [6, 7], [3, 3], [2, 2], [1, 1], [1, 1]), 2);
    check(([48, 24, 3], [6, 7], [3, 3], [1, 1], [1, 1], [1, 1]), 1);
    check(([32, 96, 4], [5, 5], [1, 1], [1, 1], [0, 0], [1, 1]), 1);
}

#[test]
fn depthwise() {
    for channels in [8, 24, 40] {
        for (stride, padding) in [([1, 1], [1, 1]), ([2, 2], [1, 1]), ([1, 2], [0, 2]), ([3, 1], [2, 0])] {
            for image in [[3, 3], [7, 7], [5, 20], [12, 9]] {
                check(([channels, channels, channels], image, [3, 3], stride, padding, [1, 1]), 2);
                check(([channels, channels, channels], image, [5, 5], stride, [padding[0] + 1; 2], [1, 1]), 1);
            }
        }
    }
    check(([16, 16, 16], [9, 30], [7, 7], [1, 1], [3, 3], [1, 1]), 1);
    check(([16, 16, 16], [11, 12], [3, 3], [1, 1], [2, 2], [2, 2]), 1);
}

#[test]
fn sizes_that_are_split() {
    // Sums in several pieces, lines of windows in several tasks, and many samples.
    check(([128, 96, 1], [7, 7], [3, 3], [1, 1], [1, 1], [1, 1]), 1);
    check(([64, 32, 1], [20, 30], [1, 1], [1, 1], [0, 0], [1, 1]), 1);
    check(([16, 32, 1], [30, 30], [3, 3], [1, 1], [1, 1], [1, 1]), 2);
    check(([16, 16, 1], [20, 20], [3, 3], [1, 1], [1, 1], [1, 1]), 9);
    check(([3, 32, 1], [40, 40], [3, 3], [2, 2], [1, 1], [1, 1]), 8);
    check(([256, 256, 256], [15, 15], [3, 3], [1, 1], [1, 1], [1, 1]), 1);
}

/// Compares a convolution of planes, and the gradient of the reversed convolution to its input, with the definition.
fn check_planes(([inputs, outputs, groups], image, kernel, padding, dilation): PlanesCase, samples: usize) {
    let output = [0, 1].map(|i| output_size(image[i], kernel[i], 1, padding[i], dilation[i]));
    let s = Conv2dSizes { samples, inputs, outputs, image, output, kernel, stride: [1, 1], padding, dilation, groups };
    let weight = numbers(1, outputs * s.inputs_of_group() * s.spatial_size());
    let (x, y) =
        (numbers(2, samples * inputs * image[0] * image[1]), numbers(3, samples * outputs * output[0] * output[1]));
    let (summand, [scale, shift]) = (numbers(6, y.len()), [numbers(4, outputs), numbers(5, outputs)]);
    let sums = convolution(&s, &wide(&weight), &[], &wide(&x));
    // The same weights as those of the convolution to whose input this one is the gradient.
    let (taps, [rows, columns]) = (s.spatial_size(), [s.outputs_of_group(), s.inputs_of_group()]);
    let mut reversed = vec![0.0; weight.len()];
    for (i, w) in weight.iter().enumerate() {
        let (tap, column, row, group) =
            (i % taps, i / taps % columns, i / taps / columns % rows, i / taps / columns / rows);
        reversed[((group * columns + column) * rows + row) * taps + taps - 1 - tap] = *w;
    }
    let tolerance = 2e-6 * (columns * taps) as f64;
    let order = Order::Reversed { kernel, last: kernel.map(|k| k - 1), stride: [1, 1] };
    for (order, weight) in [(Order::Forward, &weight), (order, &reversed)] {
        let run = |threads: usize, finish: Finish| {
            let mut to = y.clone();
            convolve_planes(Cpu::with_threads(threads).threads(), &s, order, None, weight, finish, &x, &mut to);
            to
        };
        assert_close(&format!("{order:?} {s:?}"), &run(1, Finish::default()), &sums, tolerance);
        let limits = Some([-0.75, 1.5]);
        let finish = Finish { scale: &scale, shift: &shift, summand: &summand, add: true, limits };
        let expected: Vec<f64> = (0..y.len())
            .map(|i| {
                let channel = i / (output[0] * output[1]) % outputs;
                let affine = sums[i] * f64::from(scale[channel]) + f64::from(shift[channel]);
                (affine + f64::from(summand[i]) + f64::from(y[i])).clamp(-0.75, 1.5)
            })
            .collect();
        let found = run(1, finish);
        assert_close(&format!("finished {order:?} {s:?}"), &found, &expected, tolerance);
        assert_eq!(found, run(3, finish), "one thread and three: {s:?}");
    }
}

/// Channels in and out, groups, image, kernel, padding, dilation.
type PlanesCase = ([usize; 3], [usize; 2], [usize; 2], [usize; 2], [usize; 2]);

#[test]
fn planes() {
    for image in [[1, 1], [2, 2], [4, 4], [5, 7], [8, 8], [17, 9], [3, 40]] {
        for channels in [[16, 16], [8, 32], [24, 48], [3, 16]] {
            check_planes(([channels[0], channels[1], 1], image, [3, 3], [1, 1], [1, 1]), 3);
        }
        check_planes(([32, 16, 1], image, [1, 1], [0, 0], [1, 1]), 2);
        check_planes(([32, 64, 2], image, [2, 3], [1, 2], [1, 1]), 2);
        check_planes(([16, 16, 1], image, [5, 5], [4, 4], [2, 2]), 1);
    }
    // Groups of several samples, in tasks of their own and split.
    check_planes(([16, 16, 1], [8, 8], [3, 3], [1, 1], [1, 1]), 41);
    check_planes(([128, 128, 1], [2, 2], [3, 3], [1, 1], [1, 1]), 33);
    check_planes(([64, 64, 1], [16, 16], [3, 3], [1, 1], [1, 1]), 9);
    check_planes(([16, 16, 1], [6, 6], [7, 7], [3, 3], [1, 1]), 12);
}

/// The gradient to the input uses Winograd's convolution where a batch is worth the transform of the weights; a forward pass only where a
/// single sample is. Their errors are larger.
#[test]
fn planes_by_winograd() {
    for ([inputs, outputs], image, samples) in
        [([32, 32], [16, 16], 9), ([64, 48], [8, 8], 30), ([32, 32], [41, 44], 2)]
    {
        let s = Conv2dSizes {
            samples,
            inputs,
            outputs,
            image,
            output: image,
            kernel: [3, 3],
            stride: [1, 1],
            padding: [1, 1],
            dilation: [1, 1],
            groups: 1,
        };
        assert!(winograd::pays_once(&s, samples), "a case of Winograd: {s:?}");
        let pixels = image[0] * image[1];
        let (weight, x) = (numbers(1, outputs * inputs * 9), numbers(2, samples * inputs * pixels));
        let mut reversed = vec![0.0; weight.len()];
        weights::reverse(&Conv2dSizes { inputs: outputs, outputs: inputs, ..s }, &weight, &mut reversed);
        let expected = convolution(&s, &wide(&weight), &[], &wide(&x));
        let order = Order::Reversed { kernel: [3, 3], last: [2, 2], stride: [1, 1] };
        for (order, weight) in [(Order::Forward, &weight), (order, &reversed)] {
            let [one, three] = [1, 3].map(|threads| {
                let (cpu, mut to) = (Cpu::with_threads(threads), vec![f32::NAN; expected.len()]);
                convolve_planes(cpu.threads(), &s, order, None, weight, Finish::default(), &x, &mut to);
                to
            });
            assert_close(&format!("{order:?} {s:?}"), &one, &expected, 2e-4);
            assert_eq!(one, three, "one thread and three: {s:?}");
        }
    }
}
