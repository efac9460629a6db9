//! Compares upsampling with its definition in f64 and PyTorch's examples, and its gradients with central differences.

use super::*;
use crate::ops::channel_blocks::ChannelBlocksKernel;
use crate::testing::{TestDevice, assert_close, gradient, numbers, on_every_device, wide};

const MODES: [Mode; 3] =
    [Mode::Nearest, Mode::Bilinear { align_corners: false }, Mode::Bilinear { align_corners: true }];

/// Returns the weight of element `from` of the input in element `at` of the output along one axis, by the definition.
fn share(mode: Mode, size: usize, factor: usize, at: usize, from: usize) -> f64 {
    match mode {
        Mode::Nearest => f64::from(u8::from(at / factor == from)),
        Mode::Bilinear { align_corners } => {
            let inner = ((at as f64 + 0.5) / factor as f64 - 0.5).clamp(0.0, (size - 1) as f64);
            // The first element of the output is the input's first, and the last is the input's last.
            let outer = at as f64 * (size - 1) as f64 / (size * factor - 1).max(1) as f64;
            let position = if align_corners { outer } else { inner };
            (1.0 - (position - from as f64).abs()).max(0.0)
        }
    }
}

fn upsampled(mode: Mode, s: &UpsampleSizes, x: &[f64]) -> Vec<f64> {
    let ([h, w], [fh, fw]) = (s.image, s.factor);
    let at = |x: &[f64], r: usize, c: usize| -> f64 {
        (0..h * w).map(|i| x[i] * share(mode, h, fh, r, i / w) * share(mode, w, fw, c, i % w)).sum()
    };
    x.chunks(h * w).flat_map(|x| (0..h * fh * w * fw).map(move |i| at(x, i / (w * fw), i % (w * fw)))).collect()
}

/// Returns the output and the gradient to the input.
fn passes(mode: Mode, s: &UpsampleSizes, x: &[f32], dy: &[f32]) -> [Vec<f32>; 2] {
    on_every_device!(|device| {
        let (x, mut y, dy) = (device.tensor(x), device.output(dy.len()), device.tensor(dy));
        device.upsample_forward(mode, s, x.data(), y.data_mut());
        let dx = device.set_and_add(x.len(), |dx, write| {
            device.upsample_backward(mode, s, dy.data(), dx.data_mut(), write);
        });
        [y.read(), dx]
    })
}

fn check(planes: usize, image: [usize; 2], factor: [usize; 2]) {
    let s = UpsampleSizes { planes, image, factor };
    let len = planes * image[0] * image[1];
    let (x, dy) = (numbers(1, len), numbers(2, len * factor[0] * factor[1]));
    for mode in MODES {
        let what = format!("{mode:?} {s:?}");
        let [y, dx] = passes(mode, &s, &x, &dy);
        assert_close(&what, &y, &upsampled(mode, &s, &wide(&x)), 1e-6);
        assert_close(&what, &dx, &gradient(|x| upsampled(mode, &s, x), &wide(&x), &dy), 1e-6);
    }
}

#[test]
fn values_and_gradients() {
    check(1, [1, 1], [1, 1]);
    check(2, [1, 1], [3, 2]);
    check(3, [3, 4], [2, 2]);
    check(2, [4, 3], [3, 1]);
    check(2, [1, 5], [1, 4]);
    check(1, [2, 3], [5, 2]);
    check(1, [7, 2], [3, 9]);
    check(1, [13, 11], [2, 4]);
    check(2, [5, 19], [2, 2]);
    check(1, [1, 9], [3, 2]);
}

#[test]
fn blocks_of_channels() {
    for (planes, image, factor) in
        [(8, [1, 1], [3, 2]), (16, [3, 4], [2, 2]), (24, [4, 3], [3, 1]), (72, [13, 11], [2, 4])]
    {
        let s = UpsampleSizes { planes, image, factor };
        let pixels = image[0] * image[1];
        let (x, output) = (numbers(1, planes * pixels), [planes, pixels * factor[0] * factor[1]]);
        for mode in MODES {
            let y = on_every_device!(|device| {
                let [mut blocks, mut y, mut planar] =
                    [x.len(), output[0] * output[1], output[0] * output[1]].map(|len| device.output(len));
                device.pack_channels([planes, pixels], device.tensor(&x).data(), blocks.data_mut());
                device.upsample_blocked(mode, &s, blocks.data(), y.data_mut());
                device.unpack_channels(output, y.data(), planar.data_mut());
                planar.read()
            });
            assert_close(&format!("{mode:?} {s:?}"), &y, &upsampled(mode, &s, &wide(&x)), 1e-6);
        }
    }
}

#[test]
fn corners() {
    let s = UpsampleSizes { planes: 1, image: [1, 2], factor: [1, 2] };
    let row = |align_corners| passes(Mode::Bilinear { align_corners }, &s, &[0.0, 3.0], &[0.0; 4])[0].clone();
    assert_eq!(row(false), [0.0, 0.75, 2.25, 3.0]);
    assert_close("aligned", &row(true), &[0.0, 1.0, 2.0, 3.0], 1e-7);
}

#[test]
fn the_examples_of_pytorch() {
    // The documentation of `torch.nn.Upsample` prints these to four digits.
    let s = UpsampleSizes { planes: 1, image: [2, 2], factor: [2, 2] };
    let two =
        |align_corners| passes(Mode::Bilinear { align_corners }, &s, &[1.0, 2.0, 3.0, 4.0], &[0.0; 16])[0].clone();
    let borders = [[1.0, 1.25, 1.75, 2.0], [1.5, 1.75, 2.25, 2.5], [2.5, 2.75, 3.25, 3.5], [3.0, 3.25, 3.75, 4.0]];
    assert_close("two", &two(false), &borders.concat(), 2e-5);
    let corners = [
        [1.0, 1.3333, 1.6667, 2.0],
        [1.6667, 2.0, 2.3333, 2.6667],
        [2.3333, 2.6667, 3.0, 3.3333],
        [3.0, 3.3333, 3.6667, 4.0],
    ];
    assert_close("two", &two(true), &corners.concat(), 2e-5);
    let s = UpsampleSizes { planes: 1, image: [3, 3], factor: [2, 2] };
    let x = [1.0, 2.0, 0.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0];
    let three = |align_corners| passes(Mode::Bilinear { align_corners }, &s, &x, &[0.0; 36])[0].clone();
    let borders = [
        [1.0, 1.25, 1.75, 1.5, 0.5, 0.0],
        [1.5, 1.75, 2.25, 1.875, 0.625, 0.0],
        [2.5, 2.75, 3.25, 2.625, 0.875, 0.0],
        [2.25, 2.4375, 2.8125, 2.25, 0.75, 0.0],
        [0.75, 0.8125, 0.9375, 0.75, 0.25, 0.0],
        [0.0; 6],
    ];
    assert_close("three", &three(false), &borders.concat(), 2e-5);
    let corners = [
        [1.0, 1.4, 1.8, 1.6, 0.8, 0.0],
        [1.8, 2.2, 2.6, 2.24, 1.12, 0.0],
        [2.6, 3.0, 3.4, 2.88, 1.44, 0.0],
        [2.4, 2.72, 3.04, 2.56, 1.28, 0.0],
        [1.2, 1.36, 1.52, 1.28, 0.64, 0.0],
        [0.0; 6],
    ];
    assert_close("three", &three(true), &corners.concat(), 2e-5);
}

#[test]
fn any_number_of_threads() {
    let s = UpsampleSizes { planes: 200, image: [7, 9], factor: [2, 3] };
    let (x, dy) = (numbers(1, 200 * 63), numbers(2, 200 * 63 * 6));
    for mode in MODES {
        passes(mode, &s, &x, &dy);
    }
}
