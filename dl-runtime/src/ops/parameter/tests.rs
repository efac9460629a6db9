//! Compares parameters with copies, and their gradients with sums over the samples.

use super::{Parameter, ParameterOp};
use crate::init::InitLayer;
use crate::testing::{Tensor, TestDevice, assert_close, numbers, on_every_device, wide};
use crate::{Context, Pod};

fn case<T: Pod<Element = f32>>(samples: usize) {
    let (weight, dy) = (numbers(1, T::LEN), numbers(2, samples * T::LEN));
    let [y, d_weight] = on_every_device!(|device| {
        let (context, mut y) = (Context::new(device, 0), device.output(dy.len()));
        let (weights, dy) = (device.tensor(&weight), device.tensor(&dy));
        let weights = weights.view::<Parameter<T>>();
        ParameterOp {}.forward(&context, weights, y.view_mut());
        let backward = |d: &mut Tensor<_>, write| {
            ParameterOp {}.backward(&context, weights, dy.view::<T>(), d.grad(write));
        };
        [y.read(), device.set_and_add(T::LEN, backward)]
    });
    assert_eq!(y, weight.repeat(samples));
    let sum = |i: usize| wide(&dy).iter().skip(i).step_by(T::LEN).sum();
    assert_close("gradient", &d_weight, &(0..T::LEN).map(sum).collect::<Vec<f64>>(), 1e-6);
}

#[test]
fn values_and_gradients() {
    case::<[f32; 1]>(1);
    case::<[[f32; 5]; 3]>(7);
    case::<[[[f32; 33]; 2]; 17]>(40);
}

#[test]
fn the_initial_spread() {
    let mut parameter = Parameter { weight: [[0.0; 100]; 100] };
    parameter.init((crate::init::Init::Normal { std: 0.02 }, 100), &mut crate::init::Rng::new(1));
    let squares: f32 = parameter.weight.iter().flatten().map(|x| x * x).sum();
    assert!(((squares / 1e4).sqrt() - 0.02).abs() < 0.001);
}
