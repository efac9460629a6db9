//! Compares group normalisation with `f64` and central differences.

use super::{GroupNorm, GroupNormOp, Unweighted};
use crate::init::InitLayer;
use crate::tensor::Write;
use crate::testing::{Tensor, TestDevice, assert_close, gradient, numbers, on_every_device, wide};
use crate::{Context, Cpu, Pod};

const EPSILON: f32 = 1e-5;

fn reference(groups: usize, weights: &[f64], x: &[f64], spatial_size: usize) -> Vec<f64> {
    let channels = weights.len() / 2;
    let n = channels / groups * spatial_size;
    let mut y = Vec::new();
    for (i, group) in x.chunks(n).enumerate() {
        let mean = group.iter().sum::<f64>() / n as f64;
        let var = group.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64;
        let inverse = 1.0 / (var + f64::from(EPSILON)).sqrt();
        y.extend(group.iter().enumerate().map(|(j, x)| {
            let c = i % groups * (channels / groups) + j / spatial_size;
            weights[c] * (x - mean) * inverse + weights[channels + c]
        }));
    }
    y
}

fn case<T: Pod<Element = f32>, const C: usize>(groups: usize, samples: usize) {
    let len = samples * C * T::LEN;
    let (w, x, dy) = (numbers(1, 2 * C), numbers(2, len), numbers(3, len));
    let [y, dw, dx, plain_y, plain_dx] = on_every_device!(|device| {
        let (context, w, x, dy) = (Context::new(device, 0), device.tensor(&w), device.tensor(&x), device.tensor(&dy));
        let (net, x, dy) = (w.view::<GroupNorm<C>>(), x.view::<[T; C]>(), dy.view());
        let (mut y, mut plain_y) = (device.output(len), device.output(len));
        let op = GroupNormOp { groups, epsilon: EPSILON };
        op.forward(&context, net, x, y.view_mut());
        let backward = |dw: &mut Tensor<_>, write, dx: Option<(&mut Tensor<_>, Write)>| {
            op.backward(&context, net, x, dy, dw.grad(write), dx.map(|(dx, write)| dx.grad(write)));
        };
        let dw = device.set_and_add(2 * C, |dw, write| backward(dw, write, None));
        let dx =
            device.set_and_add(len, |dx, write| backward(&mut device.output(2 * C), Write::Set, Some((dx, write))));
        let op = Unweighted { groups, epsilon: EPSILON };
        op.forward(&context, x, plain_y.view_mut());
        let plain_dx = device.set_and_add(len, |dx, write| op.backward(&context, x, dy, dx.grad(write)));
        [y.read(), dw, dx, plain_y.read(), plain_dx]
    });
    let what = format!("{groups} groups of {samples} × {C} channels of {}", T::LEN);
    let (w, x) = (wide(&w), wide(&x));
    assert_close(&what, &y, &reference(groups, &w, &x, T::LEN), 2e-6);
    assert_close(&what, &dw, &gradient(|w| reference(groups, w, &x, T::LEN), &w, &dy), 2e-6);
    assert_close(&what, &dx, &gradient(|x| reference(groups, &w, x, T::LEN), &x, &dy), 4e-6);
    // Without weights the result is that of scales of 1 and shifts of 0.
    let plain: Vec<f64> = (0..2 * C).map(|i| if i < C { 1.0 } else { 0.0 }).collect();
    assert_close(&what, &plain_y, &reference(groups, &plain, &x, T::LEN), 2e-6);
    assert_close(&what, &plain_dx, &gradient(|x| reference(groups, &plain, x, T::LEN), &x, &dy), 4e-6);
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
    let cpu = &Cpu::with_threads(1);
    let (x, mut y) = (cpu.tensor(&[0.0; 3]), cpu.output(3));
    let op = Unweighted { groups: 2, epsilon: EPSILON };
    op.forward(&Context::new(cpu, 0), x.view::<[f32; 3]>(), y.view_mut());
}

#[test]
fn begins_as_plain_normalisation() {
    let mut weights = GroupNorm::<3> { weight: [0.0; 3], bias: [5.0; 3] };
    weights.init((), &mut crate::init::rng(1));
    assert_eq!((weights.weight, weights.bias), ([1.0; 3], [0.0; 3]));
}

#[test]
fn any_number_of_threads() {
    type Image = [[[f32; 17]; 15]; 6];
    let (w, x, dy) = (numbers(1, 12), numbers(2, 70 * Image::LEN), numbers(3, 70 * Image::LEN));
    on_every_device!(|device| {
        let (mut y, mut dx, mut dw) = (device.output(x.len()), device.output(x.len()), device.output(12));
        let (context, w, x, dy) = (Context::new(device, 0), device.tensor(&w), device.tensor(&x), device.tensor(&dy));
        let (op, net, x) = (GroupNormOp { groups: 3, epsilon: EPSILON }, w.view::<GroupNorm<6>>(), x.view::<Image>());
        op.forward(&context, net, x, y.view_mut());
        op.backward(&context, net, x, dy.view(), dw.grad(Write::Set), Some(dx.grad(Write::Set)));
        [y.read(), dx.read(), dw.read()]
    });
}
