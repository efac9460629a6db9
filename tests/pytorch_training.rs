//! Ten training steps under each optimizer against PyTorch: the loss before and the weights after every step.
#![allow(missing_docs)]

mod common;

use common::devices::{self, on_devices};
use common::{Fixture, STEPS, agree};
use dl::loss::CrossEntropy;
use dl::optim::schedule::{Constant, OneCycle};
use dl::optim::{
    Adagrad, Adam, AdamW, Adamax, Clip, Coupling, Lbfgs, Muon, MuonScale, NAdam, Optimizer, RAdam, RmsProp, Schedule,
    Sgd,
};
use dl::pod::flat;
use dl::prelude::*;

model! {
    Small(x: [6]) -> [3] { x -> dense(8) -> tanh -> batch_norm -> dense(3) }
}

/// Tolerance of Muon, in units of ε·max|expected|: it multiplies the small singular values of a matrix, and their roundings, by up to 485.
/// PyTorch's own float32 is 32.1 units off at worst; as everywhere, three times that are allowed.
const MUON: f32 = 96.0;

fn run(name: &str, optimizer: impl Optimizer, clip: Option<Clip>, schedule: &dyn Schedule) {
    on_devices!(|device| run_on(device, name, &optimizer, clip, schedule));
}

fn run_on(device: impl Device, name: &str, optimizer: &impl Optimizer, clip: Option<Clip>, schedule: &dyn Schedule) {
    let fixture = Fixture::open("training.safetensors");
    let units = if name.starts_with("muon") { MUON } else { STEPS };
    let mut net = fixture.model::<Small>("start/");
    let inputs: Vec<[[f32; 6]; 7]> = fixture.samples("input");
    let targets: Vec<[u32; 7]> = fixture.samples("target");
    let mut training = Training::on(device, &*net, 7).unwrap();
    let (mut losses, mut weights) = (Vec::new(), vec![Vec::new(); Small::TENSORS.len()]);
    for (step, (inputs, targets)) in inputs.iter().zip(&targets).enumerate() {
        training.forward(inputs).unwrap();
        losses.push(training.loss(&CrossEntropy, targets).unwrap());
        training.backward();
        if let Some(clip) = clip {
            training.clip(clip).unwrap();
        }
        training.step(&optimizer.with_learning_rate(optimizer.learning_rate() * schedule.factor(step as f64))).unwrap();
        training.store(&mut net).unwrap();
        for (tensor, history) in Small::TENSORS.iter().zip(&mut weights) {
            history.extend_from_slice(&flat(std::slice::from_ref(&*net))[tensor.range()]);
        }
    }
    agree(&format!("{name}: losses"), &losses, &fixture.floats(&format!("{name}/loss")), units);
    for (tensor, history) in Small::TENSORS.iter().zip(&weights) {
        let expected = fixture.floats(&format!("{name}/weights/{}", tensor.name));
        agree(&format!("{name}: {} by step", tensor.name), history, &expected, units);
    }
}

/// Without decay; with all tensors decayed, PyTorch's default; with only weights decayed, dl's.
macro_rules! optimizers {
    ($($name:ident: $optimizer:expr;)*) => { $(
        #[test]
        fn $name() {
            let name = stringify!($name);
            run(name, $optimizer, None, &Constant);
            run(&format!("{name}_decay_all"), $optimizer.weight_decay(0.1).decay_everything(), None, &Constant);
            run(&format!("{name}_decay_weights"), $optimizer.weight_decay(0.1), None, &Constant);
        }
    )* };
}

optimizers! {
    sgd: Sgd::new(0.1);
    momentum: Sgd::new(0.1).momentum(0.9);
    nesterov: Sgd::new(0.1).momentum(0.9).nesterov();
    rmsprop: RmsProp::new(0.01).alpha(0.95);
    rmsprop_momentum: RmsProp::new(0.01).momentum(0.8);
    rmsprop_centered: RmsProp::new(0.01).alpha(0.9).centered();
    adam: Adam::new(0.02);
    adam_betas: Adam::new(0.02).betas(0.8, 0.95).epsilon(1e-4);
    adamw: AdamW::new(0.02).weight_decay(0.0);
    adam_amsgrad: Adam::new(0.02).betas(0.8, 0.95).amsgrad(true);
    adamw_amsgrad: AdamW::new(0.02).betas(0.8, 0.95).amsgrad(true).weight_decay(0.0);
    nadam: NAdam::new(0.02);
    nadam_settings: NAdam::new(0.02).betas(0.8, 0.95).epsilon(1e-4).momentum_decay(0.1);
    nadamw: NAdam::new(0.02).coupling(Coupling::Decoupled);
    radam: RAdam::new(0.02);
    radam_settings: RAdam::new(0.02).betas(0.8, 0.95).epsilon(1e-4);
    radamw: RAdam::new(0.02).coupling(Coupling::Decoupled);
    adamax: Adamax::new(0.02);
    adamax_settings: Adamax::new(0.02).betas(0.8, 0.95).epsilon(1e-4);
    muon: Muon::new(0.02).weight_decay(0.0);
    muon_settings: Muon::new(0.02).weight_decay(0.0).momentum(0.8).nesterov(false).epsilon(1e-4).scale(MuonScale::Original);
    adagrad: Adagrad::new(0.1);
    adagrad_settings: Adagrad::new(0.1).learning_rate_decay(0.2).initial_sum(0.1).epsilon(1e-4);
}

#[test]
fn clipped_by_norm() {
    run("clip_norm", Sgd::new(0.5), Some(Clip::Norm(0.3)), &Constant);
}

#[test]
fn clipped_by_value() {
    run("clip_value", Sgd::new(0.5), Some(Clip::Value(0.05)), &Constant);
}

#[test]
fn under_a_schedule() {
    run("adam_one_cycle", Adam::new(0.05), None, &OneCycle::over(11.0));
}

model! {
    Smooth(x: [6]) -> [3] { x -> dense(8) -> tanh -> dense(3) }
}

#[test]
fn lbfgs() {
    on_devices!(|device| lbfgs_on(device));
}

fn lbfgs_on(device: impl Device) {
    let fixture = Fixture::open("lbfgs.safetensors");
    let mut net = fixture.model::<Smooth>("start/");
    let (inputs, targets): (Vec<[f32; 6]>, Vec<u32>) = (fixture.samples("input"), fixture.samples("target"));
    let (mut losses, mut weights) = (Vec::new(), vec![Vec::new(); Smooth::TENSORS.len()]);
    for iterations in 1..=12 {
        let mut training = Training::on(device.clone(), &*fixture.model::<Smooth>("start/"), 21).unwrap();
        let found = Lbfgs::default().iterations(iterations).minimise(&mut training, |training| {
            training.forward(&inputs)?;
            let loss = training.loss(&CrossEntropy, &targets)?;
            training.backward();
            Ok(loss)
        });
        losses.push(found.unwrap().loss() as f32);
        training.store(&mut net).unwrap();
        for (tensor, history) in Smooth::TENSORS.iter().zip(&mut weights) {
            history.extend_from_slice(&flat(std::slice::from_ref(&*net))[tensor.range()]);
        }
    }
    agree("losses", &losses, &fixture.floats("loss"), STEPS);
    for (tensor, history) in Smooth::TENSORS.iter().zip(&weights) {
        let expected = fixture.floats(&format!("weights/{}", tensor.name));
        agree(&format!("{} by iteration", tensor.name), history, &expected, STEPS);
    }
}
