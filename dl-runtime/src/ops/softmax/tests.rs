//! Softmax against `f64` and central differences, over rows and places.

use super::Op;
use crate::tensor::{Grad, Write};
use crate::testing::{assert_close, gradient, numbers, same_on_any_threads, set_and_add, view, view_mut, wide};
use crate::{Context, Pod, testing::Device};

/// Softmax of rows of `classes`.
fn rows(classes: usize) -> Op {
    Op { classes, places: 1, log: false }
}

fn reference(op: Op, x: &[f64]) -> Vec<f64> {
    let Op { classes, places, log } = op;
    let mut y = x.to_vec();
    for sample in y.chunks_mut(classes * places) {
        for place in 0..places {
            let sum: f64 = (0..classes).map(|c| sample[c * places + place].exp()).sum();
            for c in 0..classes {
                let x = &mut sample[c * places + place];
                *x = if log { *x - sum.ln() } else { x.exp() / sum };
            }
        }
    }
    y
}

fn case<T: Pod<Element = f32>, const C: usize>(samples: usize) {
    both::<T, C>(samples, Op { classes: C, places: T::LEN, log: false });
    both::<T, C>(samples, Op { classes: C, places: T::LEN, log: true });
}

fn both<T: Pod<Element = f32>, const C: usize>(samples: usize, op: Op) {
    let cpu = Device::with_threads(1);
    let context = Context { device: &cpu, seed: 0 };
    let n = samples * C * T::LEN;
    let (x, dy) = (numbers(1, n), numbers(2, n));
    let what = format!("{op:?}, {samples} samples");

    let mut y = vec![f32::NAN; n];
    op.forward(&context, view::<[T; C]>(&x), view_mut(&mut y));
    assert_close(&what, &y, &reference(op, &wide(&x)), 5e-7);
    let mut in_place = x.clone();
    op.forward_in_place(&context, view_mut::<[T; C]>(&mut in_place));
    assert_eq!(in_place, y);

    let dx = set_and_add(n, |dx, write| {
        let d_input = Grad { to: view_mut::<[T; C]>(dx), write };
        op.backward(&context, view(&y), view(&dy), d_input);
    });
    assert_close(&what, &dx, &gradient(|x| reference(op, x), &wide(&x), &dy), 1e-6);
    let mut in_place = dy;
    let d = view_mut::<[T; C]>(&mut in_place);
    op.backward_in_place(&context, view(&y), d);
    assert_eq!(in_place, dx);
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
    // Rows of an outer axis.
    both::<[f32; 5], 3>(2, rows(5));
}

#[test]
fn large_logits_do_not_overflow() {
    let cpu = Device::with_threads(1);
    let mut x = [1000.0, 999.0, f32::NEG_INFINITY, -1e30];
    rows(4).forward_in_place(&Context { device: &cpu, seed: 0 }, view_mut::<[f32; 4]>(&mut x));
    assert_close("shares", &x, &[1.0 / (1.0 + (-1f64).exp()), 1.0 / (1.0 + 1f64.exp()), 0.0, 0.0], 1e-7);
    let mut x = [f32::NAN, 1.0];
    rows(2).forward_in_place(&Context { device: &cpu, seed: 0 }, view_mut::<[f32; 2]>(&mut x));
    assert!(x.iter().all(|x| x.is_nan()));
    let mut x = [-1e30, 0.0, f32::NAN, 1.0];
    let log = Op { log: true, ..rows(2) };
    log.forward_in_place(&Context { device: &cpu, seed: 0 }, view_mut::<[f32; 2]>(&mut x));
    assert!(x[..2] == [-1e30, 0.0] && x[2].is_nan() && x[3].is_nan());
}

#[test]
fn any_number_of_threads() {
    let n = 300 * 65;
    let (x, dy) = (numbers(1, n), numbers(2, n));
    same_on_any_threads(|cpu| {
        let context = Context { device: cpu, seed: 0 };
        let (mut y, mut dx) = (x.clone(), vec![0.0; n]);
        rows(65).forward_in_place(&context, view_mut::<[f32; 65]>(&mut y));
        let d_input = Grad { to: view_mut::<[f32; 65]>(&mut dx), write: Write::Set };
        rows(65).backward(&context, view(&y), view(&dy), d_input);
        [y, dx].concat()
    });
}
