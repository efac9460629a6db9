//! The parametric rectifier against `f64` and central differences.

use super::{Op, Prelu};
use crate::init::{Init, rng};
use crate::tensor::{Grad, Write};
use crate::testing::{assert_close, gradient, numbers, same_on_any_threads, set_and_add, view, view_mut, wide};
use crate::{Context, Pod, testing::Device};

fn reference(weights: &[f64], x: &[f64], sample: usize) -> Vec<f64> {
    let area = sample / weights.len();
    let y = |(i, x): (usize, &f64)| if *x > 0.0 { *x } else { weights[i / area % weights.len()] * x };
    x.iter().enumerate().map(y).collect()
}

fn case<S: Pod<Element = f32>, const C: usize>(samples: usize) {
    let cpu = Device::with_threads(1);
    let context = Context { device: &cpu, seed: 0 };
    let len = samples * S::LEN;
    let (w, x, dy) = (numbers(1, C), numbers(2, len), numbers(3, len));
    let what = format!("prelu of {samples} samples of {} with {C} weights", S::LEN);
    let mut y = vec![f32::NAN; len];
    Op {}.forward(&context, view::<Prelu<C>>(&w), view::<S>(&x), view_mut(&mut y));
    assert_close(&what, &y, &reference(&wide(&w), &wide(&x), S::LEN), 1e-7);
    let backward = |dw: &mut [f32], write, dx: Option<(&mut [f32], Write)>| {
        let d_weights = Grad { to: view_mut(dw), write };
        let d_input = dx.map(|(dx, write)| Grad { to: view_mut(dx), write });
        Op {}.backward(&context, view::<Prelu<C>>(&w), view::<S>(&x), view(&dy), d_weights, d_input);
    };
    let dw = set_and_add(C, |dw, write| backward(dw, write, None));
    assert_close(&what, &dw, &gradient(|w| reference(w, &wide(&x), S::LEN), &wide(&w), &dy), 1e-6);
    let dx = set_and_add(len, |dx, write| backward(&mut [0.0; C], Write::Set, Some((dx, write))));
    assert_close(&what, &dx, &gradient(|x| reference(&wide(&w), x, S::LEN), &wide(&x), &dy), 1e-6);
}

#[test]
fn values_and_gradients() {
    case::<[f32; 1], 1>(1);
    case::<[f32; 37], 1>(3);
    case::<[f32; 5], 5>(4);
    case::<[[[f32; 5]; 3]; 4], 4>(2);
    case::<[[[f32; 5]; 3]; 4], 1>(1);
}

#[test]
fn begins_with_a_quarter() {
    let mut weights = Prelu::<2> { weight: [0.0; 2] };
    weights.init(Init::Constant(0.25), &mut rng(1));
    assert_eq!(weights.weight, [0.25; 2]);
}

#[test]
fn any_number_of_threads() {
    let (w, x, dy) = (numbers(1, 6), numbers(2, 300 * 6 * 55), numbers(3, 300 * 6 * 55));
    same_on_any_threads(|cpu| {
        let (mut dx, mut dw) = (vec![0.0; x.len()], vec![0.0; 6]);
        let (d_weights, d_input) = (Grad::set(view_mut(&mut dw)), Some(Grad::set(view_mut(&mut dx))));
        let (w, x) = (view::<Prelu<6>>(&w), view::<[[f32; 55]; 6]>(&x));
        Op {}.backward(&Context { device: cpu, seed: 0 }, w, x, view(&dy), d_weights, d_input);
        [dx, dw].concat()
    });
}
