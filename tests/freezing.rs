//! Frozen tensors: PyTorch's numbers, what stays as it is under every optimizer, and where the backward pass ends.
#![allow(missing_docs)]

mod common;
#[path = "common/fine_tuning.rs"]
mod fine_tuning;

use common::devices::{self, on_devices};
use dl::Role;
use dl::optim::{Adagrad, Adamax, Lamb, Lion, Muon, NAdam, RAdam};
use dl::prelude::*;
use fine_tuning::{Maps, Net, bits, digits, like_pytorch, moved, numbers};
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn frozen_layers_are_those_of_pytorch() {
    on_devices!(|device| {
        let sgd = Sgd::new(0.1).momentum(0.9);
        like_pytorch(&device, "frozen_encoder", sgd, Some(0.3), |step, training| {
            if step == 0 {
                training.freeze("first.").unwrap();
                training.freeze("norm.").unwrap();
            }
        });
        like_pytorch(&device, "frozen_middle", Adam::new(0.02), None, |step, training| {
            if step == 0 {
                training.train_only(&["first.", "head.{i}", "head"]).unwrap_err();
                training.train_only(&["first.", "head."]).unwrap();
            }
        });
        let adam = AdamW::new(0.02).weight_decay(0.1).decay_everything();
        like_pytorch(&device, "frozen_head", adam, None, |step, training| {
            if step == 0 {
                training.freeze("head.").unwrap();
            }
        });
        like_pytorch(&device, "thawed", sgd, None, |step, training| match step {
            0 => ["first.", "norm."].iter().for_each(|layer| training.freeze(layer).unwrap()),
            4 => ["first.", "norm."].iter().for_each(|layer| training.unfreeze(layer).unwrap()),
            _ => {}
        });
    });
}

/// Two epochs of `Net` with frozen tensors.
fn trained<D: Device>(device: &D, optimizer: impl Optimizer, patterns: &[&str]) -> (Box<Net>, Box<Net>) {
    let before = Net::init(3);
    let mut net = before.clone();
    let mut trainer =
        Trainer::new(optimizer).loss(CrossEntropy).on(device.clone()).epochs(2).clip(Clip::Norm(0.5)).quiet();
    for pattern in patterns {
        trainer = trainer.freeze(*pattern);
    }
    trainer.fit(&mut net, &digits()).unwrap();
    (before, net)
}

/// Under every optimizer, what is frozen stays bit for bit, and all the rest moves.
#[test]
fn frozen_tensors_stay_bit_for_bit() {
    fn case<D: Device>(device: &D, optimizer: impl Optimizer) {
        let (before, net) = trained(device, optimizer.clone(), &["encoder."]);
        assert_eq!(moved(&*before, &*net), ["head.weight", "head.bias"], "{optimizer:?}");
        let (before, net) = trained(device, optimizer.clone(), &["head.bias", "encoder.dense1.weight"]);
        let rest = ["dense1.bias", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"];
        let mut rest: Vec<String> = rest.iter().map(|name| format!("encoder.{name}")).collect();
        rest.push("head.weight".into());
        assert_eq!(moved(&*before, &*net), rest, "{optimizer:?}");
    }
    on_devices!(|device| {
        case(&device, Sgd::new(0.05).weight_decay(0.1).decay_everything());
        case(&device, Sgd::new(0.05).momentum(0.9).nesterov());
        case(&device, AdamW::new(0.01).weight_decay(0.1).decay_everything());
        case(&device, Adam::new(0.01).amsgrad(true));
        case(&device, RmsProp::new(0.01).momentum(0.8).centered());
        case(&device, NAdam::new(0.01));
        case(&device, RAdam::new(0.01));
        case(&device, Adamax::new(0.01));
        case(&device, Adagrad::new(0.01));
        case(&device, Lion::new(0.001));
        case(&device, Lamb::new(0.01).decay_everything());
        case(&device, Muon::new(0.01).decay_everything());
    });
}

/// The trained part moves as in a network that has only that part: the head on the outputs of the encoder.
#[test]
fn a_frozen_encoder_computes_what_it_does_at_inference() {
    model! { Head(x: [24]) -> [10] { x -> dense(10) as head } }
    let data = digits();
    on_devices!(|device| {
        let mut net = Net::init(3);
        // Running statistics that differ from those of a batch.
        net.encoder.norm.running_mean.iter_mut().for_each(|mean| *mean = 0.3);
        net.encoder.norm.running_var.iter_mut().for_each(|var| *var = 2.5);
        let codes = net.encoder.predict(&data.inputs);
        let mut head = Head::init(0);
        head.head = net.head.clone();
        let (mut whole, mut part) =
            (Training::on(device.clone(), &*net, 250).unwrap(), Training::on(device.clone(), &*head, 250).unwrap());
        whole.freeze("encoder").unwrap();
        for _ in 0..3 {
            whole.evaluate(&data.inputs).unwrap();
            let expected = whole.loss(&CrossEntropy, &data.targets).unwrap();
            part.forward(&codes).unwrap();
            let found = part.loss(&CrossEntropy, &data.targets).unwrap();
            assert!((found - expected).abs() < 1e-5, "{found}, not {expected}");
            part.backward();
            part.step(&Adam::new(0.01)).unwrap();
            // Without dropout, the encoder and the head would be `part`: only the frozen part is compared.
            whole.forward(&data.inputs).unwrap();
            whole.loss(&CrossEntropy, &data.targets).unwrap();
            whole.backward();
            part.store(&mut head).unwrap();
            let mut seen = Net::init(0);
            whole.store(&mut seen).unwrap();
            assert_eq!(bits(&seen.encoder), bits(&net.encoder));
            seen.head = head.head.clone();
            whole.reload(&seen).unwrap();
        }
    });
}

/// The gradients through frozen statistics, by central differences of the loss.
#[test]
fn gradients_through_frozen_batch_norm_are_those_of_the_loss() {
    let data = digits().split_at(9).0;
    let mut net = Maps::init(5);
    net.norm.running_mean = [0.1, -0.2, 0.3, 0.0];
    net.norm.running_var = [0.5, 1.5, 2.0, 1.0];
    on_devices!(|device| {
        for patterns in [&["norm.running_mean", "norm.running_var"][..], &["norm"]] {
            let mut training = Training::on(device.clone(), &*net, 9).unwrap();
            patterns.iter().for_each(|pattern| training.freeze(pattern).unwrap());
            training.forward(&data.inputs).unwrap();
            training.loss(&CrossEntropy, &data.targets).unwrap();
            training.backward();
            let mut gradients = Maps::init(0);
            training.gradients(&mut gradients).unwrap();
            let gradients = numbers(&*gradients);
            let mut at = |i: usize, by: f32| {
                let mut moved = net.clone();
                dl::pod::flat_mut(std::slice::from_mut(&mut *moved))[i] += by;
                training.reload(&moved).unwrap();
                training.forward(&data.inputs).unwrap();
                f64::from(training.loss(&CrossEntropy, &data.targets).unwrap())
            };
            for tensor in Maps::TENSORS.iter() {
                let frozen = tensor.role == Role::Statistic || (patterns.len() == 1 && tensor.name.starts_with("norm"));
                for i in tensor.range().step_by(7) {
                    let expected = if frozen { 0.0 } else { (at(i, 1e-2) - at(i, -1e-2)) / 2e-2 };
                    let found = f64::from(gradients[i]);
                    assert!((found - expected).abs() < 2e-3, "{} {i}: {found}, not {expected}", tensor.name);
                }
            }
        }
    });
}

/// Freezing divides the state of the optimizer; a tensor that is trained again goes on with its part.
#[test]
fn state_survives_freezing() {
    let data = digits();
    on_devices!(|device| {
        let run = |frozen: &[(usize, &str)]| {
            let mut training = Training::on(device.clone(), &*Maps::init(1), 25).unwrap();
            for step in 0..6 {
                for (_, pattern) in frozen.iter().filter(|(at, _)| *at == step) {
                    // For no step at all.
                    training.freeze(pattern).unwrap();
                    training.unfreeze("*").unwrap();
                }
                training.forward(&data.inputs[..25]).unwrap();
                training.loss(&CrossEntropy, &data.targets[..25]).unwrap();
                training.backward();
                training.clip(Clip::Norm(0.2)).unwrap();
                training.step(&Muon::new(0.01)).unwrap();
            }
            let mut net = Maps::init(0);
            training.store(&mut net).unwrap();
            bits(&*net)
        };
        let plain = run(&[]);
        assert_eq!(run(&[(0, "conv")]), plain);
        assert_eq!(run(&[(2, "*.bias"), (3, "norm.running_mean"), (4, "conv.weight")]), plain);
    });
}

/// The gradient of what is frozen is not counted by clipping, whether large or not a number, and counts as 0.
#[test]
fn frozen_gradients_do_not_count() {
    let data = digits();
    on_devices!(|device| {
        let norm = |patterns: &[&str]| {
            let mut training = Training::on(device.clone(), &*Maps::init(1), 25).unwrap();
            patterns.iter().for_each(|pattern| training.freeze(pattern).unwrap());
            training.forward(&data.inputs[..25]).unwrap();
            training.loss(&CrossEntropy, &data.targets[..25]).unwrap();
            training.backward();
            let mut gradients = Maps::init(0);
            training.gradients(&mut gradients).unwrap();
            let clipped = training.clip(Clip::Norm(f64::INFINITY)).unwrap().unwrap();
            let expected = numbers(&*gradients).iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
            assert!((clipped - expected).abs() < 1e-6 * expected, "{clipped}, not {expected}");
            let still =
                Maps::TENSORS.iter().filter(|tensor| numbers(&*gradients)[tensor.range()].iter().all(|g| *g == 0.0));
            still.map(|tensor| tensor.name).collect::<Vec<_>>()
        };
        let statistics = ["norm.running_mean", "norm.running_var"];
        assert_eq!(norm(&[]), statistics);
        assert_eq!(norm(&["conv", "*.bias"]).len(), 6);
        assert_eq!(norm(&["*.weight"]).len(), 5);
    });
}

dl::layer! {
    /// Counts its backward passes.
    pub struct Counted {
        /// Is added to the input.
        pub shift: f32 as Bias,
    }
}

static PASSES: AtomicUsize = AtomicUsize::new(0);

impl dl::Layer for Counted {
    type Input = [f32; 4];
    type Output = [f32; 4];

    fn init(&mut self, _: &mut dl::init::Rng) {}
    fn forward(&self, inputs: &[[f32; 4]], outputs: &mut [[f32; 4]]) {
        inputs.iter().zip(outputs).for_each(|(x, y)| *y = x.map(|x| x + self.shift));
    }
    fn backward(
        &self,
        _: &[[f32; 4]],
        _: &[[f32; 4]],
        d_outputs: &[[f32; 4]],
        d_weights: &mut Self,
        d_inputs: &mut [[f32; 4]],
    ) {
        PASSES.fetch_add(1, Ordering::Relaxed);
        d_weights.shift += d_outputs.iter().flatten().sum::<f32>();
        d_inputs.copy_from_slice(d_outputs);
    }
}

model! {
    Uses(x: [4]) -> [4] { x -> crate::Counted: [4] as first -> tanh -> repeat 3 { tanh -> crate::Counted: [4] as inner } as inside -> dense(4) as head }
}

/// The backward pass ends at the first layer that is trained, in a stack too.
#[test]
fn the_backward_pass_ends_where_nothing_is_trained() {
    let net = Uses::init(1);
    let count = |only: &[&str], with_input: bool| {
        let mut training = net.training(Cpu::with_threads(1), 2).unwrap();
        if with_input {
            training = training.with_input_gradients().unwrap();
        }
        training.train_only(only).unwrap();
        training.forward(&[[0.5; 4]; 2]).unwrap();
        training.loss(&Mse, &[[0.25; 4]; 2]).unwrap();
        let before = PASSES.load(Ordering::Relaxed);
        training.backward();
        PASSES.load(Ordering::Relaxed) - before
    };
    assert_eq!(count(&["*"], false), 4);
    assert_eq!(count(&["head"], false), 0);
    assert_eq!(count(&["head.bias"], false), 0);
    assert_eq!(count(&["inside.2"], false), 1);
    assert_eq!(count(&["inside.1", "head"], false), 2);
    assert_eq!(count(&["inside.0"], false), 3);
    assert_eq!(count(&["first"], false), 4);
    assert_eq!(count(&["head"], true), 4);
}

/// Warnings are about layers that are trained.
#[test]
fn frozen_layers_are_not_watched() {
    let data = digits();
    let watched = |freeze: bool| {
        let mut net = Maps::init(1);
        // Nothing flows back to the convolution, whose units are dead.
        net.norm.bias = [-100.0; 4];
        let mut trainer = Trainer::new(Sgd::new(1e-6)).loss(CrossEntropy).epochs(3).watch(1).quiet();
        if freeze {
            trainer = trainer.freeze("conv").freeze("norm");
        }
        let history = trainer.fit(&mut net, &data).unwrap();
        history.warnings.iter().map(|warning| warning.layer.clone()).collect::<Vec<_>>()
    };
    assert!(watched(false).contains(&"norm".to_owned()));
    assert_eq!(watched(true), Vec::<String>::new());
}

/// Event files have histograms of what is trained.
#[test]
fn frozen_tensors_have_no_histograms() {
    let folder = tempfile::tempdir().unwrap();
    let trainer = Trainer::new(Adam::new(0.01)).loss(CrossEntropy).epochs(1).tensorboard(folder.path()).quiet();
    trainer.freeze("encoder.dense1").fit(&mut Net::init(3), &digits()).unwrap();
    let file = std::fs::read_dir(folder.path().join("train")).unwrap().next().unwrap().unwrap().path();
    let bytes = std::fs::read(file).unwrap();
    let has = |tag: &str| bytes.windows(tag.len()).any(|window| window == tag.as_bytes());
    for of in ["weights", "gradients"] {
        assert!(has(&format!("{of}/head.bias")) && has(&format!("{of}/encoder.norm.weight")));
        assert!(!has(&format!("{of}/encoder.dense1.weight")) && !has(&format!("{of}/encoder.dense1.bias")));
    }
}
