//! Random layers through `model!`: noise in training, none in prediction, and gradients as if the noise were a constant.
#![allow(missing_docs)]

use dl::loss::Mse;
use dl::pod::{flat, zeroed_box};
use dl::prelude::*;
use std::slice::from_ref;

model! {
    Reparameterised(x: [4]) -> [3] {
        let mean = x -> dense(3, bias: false);
        let deviation = x -> dense(3, bias: false) as deviation -> exp;
        mean + deviation * (mean -> random_normal)
    }
    Noisy(x: [50]) -> [50] { x -> gaussian_noise(0.5) }
    Twice(x: [50]) -> [100] {
        let a = x -> random_normal;
        let b = x -> random_normal;
        concat(a, b)
    }
}

/// The outputs of a training pass, the gradients to the weights, and those to the inputs.
fn context<M: Model>(net: &M, inputs: &[M::Input], targets: &[M::Output]) -> (Vec<f32>, Vec<f32>, Vec<f32>)
where
    M::Input: Clone + dl::Pod<Element = f32>,
    M::Output: Clone + dl::Pod<Element = f32>,
    Mse: dl::loss::Loss<M::Output, Target = M::Output>,
{
    let mut training = Training::on(Cpu::new(), net, inputs.len()).unwrap().with_input_gradients().unwrap();
    training.forward(inputs).unwrap();
    let (mut outputs, mut d_inputs) = (targets.to_vec(), inputs.to_vec());
    training.outputs(&mut outputs).unwrap();
    training.loss(&Mse, targets).unwrap();
    training.backward();
    training.input_gradients(&mut d_inputs).unwrap();
    let mut gradients = zeroed_box::<M>();
    training.gradients(&mut gradients).unwrap();
    (flat(&outputs).to_vec(), flat(from_ref(&*gradients)).to_vec(), flat(&d_inputs).to_vec())
}

#[test]
fn a_reparameterised_value_has_the_gradients_of_its_noise() {
    let net = Reparameterised::init(3);
    let x = [[0.5, -1.0, 2.0, 0.25]];
    let (y, d, _) = context(&*net, &x, &[[0.0; 3]]);
    let row = |w: &[[f32; 4]; 3], i: usize| w[i].iter().zip(&x[0]).map(|(w, x)| w * x).sum::<f32>();
    let mean = net.predict(&x);
    for i in 0..3 {
        // Prediction is the mean.
        let (m, sigma) = (row(&net.dense1.weight, i), row(&net.deviation.weight, i).exp());
        assert!((mean[0][i] - m).abs() < 1e-6);
        let noise = (y[i] - m) / sigma;
        assert!(noise != 0.0 && noise.abs() < 6.4, "{noise}");
        let dy = 2.0 / 3.0 * y[i];
        for (j, x) in x[0].iter().enumerate() {
            assert!((d[4 * i + j] - dy * x).abs() < 1e-4, "to the mean");
            assert!((d[12 + 4 * i + j] - dy * noise * sigma * x).abs() < 1e-3, "to the deviation");
        }
    }
}

#[test]
fn noise_is_added_in_training_alone() {
    let net = Noisy::init(1);
    let x: Vec<[f32; 50]> = (0..100).map(|i| [i as f32; 50]).collect();
    assert_eq!(net.predict(&x), x);
    let (y, _, d) = context(&*net, &x, &x);
    let noise: Vec<f32> = y.iter().zip(flat(&x)).map(|(y, x)| y - x).collect();
    let deviation = (noise.iter().map(|n| n * n).sum::<f32>() / noise.len() as f32).sqrt();
    assert!((deviation - 0.5).abs() < 0.02, "{deviation}");
    // The gradient of the mean squared noise, straight through.
    for (d, noise) in d.iter().zip(noise) {
        assert!((d - 2.0 * noise / 5000.0).abs() < 1e-6);
    }
}

#[test]
fn each_draws_its_own_numbers() {
    let (y, _, d) = context(&*Twice::init(1), &[[1.0; 50]], &[[0.0; 100]]);
    assert_ne!(y[..50], y[50..]);
    assert_eq!(d, [0.0; 50]);
    assert_eq!(*Twice::init(1).predict_one(&[1.0; 50]), [0.0; 100]);
}
