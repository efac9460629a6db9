//! Reductions against sums by index in `f64`, gradients against central differences.

use super::{Max, Shapes, Sum};
use crate::tensor::Grad;
use crate::testing::{assert_close, gradient, numbers, same_on_any_threads, set_and_add, view, view_mut, wide};
use crate::{Context, Pod, testing::Device};

/// `fold` over the inputs of every output, by index.
fn reference(s: Shapes, x: &[f64], start: f64, fold: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let sizes: Vec<usize> = std::iter::repeat_n(1, s.from.len() - s.to.len()).chain(s.to.iter().copied()).collect();
    let (from, to): (usize, usize) = (s.from.iter().product(), sizes.iter().product());
    let mut y = vec![start; x.len() / from * to];
    for (i, x) in x.iter().enumerate() {
        let (mut rest, mut at, mut stride) = (i % from, 0, 1);
        for (&size, &kept) in s.from.iter().zip(&sizes).rev() {
            at += if kept == 1 { 0 } else { rest % size * stride };
            (rest, stride) = (rest / size, stride * kept);
        }
        let y = &mut y[i / from * to + at];
        *y = fold(*y, *x);
    }
    y
}

fn case<S: Pod<Element = f32>, O: Pod<Element = f32>>(samples: usize, from: &'static [usize], to: &'static [usize]) {
    let cpu = Device::with_threads(1);
    let context = Context { device: &cpu, seed: 0 };
    let shapes = Shapes { from, to };
    let (x, dy) = (numbers(1, samples * S::LEN), numbers(2, samples * O::LEN));
    let what = format!("{samples} × {shapes:?}");

    let op = Sum { shapes, scale: 0.25 };
    let sums = |x: &[f64]| reference(shapes, x, 0.0, |a, b| a + 0.25 * b);
    let mut y = vec![f32::NAN; dy.len()];
    op.forward(&context, view::<S>(&x), view_mut::<O>(&mut y));
    assert_close(&what, &y, &sums(&wide(&x)), 3e-7);
    let dx =
        set_and_add(x.len(), |d, write| op.backward(&context, view::<O>(&dy), Grad { to: view_mut::<S>(d), write }));
    assert_close(&what, &dx, &gradient(sums, &wide(&x), &dy), 3e-7);

    let op = Max { shapes };
    let largest = |x: &[f64]| reference(shapes, x, f64::NEG_INFINITY, f64::max);
    op.forward(&context, view::<S>(&x), view_mut::<O>(&mut y));
    assert_close(&what, &y, &largest(&wide(&x)), 0.0);
    let dx = set_and_add(x.len(), |d, write| {
        op.backward(&context, view::<S>(&x), view::<O>(&y), view::<O>(&dy), Grad { to: view_mut::<S>(d), write });
    });
    assert_close(&what, &dx, &gradient(largest, &wide(&x), &dy), 3e-7);
}

#[test]
fn values_and_gradients() {
    case::<[f32; 1], f32>(1, &[1], &[1]);
    case::<[f32; 37], f32>(3, &[37], &[]);
    case::<[[f32; 5]; 3], [f32; 5]>(2, &[3, 5], &[1, 5]);
    case::<[[f32; 5]; 3], [[f32; 1]; 3]>(1, &[3, 5], &[3, 1]);
    case::<[[f32; 5]; 3], f32>(4, &[3, 5], &[1, 1]);
    case::<[[f32; 5]; 3], [[f32; 5]; 3]>(2, &[3, 5], &[3, 5]);
    case::<[[[f32; 5]; 4]; 3], [f32; 3]>(2, &[3, 4, 5], &[3, 1, 1]);
    case::<[[[f32; 5]; 4]; 3], [[f32; 5]; 3]>(2, &[3, 4, 5], &[3, 1, 5]);
    case::<[[[f32; 5]; 4]; 3], [[[f32; 1]; 4]; 1]>(1, &[3, 4, 5], &[1, 4, 1]);
    case::<[[[f32; 1]; 4]; 3], [f32; 4]>(5, &[3, 4, 1], &[4, 1]);
}

#[test]
fn equal_numbers_share_the_gradient() {
    let cpu = Device::with_threads(1);
    let context = Context { device: &cpu, seed: 0 };
    let (x, mut y, mut dx) = ([2.0, 5.0, 5.0, -1.0], [0.0], [0.0; 4]);
    let op = Max { shapes: Shapes { from: &[4], to: &[1] } };
    op.forward(&context, view::<[f32; 4]>(&x), view_mut::<f32>(&mut y));
    op.backward(&context, view::<[f32; 4]>(&x), view::<f32>(&y), view::<f32>(&[1.0]), Grad::set(view_mut(&mut dx)));
    assert_eq!((y, dx), ([5.0], [0.0, 0.5, 0.5, 0.0]));
}

#[test]
fn nan_is_seen() {
    let (cpu, mut y) = (Device::with_threads(1), [0.0; 2]);
    let op = Max { shapes: Shapes { from: &[3], to: &[] } };
    let x = [1.0, f32::NAN, 2.0, f32::NEG_INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY];
    op.forward(&Context { device: &cpu, seed: 0 }, view::<[f32; 3]>(&x), view_mut::<f32>(&mut y));
    assert!(y[0].is_nan() && y[1] == f32::NEG_INFINITY);
}

#[test]
fn any_number_of_threads() {
    let x = numbers(1, 300 * 15 * 17);
    same_on_any_threads(|cpu| {
        let mut y = vec![0.0; 300 * 15];
        let op = Sum { shapes: Shapes { from: &[15, 17], to: &[15, 1] }, scale: 1.0 };
        op.forward(&Context { device: cpu, seed: 0 }, view::<[[f32; 17]; 15]>(&x), view_mut::<[f32; 15]>(&mut y));
        y
    });
}
