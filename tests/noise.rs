//! Random layers through `model!`: noise in training, none in prediction, and gradients as if the noise were a constant.
#![allow(missing_docs)]

#[path = "common/devices.rs"]
mod devices;

use devices::on_devices;
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
    Branches(x: [50]) -> [50] { x -> residual { stochastic_depth(0.75) } }
    RaggedBranches(x: [.., 5]) -> [.., 5] { x -> residual { stochastic_depth(0.75) } }
    Sum(x: [1000]) -> [1] { x -> dropout(0.5) -> dense(1, bias: false) as out }
    Normalised(x: [1000]) -> [1000] { x -> batch_norm as norm -> dropout(0.5) }
    Plain(x: [1000]) -> [1000] { x -> batch_norm as norm }
    Inner(x: [50]) -> [50] { x -> dropout(0.5) }
    Outer(x: [50]) -> [50] { x -> Inner as first -> Inner as second }
    Deep(x: [50]) -> [50] { x -> repeat 3 { dropout(0.5) } }
    Shared(x: [50]) -> [100] {
        let a = x -> Inner as inner;
        let b = x -> inner;
        concat(a, b)
    }
    Pair(a: [50], b: [50]) -> (p: [50], q: [50]) { let p = a -> dropout(0.5); let q = b -> gaussian_noise(1.0); (p, q) }
}

/// The outputs of a training pass, the gradients to the weights, and those to the inputs.
fn context<M: Model>(net: &M, inputs: &[M::Input], targets: &[M::Output]) -> (Vec<f32>, Vec<f32>, Vec<f32>)
where
    M::Input: Clone + dl::Pod<Element = f32>,
    M::Output: Clone + dl::Pod<Element = f32> + dl::Pack<Row = M::Output, Like<M::Output> = M::Output>,
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
fn branches_are_left_out_for_whole_samples_in_training_alone() {
    let net = Branches::init(1);
    let x: Vec<[f32; 50]> = (1..=100).map(|i| [i as f32; 50]).collect();
    assert_eq!(net.predict(&x), x.iter().map(|x| x.map(|x| 2.0 * x)).collect::<Vec<_>>());
    let (y, _, d) = context(&*net, &x, &x);
    let mut kept = 0;
    for ((x, y), d) in x.iter().zip(y.chunks(50)).zip(d.chunks(50)) {
        // The branch is 0, or x / (1 - 0.75).
        let factor = y[0] / x[0];
        assert!(factor == 1.0 || factor == 5.0, "{factor}");
        kept += u32::from(factor == 5.0);
        for ((x, y), d) in x.iter().zip(y).zip(d) {
            assert_eq!(*y, factor * x);
            let expected = factor * 2.0 * (y - x) / 5000.0;
            assert!((d - expected).abs() <= 1e-5 * expected.abs(), "{d} {expected}");
        }
    }
    // Four standard errors of a share of 100 samples.
    assert!((kept as f32 - 25.0).abs() < 4.0 * (100.0_f32 * 0.25 * 0.75).sqrt(), "{kept}");
}

#[test]
fn rows_of_a_sequence_are_left_out_together() {
    let net = RaggedBranches::init(1);
    let x: Vec<Vec<[f32; 5]>> = (0..100).map(|i| vec![[1.0 + i as f32; 5]; 1 + i * 7 % 9]).collect();
    let doubled: Vec<Vec<[f32; 5]>> = x.iter().map(|x| x.iter().map(|row| row.map(|x| 2.0 * x)).collect()).collect();
    assert_eq!(net.predict(&x), doubled);
    on_devices!(|device| {
        let mut training = Training::on(device, &*net, x.len()).unwrap();
        let mut y = x.clone();
        training.forward(&x).unwrap();
        training.outputs(&mut y).unwrap();
        let mut kept = 0;
        for (x, y) in x.iter().zip(&y) {
            let factor = y[0][0] / x[0][0];
            assert!(factor == 1.0 || factor == 5.0, "{factor}");
            kept += u32::from(factor == 5.0);
            assert_eq!(*y, x.iter().map(|row| row.map(|x| factor * x)).collect::<Vec<_>>());
        }
        // Four standard errors of a share of 100 samples.
        assert!((kept as f32 - 25.0).abs() < 4.0 * (100.0_f32 * 0.25 * 0.75).sqrt(), "{kept}");
    });
}

#[test]
fn each_draws_its_own_numbers() {
    let (y, _, d) = context(&*Twice::init(1), &[[1.0; 50]], &[[0.0; 100]]);
    assert_ne!(y[..50], y[50..]);
    assert_eq!(d, [0.0; 50]);
    assert_eq!(*Twice::init(1).predict_one(&[1.0; 50]), [0.0; 100]);
}

/// Mean and deviation.
fn moments(values: &[f32]) -> (f32, f32) {
    let n = values.len() as f32;
    let mean = values.iter().sum::<f32>() / n;
    (mean, (values.iter().map(|y| (y - mean).powi(2)).sum::<f32>() / (n - 1.0)).sqrt())
}

/// Asserts mean 1000 and the deviation of 1000 coins of 0 or 2, √1000 = 31.6, within four standard errors of 200 draws.
#[track_caller]
fn assert_coins(values: &[f32]) {
    let (mean, deviation) = moments(values);
    assert!((mean - 1000.0).abs() < 4.0 * 31.62 / 200f32.sqrt(), "mean {mean}");
    assert!((deviation - 31.62).abs() < 4.0 * 31.62 / 400f32.sqrt(), "deviation {deviation}");
}

fn ones() -> Box<Sum> {
    let mut net = Sum::init(1);
    net.out.weight = [[1.0; 1000]];
    net
}

#[test]
fn each_forward_pass_draws_anew() {
    fn passes<D: Device>(device: D, seed: u64, count: usize) -> Vec<f32> {
        let mut training = ones().training(device, 1).unwrap().seed(seed);
        let draw = |_| {
            let mut y = [[0.0]];
            training.forward(&[[1.0; 1000]]).unwrap();
            training.outputs(&mut y).unwrap();
            y[0][0]
        };
        (0..count).map(draw).collect()
    }
    on_devices!(|device| {
        let drawn = passes(device.clone(), 7, 200);
        assert_coins(&drawn);
        assert_eq!(passes(device.clone(), 7, 20), drawn[..20], "a seed gives the same masks");
        assert_ne!(passes(device.clone(), 8, 20), drawn[..20]);
    });
}

#[test]
fn backward_has_the_masks_of_its_forward_pass() {
    on_devices!(|device| {
        let mut training = Inner::init(1).training(device, 1).unwrap().with_input_gradients().unwrap();
        let (mut y, mut d) = ([[0.0; 50]], [[0.0; 50]]);
        let mut before = [[0.0; 50]];
        for pass in 0..6 {
            training.forward(&[[1.0; 50]]).unwrap();
            training.outputs(&mut y).unwrap();
            assert_ne!(y, before, "pass {pass}");
            before = y;
            // d/dx of the mean of (mask·x)² is 2·mask²·x/50.
            training.loss(&Mse, &[[0.0; 50]]).unwrap();
            training.backward();
            training.input_gradients(&mut d).unwrap();
            for (d, y) in d[0].iter().zip(&y[0]) {
                assert!((d - 2.0 * y * y / 50.0).abs() < 1e-6, "pass {pass}: {d} for a mask of {y}");
            }
            if pass % 3 == 2 {
                training.step(&Sgd::new(0.1)).unwrap();
            }
        }
    });
}

#[test]
fn the_first_pass_of_a_step_is_that_of_the_step_alone() {
    // However many passes the step before had.
    let after = |passes: usize| {
        let mut training = Noisy::init(1).training(Cpu::new(), 1).unwrap().seed(3);
        for passes in [passes, 1] {
            for _ in 0..passes {
                training.forward(&[[0.0; 50]]).unwrap();
            }
            training.loss(&Mse, &[[0.0; 50]]).unwrap();
            training.backward();
            training.step(&Sgd::new(0.1)).unwrap();
        }
        training.forward(&[[0.0; 50]]).unwrap();
        let mut y = [[0.0; 50]];
        training.outputs(&mut y).unwrap();
        y
    };
    assert_eq!(after(1), after(5));
}

#[test]
fn noise_differs_from_pass_to_pass() {
    on_devices!(|device| {
        let mut training = Noisy::init(1).training(device, 1).unwrap();
        let drawn = [(); 3].map(|()| {
            let mut y = [[0.0; 50]];
            training.forward(&[[0.0; 50]]).unwrap();
            training.outputs(&mut y).unwrap();
            y
        });
        assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2] && drawn[0] != drawn[2]);
    });
}

#[test]
fn prediction_with_dropout() {
    let (net, x) = (ones(), [[1.0; 1000]]);
    assert_eq!(*net.predict_one(&x[0]), [1000.0]);
    let drawn: Vec<f32> = (0..200).map(|seed| net.predict_with_dropout(&x, seed).unwrap()[0][0]).collect();
    assert_coins(&drawn);
    // Copies of a sample have masks of their own, also in different batches of the call.
    let copies: Vec<f32> = net.predict_with_dropout(&[x[0]; 200], 7).unwrap().iter().map(|y| y[0]).collect();
    assert_coins(&copies);
    assert_ne!(copies[..64], copies[64..128]);
    let expected: Vec<[f32; 1]> = copies[..64].iter().map(|y| [*y]).collect();
    on_devices!(|device| {
        let mut session = net.session(device, 64).unwrap();
        let mut outputs = vec![[0.0]; 64];
        for _ in 0..2 {
            session.predict_with_dropout_into(&vec![x[0]; 64], &mut outputs, 7).unwrap();
            assert_eq!(outputs, expected, "the same seed");
        }
        session.predict_with_dropout_into(&vec![x[0]; 64], &mut outputs, 8).unwrap();
        assert_ne!(outputs, expected);
        session.predict_into(&vec![x[0]; 64], &mut outputs).unwrap();
        assert_eq!(outputs, [[1000.0]; 64], "prediction stays what it is");
    });
}

#[test]
fn prediction_with_dropout_normalises_by_the_running_statistics() {
    let mut net = Normalised::init(1);
    (net.norm.running_mean, net.norm.running_var) = ([3.0; 1000], [4.0; 1000]);
    let mut plain = Plain::init(1);
    plain.norm = net.norm.clone();
    // (11 - 3)/2 = 4: each output is 0 or 8, with deviation 4. By the batch's own statistics all copies would be 0.
    let x = [11.0; 1000];
    let expected = plain.predict_one(&x)[0];
    assert!((expected - 4.0).abs() < 1e-4);
    on_devices!(|device| {
        let mut session = net.session(device, 8).unwrap();
        let mut outputs = vec![[0.0; 1000]; 5];
        session.predict_with_dropout_into(&vec![x; 5], &mut outputs, 1).unwrap();
        let values = flat(&outputs);
        assert!(values.iter().all(|y| *y == 0.0 || *y == 2.0 * expected), "{:?}", &values[..10]);
        let (mean, deviation) = moments(values);
        // Four standard errors of 5000 draws of deviation 4.
        assert!(
            (mean - 4.0).abs() < 4.0 * 4.0 / 5000f32.sqrt() && (deviation - 4.0).abs() < 0.05,
            "{mean} ± {deviation}"
        );
        // Nothing moved.
        session.predict_into(&vec![x; 5], &mut outputs).unwrap();
        assert!(flat(&outputs).iter().all(|y| *y == expected));
    });
}

#[test]
fn prediction_with_dropout_in_models_stacks_and_parts() {
    fn shares(y: &[f32], size: f32, rate: f32) {
        assert!(y.iter().all(|y| *y == 0.0 || *y == size), "{y:?}");
        let kept = y.iter().filter(|y| **y != 0.0).count() as f32 / y.len() as f32;
        assert!((kept - rate).abs() < 4.0 * (rate * (1.0 - rate) / y.len() as f32).sqrt(), "{kept} of {rate}");
    }
    let x = vec![[1.0; 50]; 20];
    // Independent masks: half of a half stays, and an eighth in three.
    shares(flat(&Outer::init(1).predict_with_dropout(&x, 1).unwrap()), 4.0, 0.25);
    shares(flat(&Deep::init(1).predict_with_dropout(&x, 1).unwrap()), 8.0, 0.125);
    let stack = <[Inner; 2]>::init(1);
    shares(flat(&stack.predict_with_dropout(&x, 1).unwrap()), 4.0, 0.25);
    let both = Shared::init(1).predict_with_dropout(&x[..1], 1).unwrap();
    assert_ne!(both[0][..50], both[0][50..], "two uses of one part");
    let pairs = [PairInput { a: [1.0; 50], b: [0.0; 50] }; 20];
    let outputs = Pair::init(1).predict_with_dropout(&pairs, 1).unwrap();
    let p: Vec<f32> = outputs.iter().flat_map(|y| y.p).collect();
    let q: Vec<f32> = outputs.iter().flat_map(|y| y.q).collect();
    shares(&p, 2.0, 0.5);
    let (mean, deviation) = moments(&q);
    assert!(mean.abs() < 4.0 / 1000f32.sqrt() && (deviation - 1.0).abs() < 0.1, "{mean} ± {deviation}");
}
