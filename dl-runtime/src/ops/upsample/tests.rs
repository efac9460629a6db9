//! Enlargement against its definition in f64, and its gradients against central differences of that.

use super::*;
use crate::testing::{TestDevice, assert_close, gradient, numbers, on_every_device, wide};

/// The definition for one axis: which numbers, and how much of each.
fn share(mode: Mode, size: usize, factor: usize, at: usize, from: usize) -> f64 {
    match mode {
        Mode::Nearest => f64::from(u8::from(at / factor == from)),
        Mode::Bilinear => {
            let place = ((at as f64 + 0.5) / factor as f64 - 0.5).clamp(0.0, (size - 1) as f64);
            (1.0 - (place - from as f64).abs()).max(0.0)
        }
    }
}

fn enlarged(mode: Mode, s: &UpsampleSizes, x: &[f64]) -> Vec<f64> {
    let ([h, w], [fh, fw]) = (s.image, s.factor);
    let at = |x: &[f64], r: usize, c: usize| -> f64 {
        (0..h * w).map(|i| x[i] * share(mode, h, fh, r, i / w) * share(mode, w, fw, c, i % w)).sum()
    };
    x.chunks(h * w).flat_map(|x| (0..h * fh * w * fw).map(move |i| at(x, i / (w * fw), i % (w * fw)))).collect()
}

/// Output and gradient to the input.
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
    for mode in [Mode::Nearest, Mode::Bilinear] {
        let what = format!("{mode:?} {s:?}");
        let [y, dx] = passes(mode, &s, &x, &dy);
        assert_close(&what, &y, &enlarged(mode, &s, &wide(&x)), 1e-6);
        assert_close(&what, &dx, &gradient(|x| enlarged(mode, &s, x), &wide(&x), &dy), 1e-6);
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
}

#[test]
fn any_number_of_threads() {
    let s = UpsampleSizes { planes: 200, image: [7, 9], factor: [2, 3] };
    let (x, dy) = (numbers(1, 200 * 63), numbers(2, 200 * 63 * 6));
    passes(Mode::Bilinear, &s, &x, &dy);
}
