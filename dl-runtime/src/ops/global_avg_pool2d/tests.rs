//! Means against `f64`, gradients against central differences.

use super::Op;
use crate::tensor::Grad;
use crate::testing::{assert_close, gradient, numbers, same_on_any_threads, set_and_add, view, view_mut, wide};
use crate::{Context, testing::Device};

fn forward<const C: usize, const H: usize, const W: usize>(cpu: &Device, samples: usize, x: &[f32]) -> Vec<f32> {
    let mut y = vec![f32::NAN; samples * C];
    let input = view::<[[[f32; W]; H]; C]>(x);
    Op {}.forward(&Context { device: cpu, seed: 0 }, input, view_mut::<[f32; C]>(&mut y));
    y
}

fn case<const C: usize, const H: usize, const W: usize>(samples: usize) {
    let cpu = Device::with_threads(1);
    let (x, dy) = (numbers(1, samples * C * H * W), numbers(2, samples * C));
    let reference = |x: &[f64]| x.chunks(H * W).map(|x| x.iter().sum::<f64>() / (H * W) as f64).collect::<Vec<_>>();
    let what = format!("{samples} × [{C}, {H}, {W}]");
    assert_close(&what, &forward::<C, H, W>(&cpu, samples, &x), &reference(&wide(&x)), 3e-7);
    let dx = set_and_add(x.len(), |dx, write| {
        let d_input = Grad { to: view_mut::<[[[f32; W]; H]; C]>(dx), write };
        Op {}.backward(&Context { device: &cpu, seed: 0 }, view::<[f32; C]>(&dy), d_input);
    });
    assert_close(&what, &dx, &gradient(reference, &wide(&x), &dy), 3e-7);
}

#[test]
fn values_and_gradients() {
    case::<1, 1, 1>(1);
    case::<3, 1, 1>(2);
    case::<5, 3, 7>(1);
    case::<2, 6, 6>(3);
}

#[test]
fn any_number_of_threads() {
    let x = numbers(1, 8 * 33 * 15 * 17);
    same_on_any_threads(|cpu| forward::<33, 15, 17>(cpu, 8, &x));
}
