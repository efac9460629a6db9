//! Gated linear units against `f64` and central differences.

use super::Op;
use crate::ops::Grad;
use crate::testing::{assert_close, gradient, numbers, set_and_add, view, view_mut, wide};
use crate::{Pass, Plain, testing::Device};

fn case<X: Plain<Element = f32>, Y: Plain<Element = f32>>(samples: usize) {
    let cpu = Device::with_threads(1);
    let pass = Pass { device: &cpu, seed: 0 };
    let reference = |x: &[f64]| {
        let sample = |x: &[f64]| {
            let (a, b) = x.split_at(Y::LEN);
            a.iter().zip(b).map(|(a, b)| a / (1.0 + (-b).exp())).collect::<Vec<_>>()
        };
        x.chunks(X::LEN).flat_map(sample).collect::<Vec<_>>()
    };
    let (x, dy) = (numbers(1, samples * X::LEN), numbers(2, samples * Y::LEN));
    let mut y = vec![f32::NAN; dy.len()];
    Op {}.forward(&pass, view::<X>(&x), view_mut::<Y>(&mut y));
    assert_close("glu", &y, &reference(&wide(&x)), 3e-7);
    let dx = set_and_add(x.len(), |d, write| {
        Op {}.backward(&pass, view::<X>(&x), view::<Y>(&dy), Grad { to: view_mut(d), write });
    });
    assert_close("gradient of glu", &dx, &gradient(reference, &wide(&x), &dy), 1e-6);
}

#[test]
fn values_and_gradients() {
    case::<[f32; 2], [f32; 1]>(1);
    case::<[f32; 74], [f32; 37]>(3);
    case::<[[[f32; 5]; 3]; 4], [[[f32; 5]; 3]; 2]>(2);
}
