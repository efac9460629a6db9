//! Shuffles of channels against reshape, transposition and reshape in f64, and their gradient against central differences.

use super::*;
use crate::testing::{TestDevice, assert_close, gradient, numbers, on_every_device, wide};

/// The definition: `[groups, c / groups, …]` read as `[c / groups, groups, …]`.
fn shuffled(groups: usize, channels: usize, spatial_size: usize, x: &[f64]) -> Vec<f64> {
    let of_group = channels / groups;
    let mut y = Vec::new();
    for sample in x.chunks(channels * spatial_size) {
        for j in 0..of_group {
            for k in 0..groups {
                y.extend(&sample[(k * of_group + j) * spatial_size..][..spatial_size]);
            }
        }
    }
    y
}

fn check<X: Image>(samples: usize, groups: usize) {
    let op = ChannelShuffleOp { groups };
    let (x, dy) = (numbers(1, samples * X::LEN), numbers(2, samples * X::LEN));
    let [y, dx] = on_every_device!(|device| {
        let (context, mut y) = (Context { device, seed: 0 }, device.output(x.len()));
        let [x, dy] = [&x, &dy].map(|x| device.tensor(x));
        op.forward(&context, x.view::<X>(), y.view_mut::<X>());
        let dx = device.set_and_add(dy.len(), |d, write| op.backward(&context, dy.view::<X>(), d.grad::<X>(write)));
        [y.read(), dx]
    });
    let (what, spatial_size) = (format!("{op:?}"), X::SIZE[0] * X::SIZE[1]);
    let reference = |x: &[f64]| shuffled(groups, X::CHANNELS, spatial_size, x);
    assert_close(&what, &y, &reference(&wide(&x)), 0.0);
    assert_close(&what, &dx, &gradient(reference, &wide(&x), &dy), 1e-6);
}

#[test]
fn values_and_gradients() {
    check::<[[[f32; 3]; 2]; 1]>(1, 1);
    check::<[[[f32; 3]; 2]; 6]>(3, 2);
    check::<[[[f32; 5]; 1]; 6]>(2, 3);
    check::<[[[f32; 2]; 3]; 4]>(2, 4);
    check::<[[[f32; 9]; 8]; 12]>(30, 4);
}
