//! Compares pooling with its definition in f64, and its gradients with central differences.

use super::*;
use crate::ops::channel_blocks::ChannelBlocksKernel;
use crate::testing::{TestDevice, assert_close, gradient, numbers, on_every_device, wide};

/// Computes pooling by its definition: `f` of the elements of each window and of the size of the window with padding.
fn pool(s: &PoolSizes, x: &[f64], f: impl Fn(&[f64], usize) -> f64) -> Vec<f64> {
    let [h, w] = s.image;
    // The first position and the end of a window, counted from the padding's first position, and the padding.
    let span = |axis: usize, at: usize| match s.windows {
        Windows::Sliding { kernel, stride, padding } => {
            let start = at * stride[axis];
            (start, start + kernel[axis], padding[axis])
        }
        Windows::Adaptive => {
            let part = s.image[axis] as f64 / s.output[axis] as f64;
            ((at as f64 * part + 1e-9) as usize, ((at + 1) as f64 * part - 1e-9).ceil() as usize, 0)
        }
    };
    let mut y = Vec::new();
    for plane in x.chunks(h * w) {
        for (r, c) in (0..s.output[0]).flat_map(|r| (0..s.output[1]).map(move |c| (r, c))) {
            let ((top, bottom, above), (left, right, before)) = (span(0, r), span(1, c));
            let (mut inside, mut counted) = (Vec::new(), 0);
            for (row, column) in (top..bottom).flat_map(|row| (left..right).map(move |column| (row, column))) {
                counted += usize::from(row < h + 2 * above && column < w + 2 * before);
                if (above..above + h).contains(&row) && (before..before + w).contains(&column) {
                    inside.push(plane[(row - above) * w + column - before]);
                }
            }
            y.push(f(&inside, counted));
        }
    }
    y
}

/// Returns the output and the gradient to the input of max pooling, and of average pooling with and without padding.
fn passes(s: &PoolSizes, x: &[f32], dy: &[f32]) -> [[Vec<f32>; 2]; 3] {
    on_every_device!(|device| {
        let (x, dy) = (device.tensor(x), device.tensor(dy));
        let mut y = device.output(dy.len());
        device.max_pool_forward(s, x.data(), y.data_mut());
        let dx = device.set_and_add(x.len(), |dx, write| {
            device.max_pool_backward(s, x.data(), dy.data(), dx.data_mut(), write);
        });
        let [with, without] = [true, false].map(|all| {
            let mut y = device.output(dy.len());
            device.avg_pool_forward(s, all, x.data(), y.data_mut());
            let dx = device.set_and_add(x.len(), |dx, write| {
                device.avg_pool_backward(s, all, dy.data(), dx.data_mut(), write);
            });
            [y.read(), dx]
        });
        [[y.read(), dx], with, without]
    })
}

fn check(planes: usize, image: [usize; 2], output: [usize; 2], windows: Windows) {
    let s = PoolSizes { windows, planes, image, output };
    s.assert_windows();
    let what = format!("{s:?}");
    let (x, dy) = (numbers(1, planes * image[0] * image[1]), numbers(2, planes * output[0] * output[1]));
    let max = |x: &[f64]| pool(&s, x, |inside, _| inside.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    let [[y, dx], with, without] = passes(&s, &x, &dy);
    assert_close(&what, &y, &max(&wide(&x)), 0.0);
    assert_close(&what, &dx, &gradient(max, &wide(&x), &dy), 1e-6);
    for (all, [y, dx]) in [(true, with), (false, without)] {
        let avg =
            |x: &[f64]| pool(&s, x, |inside, n| inside.iter().sum::<f64>() / if all { n } else { inside.len() } as f64);
        assert_close(&what, &y, &avg(&wide(&x)), 1e-6);
        assert_close(&what, &dx, &gradient(avg, &wide(&x), &dy), 1e-6);
    }
}

/// Returns the output of max pooling, and of average pooling with and without padding, of images in blocks of channels.
fn blocked(s: &PoolSizes, x: &[f32], len: usize) -> [Vec<f32>; 3] {
    let (image, output) = ([s.planes, s.image[0] * s.image[1]], [s.planes, s.output[0] * s.output[1]]);
    on_every_device!(|device| {
        let mut blocks = device.output(x.len());
        device.pack_channels(image, device.tensor(x).data(), blocks.data_mut());
        [None, Some(true), Some(false)].map(|padded| {
            let (mut y, mut planar) = (device.output(len), device.output(len));
            match padded {
                None => device.max_pool_blocked(s, blocks.data(), y.data_mut()),
                Some(padded) => device.avg_pool_blocked(s, padded, blocks.data(), y.data_mut()),
            }
            device.unpack_channels(output, y.data(), planar.data_mut());
            planar.read()
        })
    })
}

#[test]
fn blocks_of_channels() {
    let sliding = |kernel, stride, padding| Windows::Sliding { kernel, stride, padding };
    for (planes, image, output, windows) in [
        (8, [5, 7], [2, 3], sliding([2, 2], [2, 2], [0, 0])),
        (16, [7, 6], [4, 3], sliding([3, 3], [2, 2], [1, 1])),
        (8, [5, 9], [4, 6], sliding([2, 3], [1, 2], [0, 2])),
        (24, [6, 5], [4, 3], sliding([3, 3], [2, 2], [1, 1])),
        (16, [7, 5], [3, 2], Windows::Adaptive),
        (400, [28, 28], [14, 14], sliding([3, 3], [2, 2], [1, 1])),
    ] {
        let s = PoolSizes { windows, planes, image, output };
        let (x, len) = (numbers(1, planes * image[0] * image[1]), planes * output[0] * output[1]);
        let [max, with, without] = blocked(&s, &x, len);
        let (what, x) = (format!("{s:?}"), wide(&x));
        let expected = pool(&s, &x, |inside, _| inside.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        assert_close(&what, &max, &expected, 0.0);
        let sum = |inside: &[f64]| inside.iter().sum::<f64>();
        assert_close(&what, &with, &pool(&s, &x, |inside, n| sum(inside) / n as f64), 1e-6);
        assert_close(&what, &without, &pool(&s, &x, |inside, _| sum(inside) / inside.len() as f64), 1e-6);
    }
    // A NaN is the maximum of its window.
    let s = PoolSizes { windows: sliding([2, 2], [2, 2], [0, 0]), planes: 8, image: [2, 2], output: [1, 1] };
    let mut x = vec![1.0; 32];
    x[4 * 3 + 1] = f32::NAN;
    let [max, ..] = blocked(&s, &x, 8);
    assert!(max.iter().enumerate().all(|(channel, y)| y.is_nan() == (channel == 3)));
}

#[test]
fn sliding_windows() {
    let sliding = |kernel, stride, padding| Windows::Sliding { kernel, stride, padding };
    check(1, [1, 1], [1, 1], sliding([1, 1], [1, 1], [0, 0]));
    check(3, [5, 7], [2, 3], sliding([2, 2], [2, 2], [0, 0]));
    check(2, [6, 8], [3, 4], sliding([2, 2], [2, 2], [0, 0]));
    check(2, [7, 6], [4, 3], sliding([3, 3], [2, 2], [1, 1]));
    check(2, [5, 9], [4, 6], sliding([2, 3], [1, 2], [0, 2]));
    check(2, [5, 5], [1, 1], sliding([5, 5], [5, 5], [0, 0]));
    check(2, [1, 9], [1, 4], sliding([1, 3], [1, 2], [0, 0]));
    check(3, [9, 8], [3, 2], sliding([5, 7], [2, 3], [0, 1]));
    // More windows in a row than a register has lanes.
    check(2, [4, 37], [2, 18], sliding([2, 2], [2, 2], [0, 0]));
    check(1, [5, 36], [2, 18], sliding([2, 2], [2, 2], [0, 0]));
    check(1, [7, 41], [4, 21], sliding([3, 3], [2, 2], [1, 1]));
    check(1, [4, 37], [2, 37], sliding([3, 3], [1, 1], [0, 1]));
    check(1, [7, 50], [2, 17], sliding([4, 4], [3, 3], [0, 1]));
    // The number of windows is rounded up, so that the last ones extend beyond the image, and beyond its padding.
    check(3, [5, 7], [3, 4], sliding([2, 2], [2, 2], [0, 0]));
    check(2, [6, 5], [4, 3], sliding([3, 3], [2, 2], [1, 1]));
}

#[test]
fn adaptive_windows() {
    check(2, [7, 5], [3, 2], Windows::Adaptive);
    check(1, [4, 6], [1, 1], Windows::Adaptive);
    check(2, [9, 15], [2, 1], Windows::Adaptive);
    check(2, [3, 2], [5, 2], Windows::Adaptive);
    check(3, [1, 10], [1, 4], Windows::Adaptive);
}

/// The gradient goes to the first of several maxima, and a NaN is the maximum of its window.
#[test]
fn ties_and_nan() {
    for (kernel, image) in [([2, 2], [2, 2]), ([2, 3], [2, 3])] {
        let windows = Windows::Sliding { kernel, stride: kernel, padding: [0, 0] };
        let s = PoolSizes { windows, planes: 1, image, output: [1, 1] };
        let mut x = vec![1.0; image[0] * image[1]];
        x[0] = 0.0;
        let [[_, dx], ..] = passes(&s, &x, &[3.0]);
        assert_eq!(dx[..3], [0.0, 3.0, 0.0]);
        for at in 0..x.len() {
            let mut x = x.clone();
            x[at] = f32::NAN;
            let [[y, dx], ..] = passes(&s, &x, &[3.0]);
            assert!(y[0].is_nan() && dx[at] == 3.0);
        }
    }
}

/// Nothing is larger than negative infinity, which padding is too.
#[test]
fn the_padding_is_no_maximum() {
    for (stride, output) in [(1, 3), (2, 2), (3, 1)] {
        let windows = Windows::Sliding { kernel: [3, 3], stride: [stride; 2], padding: [1, 1] };
        let s = PoolSizes { windows, planes: 1, image: [3, 3], output: [output; 2] };
        let [[y, dx], ..] = passes(&s, &[f32::NEG_INFINITY; 9], &vec![1.0; output * output]);
        assert!(y.iter().all(|y| *y == f32::NEG_INFINITY));
        assert_eq!((dx.iter().sum::<f32>(), dx[0]), ((output * output) as f32, [0.0, 1.0, 1.0, 4.0][output]), "{s:?}");
    }
}

#[test]
fn any_number_of_threads() {
    let windows = Windows::Sliding { kernel: [3, 3], stride: [2, 2], padding: [1, 1] };
    let s = PoolSizes { windows, planes: 300, image: [9, 9], output: [5, 5] };
    let (x, dy) = (numbers(1, 300 * 81), numbers(2, 300 * 25));
    passes(&s, &x, &dy);
}
