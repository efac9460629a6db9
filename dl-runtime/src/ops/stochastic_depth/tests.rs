//! Masks of samples: how many stay, that whole samples go, that masks repeat and differ, and that forward and backward agree.

use super::{StochasticDepthOp, StochasticDepthOverTimeOp};
use crate::random::{Purpose, words};
use crate::testing::{Lengths, TestDevice, numbers, on_every_device};
use crate::{Context, Pod};

fn forward<S: Pod<Element = f32>>(seed: u64, op: StochasticDepthOp, x: &[f32]) -> Vec<f32> {
    on_every_device!(|device| {
        let (x, mut y) = (device.tensor(x), device.output(x.len()));
        op.forward(&Context::new(device, seed), x.view::<S>(), y.view_mut());
        y.read()
    })
}

#[test]
fn a_share_of_rate_is_zero_and_the_mean_stays() {
    let n = 20_000;
    for rate in [0.1, 0.5, 0.8] {
        let y = forward::<[f32; 3]>(1, StochasticDepthOp { rate, id: 0 }, &vec![1.0; 3 * n]);
        let scale = 1.0 / (1.0 - rate);
        assert!(y.chunks(3).all(|y| y == [0.0; 3] || y == [scale; 3]));
        let zeros = y.chunks(3).filter(|y| y[0] == 0.0).count() as f32 / n as f32;
        // Four standard errors of a share.
        assert!((zeros - rate).abs() < 4.0 * (rate * (1.0 - rate) / n as f32).sqrt(), "{zeros} of {rate}");
        // Neighbours are independent: the share of pairs is the square.
        let pairs = y.windows(6).step_by(3).filter(|y| y[0] == 0.0 && y[3] == 0.0).count() as f32 / n as f32;
        assert!((pairs - rate * rate).abs() < 0.015, "{pairs} of {}", rate * rate);
    }
}

#[test]
fn sample_i_has_word_i() {
    let y = forward::<[f32; 2]>(9, StochasticDepthOp { rate: 0.5, id: 3 }, &[1.0; 2 * 150]);
    let all = (0..3).flat_map(|group| words(9, 3, Purpose::StochasticDepth, group));
    let expected: Vec<f32> = all.take(150).flat_map(|word| [if word >= 1 << 31 { 2.0 } else { 0.0 }; 2]).collect();
    assert_eq!(y, expected);
}

#[test]
fn seed_and_id_choose_the_mask() {
    let x = numbers(1, 1000);
    let mask = |seed, id| forward::<[f32; 5]>(seed, StochasticDepthOp { rate: 0.5, id }, &x);
    assert_eq!(mask(1, 0), mask(1, 0));
    assert_ne!(mask(1, 0), mask(2, 0));
    assert_ne!(mask(1, 0), mask(1, 1));
}

#[test]
fn nothing_and_everything() {
    let x = numbers(1, 100);
    let run = |rate, x: &[f32]| forward::<[f32; 4]>(1, StochasticDepthOp { rate, id: 0 }, x);
    assert_eq!(run(0.0, &x), x);
    assert!(run(1.0, &x).iter().all(|y| *y == 0.0));
    assert!(run(0.5, &[f32::NAN; 100]).iter().all(|y| y.is_nan()));
}

#[test]
fn backward_uses_the_mask_of_forward() {
    for samples in [1, 63, 64, 65, 200] {
        let (op, dy) = (StochasticDepthOp { rate: 0.3, id: 2 }, numbers(2, samples * 7));
        let dx = on_every_device!(|device| {
            let (context, dy) = (Context::new(device, 5), device.tensor(&dy));
            device.set_and_add(dy.len(), |dx, write| op.backward(&context, dy.view::<[f32; 7]>(), dx.grad(write)))
        });
        // The operation is linear, so its gradient is itself.
        assert_eq!(dx, forward::<[f32; 7]>(5, op, &dy));
    }
}

#[test]
fn rows_of_a_sample_share_its_draw() {
    let counts: Vec<usize> = (0..150).map(|sample| sample * 7 % 5).collect();
    let (lengths, op) = (Lengths::ragged(&counts), StochasticDepthOverTimeOp { rate: 0.5, id: 3 });
    let x = numbers(1, lengths.rows() * 3);
    let [y, dx] = on_every_device!(|device| {
        let (context, x, mut y) = (Context::new(device, 9), device.tensor(&x), device.output(x.len()));
        let ends = lengths.ends_on(device);
        let sequences = lengths.sequences(&ends);
        op.forward(&context, sequences, x.view::<[f32; 3]>(), y.view_mut());
        let dx = device.set_and_add(x.len(), |dx, write| {
            op.backward(&context, sequences, x.view::<[f32; 3]>(), dx.grad(write));
        });
        [y.read(), dx]
    });
    // Each sample has the draw that it has without rows.
    let draws = forward::<[f32; 1]>(9, StochasticDepthOp { rate: 0.5, id: 3 }, &[1.0; 150]);
    let factors = lengths.ranges().into_iter().zip(draws).flat_map(|(rows, draw)| vec![draw; rows.len() * 3]);
    let expected: Vec<f32> = x.iter().zip(factors).map(|(x, factor)| x * factor).collect();
    assert_eq!(y, expected);
    assert_eq!(dx, expected);
}
