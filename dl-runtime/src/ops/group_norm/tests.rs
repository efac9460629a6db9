//! Group normalisation against `f64` and central differences.

use super::{GroupNorm, Op, Unweighted};
use crate::tensor::{Grad, Write};
use crate::testing::{assert_close, gradient, numbers, same_on_any_threads, set_and_add, view, view_mut, wide};
use crate::{Context, Pod, testing::Device};

const EPSILON: f32 = 1e-5;

fn reference(groups: usize, weights: &[f64], x: &[f64], area: usize) -> Vec<f64> {
    let channels = weights.len() / 2;
    let n = channels / groups * area;
    let mut y = Vec::new();
    for (i, group) in x.chunks(n).enumerate() {
        let mean = group.iter().sum::<f64>() / n as f64;
        let var = group.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64;
        let inverse = 1.0 / (var + f64::from(EPSILON)).sqrt();
        y.extend(group.iter().enumerate().map(|(j, x)| {
            let c = i % groups * (channels / groups) + j / area;
            weights[c] * (x - mean) * inverse + weights[channels + c]
        }));
    }
    y
}

fn case<T: Pod<Element = f32>, const C: usize>(groups: usize, samples: usize) {
    let cpu = Device::with_threads(1);
    let context = Context { device: &cpu, seed: 0 };
    let len = samples * C * T::LEN;
    let (w, x, dy) = (numbers(1, 2 * C), numbers(2, len), numbers(3, len));
    let what = format!("{groups} groups of {samples} × {C} channels of {}", T::LEN);
    let op = Op { groups, epsilon: EPSILON };

    let mut y = vec![f32::NAN; len];
    op.forward(&context, view::<GroupNorm<C>>(&w), view::<[T; C]>(&x), view_mut(&mut y));
    assert_close(&what, &y, &reference(groups, &wide(&w), &wide(&x), T::LEN), 2e-6);

    let backward = |dw: &mut [f32], write, dx: Option<(&mut [f32], Write)>| {
        let d_weights = Grad { to: view_mut(dw), write };
        let d_input = dx.map(|(dx, write)| Grad { to: view_mut(dx), write });
        op.backward(&context, view::<GroupNorm<C>>(&w), view::<[T; C]>(&x), view(&dy), d_weights, d_input);
    };
    let dw = set_and_add(2 * C, |dw, write| backward(dw, write, None));
    let expected = gradient(|w| reference(groups, w, &wide(&x), T::LEN), &wide(&w), &dy);
    assert_close(&what, &dw, &expected, 2e-6);
    let dx = set_and_add(len, |dx, write| backward(&mut vec![0.0; 2 * C], Write::Set, Some((dx, write))));
    let expected = gradient(|x| reference(groups, &wide(&w), x, T::LEN), &wide(&x), &dy);
    assert_close(&what, &dx, &expected, 4e-6);

    // Without weights: as with scales of 1 and shifts of 0.
    let plain: Vec<f64> = (0..2 * C).map(|i| if i < C { 1.0 } else { 0.0 }).collect();
    let op = Unweighted { groups, epsilon: EPSILON };
    op.forward(&context, view::<[T; C]>(&x), view_mut(&mut y));
    assert_close(&what, &y, &reference(groups, &plain, &wide(&x), T::LEN), 2e-6);
    let dx = set_and_add(len, |dx, write| {
        op.backward(&context, view::<[T; C]>(&x), view(&dy), Grad { to: view_mut(dx), write });
    });
    assert_close(&what, &dx, &gradient(|x| reference(groups, &plain, x, T::LEN), &wide(&x), &dy), 4e-6);
}

#[test]
fn values_and_gradients() {
    case::<f32, 1>(1, 1);
    case::<f32, 6>(2, 3);
    case::<[[f32; 5]; 3], 4>(1, 2);
    case::<[[f32; 5]; 3], 4>(2, 1);
    case::<[[f32; 5]; 3], 4>(4, 3);
    case::<[[f32; 7]; 5], 6>(3, 2);
}

#[test]
#[should_panic(expected = "groups of channels")]
fn groups_divide_the_channels() {
    let (cpu, mut y) = (Device::with_threads(1), [0.0; 3]);
    let op = Unweighted { groups: 2, epsilon: EPSILON };
    op.forward(&Context { device: &cpu, seed: 0 }, view::<[f32; 3]>(&[0.0; 3]), view_mut(&mut y));
}

#[test]
fn begins_as_plain_normalisation() {
    let mut weights = GroupNorm::<3> { weight: [0.0; 3], bias: [5.0; 3] };
    weights.init(&mut crate::init::rng(1));
    assert_eq!((weights.weight, weights.bias), ([1.0; 3], [0.0; 3]));
}

#[test]
fn any_number_of_threads() {
    type Image = [[[f32; 17]; 15]; 6];
    let (w, x, dy) = (numbers(1, 12), numbers(2, 70 * Image::LEN), numbers(3, 70 * Image::LEN));
    same_on_any_threads(|cpu| {
        let context = Context { device: cpu, seed: 0 };
        let (mut y, mut dx, mut dw) = (vec![0.0; x.len()], vec![0.0; x.len()], vec![0.0; 12]);
        let op = Op { groups: 3, epsilon: EPSILON };
        op.forward(&context, view::<GroupNorm<6>>(&w), view::<Image>(&x), view_mut(&mut y));
        let (d_weights, d_input) = (Grad::set(view_mut(&mut dw)), Some(Grad::set(view_mut(&mut dx))));
        op.backward(&context, view::<GroupNorm<6>>(&w), view::<Image>(&x), view(&dy), d_weights, d_input);
        [y, dx, dw].concat()
    });
}
