//! Compares softmax with `f64` and central differences, over rows and positions.

use super::{SoftmaxKernel, SoftmaxOp};
use crate::testing::{TestDevice, assert_close, gradient, numbers, on_every_device, wide};
use crate::{Context, Pod};

/// The softmax of rows of `classes` numbers.
fn rows(classes: usize) -> SoftmaxOp {
    SoftmaxOp { classes, positions: 1, log: false }
}

fn reference(op: SoftmaxOp, x: &[f64]) -> Vec<f64> {
    let SoftmaxOp { classes, positions, log } = op;
    let mut y = x.to_vec();
    for sample in y.chunks_mut(classes * positions) {
        for place in 0..positions {
            let sum: f64 = (0..classes).map(|c| sample[c * positions + place].exp()).sum();
            for c in 0..classes {
                let x = &mut sample[c * positions + place];
                *x = if log { *x - sum.ln() } else { x.exp() / sum };
            }
        }
    }
    y
}

fn case<T: Pod<Element = f32>, const C: usize>(samples: usize) {
    both::<T, C>(samples, SoftmaxOp { classes: C, positions: T::LEN, log: false });
    both::<T, C>(samples, SoftmaxOp { classes: C, positions: T::LEN, log: true });
}

/// The output and the gradient to the input, and the results of the passes in place.
fn passes<T: Pod<Element = f32>, const C: usize>(op: SoftmaxOp, x: &[f32], dy: &[f32]) -> [Vec<f32>; 4] {
    on_every_device!(|device| {
        let (mut y_in_place, mut dx_in_place) = (device.tensor(x), device.tensor(dy));
        let (context, x, mut y, dy) =
            (Context::new(device, 0), device.tensor(x), device.output(x.len()), device.tensor(dy));
        op.forward(&context, x.view::<[T; C]>(), y.view_mut());
        op.forward_in_place(&context, y_in_place.view_mut::<[T; C]>());
        let dx = device.set_and_add(x.len(), |dx, write| {
            op.backward(&context, y.view(), dy.view(), dx.grad::<[T; C]>(write));
        });
        op.backward_in_place(&context, y.view(), dx_in_place.view_mut::<[T; C]>());
        [y.read(), dx, y_in_place.read(), dx_in_place.read()]
    })
}

fn both<T: Pod<Element = f32>, const C: usize>(samples: usize, op: SoftmaxOp) {
    let n = samples * C * T::LEN;
    let (x, dy) = (numbers(1, n), numbers(2, n));
    let what = format!("{op:?}, {samples} samples");
    let [y, dx, y_in_place, dx_in_place] = passes::<T, C>(op, &x, &dy);
    assert_close(&what, &y, &reference(op, &wide(&x)), 5e-7);
    assert_close(&what, &dx, &gradient(|x| reference(op, x), &wide(&x), &dy), 1e-6);
    assert_eq!((y_in_place, dx_in_place), (y, dx));
}

#[test]
fn values_and_gradients() {
    case::<f32, 1>(1);
    case::<f32, 1>(3);
    case::<f32, 10>(1);
    case::<f32, 10>(5);
    case::<f32, 37>(3);
    case::<[[f32; 1]; 1], 3>(2);
    case::<[[f32; 5]; 3], 4>(2);
    case::<[[f32; 7]; 5], 3>(1);
    // Many positions, whose classes are computed side by side.
    case::<[[f32; 8]; 4], 4>(2);
    case::<[[f32; 19]; 9], 5>(2);
    // The rows of an outer axis.
    both::<[f32; 5], 3>(2, rows(5));
}

#[test]
fn large_logits_do_not_overflow() {
    let of = |op: SoftmaxOp, x: &[f32]| {
        on_every_device!(|device| {
            let mut x = device.tensor(x);
            device.softmax_forward_in_place(op, x.data_mut());
            x.read()
        })
    };
    let y = of(rows(4), &[1000.0, 999.0, f32::NEG_INFINITY, -1e30]);
    assert_close("shares", &y, &[1.0 / (1.0 + (-1f64).exp()), 1.0 / (1.0 + 1f64.exp()), 0.0, 0.0], 1e-7);
    assert!(of(rows(2), &[f32::NAN, 1.0]).iter().all(|y| y.is_nan()));
    let y = of(SoftmaxOp { log: true, ..rows(2) }, &[-1e30, 0.0, f32::NAN, 1.0]);
    assert!(y[..2] == [-1e30, 0.0] && y[2].is_nan() && y[3].is_nan());
}

#[test]
fn any_number_of_threads() {
    passes::<f32, 65>(rows(65), &numbers(1, 300 * 65), &numbers(2, 300 * 65));
}
