//! Masks: how many stay, that they repeat and differ, and that forward and backward agree.

use super::Op;
use crate::tensor::{Grad, Write};
use crate::testing::{numbers, same_on_any_threads, set_and_add, view, view_mut};
use crate::{Context, testing::Device};

fn forward(cpu: &Device, seed: u64, op: Op, x: &[f32]) -> Vec<f32> {
    let mut y = vec![f32::NAN; x.len()];
    let context = Context { device: cpu, seed };
    op.forward(&context, view::<f32>(x), view_mut(&mut y));
    y
}

#[test]
fn a_share_of_rate_is_zero_and_the_mean_stays() {
    let cpu = Device::with_threads(1);
    let n = 100_000;
    for rate in [0.1, 0.5, 0.8] {
        let y = forward(&cpu, 1, Op { rate, id: 0 }, &vec![1.0; n]);
        let scale = 1.0 / (1.0 - rate);
        assert!(y.iter().all(|&y| y == 0.0 || y == scale));
        let zeros = y.iter().filter(|y| **y == 0.0).count() as f32 / n as f32;
        // Four standard errors of a share.
        assert!((zeros - rate).abs() < 4.0 * (rate * (1.0 - rate) / n as f32).sqrt(), "{zeros} of {rate}");
        // Neighbours are independent: the share of pairs is the square.
        let pairs = y.windows(2).filter(|y| y[0] == 0.0 && y[1] == 0.0).count() as f32 / n as f32;
        assert!((pairs - rate * rate).abs() < 0.01, "{pairs} of {}", rate * rate);
    }
}

#[test]
fn seed_and_id_choose_the_mask() {
    let cpu = Device::with_threads(1);
    let x = numbers(1, 1000);
    let mask = |seed, id| forward(&cpu, seed, Op { rate: 0.5, id }, &x);
    assert_eq!(mask(1, 0), mask(1, 0));
    assert_ne!(mask(1, 0), mask(2, 0));
    assert_ne!(mask(1, 0), mask(1, 1));
}

#[test]
fn nothing_and_everything() {
    let cpu = Device::with_threads(1);
    let x = numbers(1, 100);
    assert_eq!(forward(&cpu, 1, Op { rate: 0.0, id: 0 }, &x), x);
    assert!(forward(&cpu, 1, Op { rate: 1.0, id: 0 }, &x).iter().all(|y| *y == 0.0));
    assert!(forward(&cpu, 1, Op { rate: 0.5, id: 0 }, &[f32::NAN; 100]).iter().all(|y| y.is_nan()));
}

#[test]
fn backward_uses_the_mask_of_forward() {
    let cpu = Device::with_threads(1);
    let context = Context { device: &cpu, seed: 5 };
    for n in [1, 63, 64, 65, 1000] {
        let (op, dy) = (Op { rate: 0.3, id: 2 }, numbers(2, n));
        // The operation is linear, so its gradient is itself.
        let expected = forward(&cpu, 5, op, &dy);
        let dx = set_and_add(n, |dx, write| {
            op.backward(&context, view::<f32>(&dy), Grad { to: view_mut(dx), write });
        });
        assert_eq!(dx, expected);
        let (mut value, mut d) = (dy.clone(), dy);
        op.forward_in_place(&context, view_mut::<f32>(&mut value));
        op.backward_in_place(&context, view_mut::<f32>(&mut d));
        assert_eq!((&value, &d), (&expected, &expected));
    }
}

#[test]
fn the_first_masks_for_good() {
    let y = forward(&Device::with_threads(1), 42, Op { rate: 0.5, id: 7 }, &[1.0; 12]);
    // Counters [i, 0, 7, 1] under the key [42, 0], by an implementation in Python.
    assert_eq!(y, [2.0, 0.0, 0.0, 0.0, 0.0, 2.0, 2.0, 0.0, 0.0, 0.0, 0.0, 2.0]);
}

#[test]
fn any_number_of_threads() {
    let x = numbers(1, 50_001);
    same_on_any_threads(|cpu| {
        let mut y = forward(cpu, 1, Op { rate: 0.2, id: 0 }, &x);
        let to = Grad { to: view_mut::<f32>(&mut y), write: Write::Add };
        Op { rate: 0.2, id: 1 }.backward(&Context { device: cpu, seed: 1 }, view(&x), to);
        y
    });
}
