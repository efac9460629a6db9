//! Checks the share of zeros, that masks depend on seed and id alone, and that forward and backward use the same mask.

use super::DropoutOp;
use crate::Context;
use crate::tensor::Write;
use crate::testing::{TestDevice, numbers, on_every_device};

fn forward(seed: u64, op: DropoutOp, x: &[f32]) -> Vec<f32> {
    on_every_device!(|device| {
        let (x, mut y) = (device.tensor(x), device.output(x.len()));
        op.forward(&Context::new(device, seed), x.view::<f32>(), y.view_mut());
        y.read()
    })
}

#[test]
fn a_share_of_rate_is_zero_and_the_mean_stays() {
    let n = 100_000;
    for rate in [0.1, 0.5, 0.8] {
        let y = forward(1, DropoutOp { rate, id: 0 }, &vec![1.0; n]);
        let scale = 1.0 / (1.0 - rate);
        assert!(y.iter().all(|&y| y == 0.0 || y == scale));
        let zeros = y.iter().filter(|y| **y == 0.0).count() as f32 / n as f32;
        // The tolerance is four standard errors.
        assert!((zeros - rate).abs() < 4.0 * (rate * (1.0 - rate) / n as f32).sqrt(), "{zeros} of {rate}");
        // Neighbours are independent, so the share of pairs of zeros is the square.
        let pairs = y.windows(2).filter(|y| y[0] == 0.0 && y[1] == 0.0).count() as f32 / n as f32;
        assert!((pairs - rate * rate).abs() < 0.01, "{pairs} of {}", rate * rate);
    }
}

#[test]
fn seed_and_id_choose_the_mask() {
    let x = numbers(1, 1000);
    let mask = |seed, id| forward(seed, DropoutOp { rate: 0.5, id }, &x);
    assert_eq!(mask(1, 0), mask(1, 0));
    assert_ne!(mask(1, 0), mask(2, 0));
    assert_ne!(mask(1, 0), mask(1, 1));
}

#[test]
fn nothing_and_everything() {
    let x = numbers(1, 100);
    assert_eq!(forward(1, DropoutOp { rate: 0.0, id: 0 }, &x), x);
    assert!(forward(1, DropoutOp { rate: 1.0, id: 0 }, &x).iter().all(|y| *y == 0.0));
    assert!(forward(1, DropoutOp { rate: 0.5, id: 0 }, &[f32::NAN; 100]).iter().all(|y| y.is_nan()));
}

#[test]
fn backward_uses_the_mask_of_forward() {
    for n in [1, 63, 64, 65, 1000] {
        let (op, dy) = (DropoutOp { rate: 0.3, id: 2 }, numbers(2, n));
        let [dx, y_in_place, dx_in_place] = on_every_device!(|device| {
            let (context, mut y, mut d) = (Context::new(device, 5), device.tensor(&dy), device.tensor(&dy));
            let dy = device.tensor(&dy);
            let dx = device.set_and_add(n, |dx, write| op.backward(&context, dy.view::<f32>(), dx.grad(write)));
            op.forward_in_place(&context, y.view_mut::<f32>());
            op.backward_in_place(&context, d.view_mut::<f32>());
            [dx, y.read(), d.read()]
        });
        // The operation is linear, so its gradient is the operation itself.
        let expected = forward(5, op, &dy);
        assert_eq!((&dx, &y_in_place, &dx_in_place), (&expected, &expected, &expected));
    }
}

#[test]
fn the_first_masks_for_good() {
    let y = forward(42, DropoutOp { rate: 0.5, id: 7 }, &[1.0; 12]);
    // The mask was computed by an implementation in Python, for counters [i, 0, 7, 1] and the key [42, 0].
    assert_eq!(y, [2.0, 0.0, 0.0, 0.0, 0.0, 2.0, 2.0, 0.0, 0.0, 0.0, 0.0, 2.0]);
}

#[test]
fn any_number_of_threads() {
    let x = numbers(1, 50_001);
    on_every_device!(|device| {
        let (context, x, mut y) = (Context::new(device, 1), device.tensor(&x), device.output(x.len()));
        DropoutOp { rate: 0.2, id: 0 }.forward(&context, x.view::<f32>(), y.view_mut());
        DropoutOp { rate: 0.2, id: 1 }.backward(&context, x.view::<f32>(), y.grad(Write::Add));
        y.read()
    });
}
