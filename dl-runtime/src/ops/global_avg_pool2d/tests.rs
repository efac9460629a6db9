//! Compares means with `f64`, and gradients with central differences.

use super::GlobalAvgPool2dOp;
use crate::Context;
use crate::ops::channel_blocks::ChannelBlocks;
use crate::ops::channel_blocks::ChannelBlocksKernel;
use crate::testing::{TestDevice, assert_close, gradient, numbers, on_every_device, wide};

/// The output and the gradient to the input.
fn passes<const C: usize, const H: usize, const W: usize>(x: &[f32], dy: &[f32]) -> [Vec<f32>; 2] {
    on_every_device!(|device| {
        let (context, x, mut y, dy) =
            (Context::new(device, 0), device.tensor(x), device.output(dy.len()), device.tensor(dy));
        GlobalAvgPool2dOp {}.forward(&context, x.view::<[[[f32; W]; H]; C]>(), y.view_mut::<[f32; C]>());
        let dx = device.set_and_add(x.len(), |dx, write| {
            GlobalAvgPool2dOp {}.backward(&context, dy.view::<[f32; C]>(), dx.grad::<[[[f32; W]; H]; C]>(write));
        });
        [y.read(), dx]
    })
}

fn case<const C: usize, const H: usize, const W: usize>(samples: usize) {
    let (x, dy) = (numbers(1, samples * C * H * W), numbers(2, samples * C));
    let reference = |x: &[f64]| x.chunks(H * W).map(|x| x.iter().sum::<f64>() / (H * W) as f64).collect::<Vec<_>>();
    let what = format!("{samples} × [{C}, {H}, {W}]");
    let [y, dx] = passes::<C, H, W>(&x, &dy);
    assert_close(&what, &y, &reference(&wide(&x)), 3e-7);
    assert_close(&what, &dx, &gradient(reference, &wide(&x), &dy), 3e-7);
}

#[test]
fn values_and_gradients() {
    case::<1, 1, 1>(1);
    case::<3, 1, 1>(2);
    case::<5, 3, 7>(1);
    case::<2, 6, 6>(3);
}

fn blocked<const C: usize, const H: usize, const W: usize>(samples: usize) {
    let x = numbers(1, samples * C * H * W);
    let y = on_every_device!(|device| {
        let (context, x) = (Context::new(device, 0), device.tensor(&x));
        let (mut blocks, mut y) = (device.output(x.len()), device.output(samples * C));
        device.pack_channels([C, H * W], x.data(), blocks.data_mut());
        let marked = blocks.view::<ChannelBlocks<[[[f32; W]; H]; C]>>();
        GlobalAvgPool2dOp {}.forward(&context, marked, y.view_mut::<[f32; C]>());
        y.read()
    });
    let expected: Vec<f64> = wide(&x).chunks(H * W).map(|x| x.iter().sum::<f64>() / (H * W) as f64).collect();
    assert_close(&format!("{samples} × [{C}, {H}, {W}]"), &y, &expected, 3e-7);
}

#[test]
fn blocks_of_channels() {
    blocked::<8, 1, 1>(1);
    blocked::<16, 3, 7>(2);
    blocked::<40, 15, 17>(3);
}

#[test]
fn any_number_of_threads() {
    passes::<33, 15, 17>(&numbers(1, 8 * 33 * 15 * 17), &numbers(2, 8 * 33));
}
