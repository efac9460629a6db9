//! Freezing and groups of tensors: PyTorch's numbers, what stays as it is, checkpoints, and what users are told.
#![allow(missing_docs)]

mod common;

use common::devices::{self, on_devices};
use common::{Fixture, STEPS, agree};
use dl::data::Dataset;
use dl::optim::schedule::{Constant, Exponential, Step};
use dl::optim::{Adagrad, Adamax, Group, Lamb, Lbfgs, Lion, Muon, NAdam, RAdam, WeightAverage};
use dl::pod::flat;
use dl::prelude::*;
use dl::train::{EpochEnd, Every, Flow, StepEnd};
use dl::{Error, Passes, Pod, Role};
use std::slice::from_ref;
use std::sync::atomic::{AtomicUsize, Ordering};

model! {
    Tuned(x: [6]) -> [3] {
        x -> dense(8) as first -> tanh -> batch_norm as norm -> dense(5) as second -> tanh -> dense(3) as head
    }

    Encoder(image: [1, 8, 8]) -> [24] { image -> flatten -> dense(24) -> batch_norm as norm -> relu }
    Net(image: [1, 8, 8]) -> [10] { image -> Encoder as encoder -> dropout(0.2) -> dense(10) as head }

    Maps(image: [1, 8, 8]) -> [10] {
        image -> conv2d(4, 3) as conv -> batch_norm as norm -> relu -> flatten -> dense(10) as head
    }
}

type Digits = Dataset<dl::Input<Net>, u32>;

fn digits() -> Digits {
    dl::data::digits().train.split_at(250).0
}

fn numbers<M: Pod<Element = f32>>(net: &M) -> Vec<f32> {
    flat(from_ref(net)).to_vec()
}

fn bits<M: Pod<Element = f32>>(net: &M) -> Vec<u32> {
    flat(from_ref(net)).iter().map(|w| w.to_bits()).collect()
}

fn copy(net: &Net) -> Box<Net> {
    let mut copy = Net::init(0);
    dl::pod::flat_mut(std::slice::from_mut(&mut *copy)).copy_from_slice(flat(from_ref(net)));
    copy
}

/// The names of the tensors that differ.
fn moved<M: Passes>(before: &M, after: &M) -> Vec<String> {
    let (before, after) = (bits(before), bits(after));
    M::TENSORS
        .iter()
        .filter(|tensor| before[tensor.range()] != after[tensor.range()])
        .map(|tensor| tensor.name)
        .collect()
}

/// Ten steps as in `fine_tuning.py`; `at` is called before each of them.
fn like_pytorch<D: Device, O: Optimizer>(
    device: &D,
    case: &str,
    optimizer: O,
    clip: Option<f64>,
    mut at: impl FnMut(usize, &mut Training<Tuned, D>),
) {
    let fixture = Fixture::open("fine_tuning.safetensors");
    let mut net = fixture.model::<Tuned>("start/");
    let inputs: Vec<[[f32; 6]; 7]> = fixture.samples("input");
    let targets: Vec<[u32; 7]> = fixture.samples("target");
    let mut training = Training::on(device.clone(), &*net, 7).unwrap();
    let (mut losses, mut weights) = (Vec::new(), vec![Vec::new(); Tuned::TENSORS.len()]);
    for (step, (inputs, targets)) in inputs.iter().zip(&targets).enumerate() {
        at(step, &mut training);
        training.forward(inputs).unwrap();
        losses.push(training.loss(&CrossEntropy, targets).unwrap());
        training.backward();
        if let Some(limit) = clip {
            training.clip(Clip::Norm(limit)).unwrap();
        }
        training.step(&optimizer).unwrap();
        training.store(&mut net).unwrap();
        for (tensor, history) in Tuned::TENSORS.iter().zip(&mut weights) {
            history.extend_from_slice(&flat(from_ref(&*net))[tensor.range()]);
        }
    }
    agree(&format!("{case}: losses"), &losses, &fixture.floats(&format!("{case}/loss")), STEPS);
    for (tensor, history) in Tuned::TENSORS.iter().zip(&weights) {
        let expected = fixture.floats(&format!("{case}/weights/{}", tensor.name));
        agree(&format!("{case}: {}", tensor.name), history, &expected, STEPS);
    }
}

#[test]
fn groups_are_those_of_pytorch() {
    on_devices!(|device| {
        // The rates of the two groups are in one case a factor, in the other numbers.
        let adam = AdamW::new(0.02).weight_decay(0.05).decay_everything();
        like_pytorch(&device, "groups_adamw", adam, None, |step, training| {
            for layer in ["first.", "norm."].iter().filter(|_| step == 0) {
                training.group(Group::new(*layer).learning_rate_factor(0.1).weight_decay(0.2)).unwrap();
            }
        });
        let sgd = Sgd::new(0.002).momentum(0.9).weight_decay(0.2).decay_everything();
        like_pytorch(&device, "groups_sgd", sgd, Some(0.5), |step, training| {
            for layer in ["second", "head"].iter().filter(|_| step == 0) {
                training.group(Group::new(*layer).learning_rate(0.02).weight_decay(0.05)).unwrap();
            }
        });
    });
}

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

/// What is trained moves as in a network that has only that part: the head on the outputs of the encoder.
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

/// A group whose settings are those of the optimizer changes nothing, and neither does a schedule that is the trainer's.
#[test]
fn a_group_like_the_rest_changes_no_bit() {
    let data = digits();
    on_devices!(|device| {
        let with = |groups: &[Group]| {
            let mut net = Net::init(3);
            let mut trainer = Trainer::new(AdamW::new(0.01)).loss(CrossEntropy).on(device.clone()).epochs(3);
            trainer = trainer.schedule_by_epoch(Exponential::new(0.7)).quiet();
            for group in groups {
                trainer = trainer.group(group.clone());
            }
            trainer.fit(&mut net, &data).unwrap();
            bits(&*net)
        };
        let plain = with(&[]);
        let encoder = || Group::new("encoder.");
        assert_eq!(with(&[encoder(), Group::new("head.weight").learning_rate(0.01).weight_decay(0.01)]), plain);
        assert_eq!(with(&[encoder().schedule_by_epoch(Exponential::new(0.7))]), plain);
        assert_ne!(with(&[encoder().schedule(Constant)]), plain);
        assert_ne!(with(&[encoder().schedule(Step::every(4.0))]), plain);
    });
}

/// A group that is frozen for an epoch begins with fresh state, as a new training of it would.
#[test]
fn gradual_unfreezing() {
    let data = digits();
    on_devices!(|device| {
        let mut nets: Vec<Box<Net>> = Vec::new();
        let mut net = Net::init(3);
        Trainer::new(Adam::new(0.01))
            .loss(CrossEntropy)
            .on(device.clone())
            .epochs(3)
            .group(Group::new("encoder.dense1.").frozen_for(2))
            .group(Group::new("encoder.norm.").frozen_for(1))
            .on_epoch(|event: &EpochEnd<Net>| nets.push(copy(event.net)))
            .quiet()
            .fit(&mut net, &data)
            .unwrap();
        let head = ["head.weight", "head.bias"].map(String::from);
        assert_eq!(moved(&*Net::init(3), &*nets[0]), head);
        assert!(
            moved(&*nets[0], &*nets[1]).iter().all(|name| name.starts_with("encoder.norm.") || head.contains(name))
        );
        assert_eq!(moved(&*nets[0], &*nets[1]).len(), 6);
        assert_eq!(moved(&*nets[1], &*nets[2]).len(), Net::TENSORS.len());
        // Adam's first steps are as long as the learning rate, which a wrong count of steps would change.
        let (mut training, mut before) = (Training::on(device.clone(), &*nets[1], 25).unwrap(), Net::init(0));
        training.train_only(&["head"]).unwrap();
        for step in 0..4 {
            if step == 3 {
                training.unfreeze("encoder.dense1").unwrap();
                training.store(&mut before).unwrap();
            }
            training.forward(&data.inputs[..25]).unwrap();
            training.loss(&CrossEntropy, &data.targets[..25]).unwrap();
            training.backward();
            training.step(&Adam::new(0.01)).unwrap();
        }
        let mut after = Net::init(0);
        training.store(&mut after).unwrap();
        let steps = before.encoder.dense1.bias.iter().zip(&after.encoder.dense1.bias).map(|(a, b)| (a - b).abs());
        let steps: Vec<f32> = steps.filter(|step| *step > 0.0).collect();
        assert!(!steps.is_empty() && steps.iter().all(|step| (step - 0.01).abs() < 1e-4), "{steps:?}");
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

/// The checkpoint of every step, read by a new training, leads to the same bits.
#[test]
fn resumed_trainings_are_the_same_bit_for_bit() {
    let (data, folder) = (digits(), tempfile::tempdir().unwrap());
    let file = folder.path().join("checkpoint.safetensors");
    on_devices!(|device| {
        let trainer = || {
            Trainer::new(AdamW::new(0.01))
                .loss(CrossEntropy)
                .on(device.clone())
                .epochs(3)
                .group(Group::new("encoder.dense1.").learning_rate_factor(0.3).frozen_for(1))
                .group(Group::new("head.weight").schedule(Exponential::new(0.9)).weight_decay(0.1))
                .freeze("encoder.norm.running_var")
                .average(WeightAverage::ema(0.9))
                .clip(Clip::Norm(1.0))
                .quiet()
        };
        let mut whole = Net::init(3);
        trainer().fit(&mut whole, &data).unwrap();
        for stop in [1, 7, 8, 9, 12, 16, 20] {
            let mut net = Net::init(3);
            let stopping = trainer().checkpoint(&file).checkpoint_every(Every::Steps(1000));
            let flow = |event: &StepEnd| if event.step == stop { Flow::Stop } else { Flow::Continue };
            stopping.on_step(flow).fit(&mut net, &data).unwrap();
            let mut net = Net::init(7);
            trainer().resume(&file).fit(&mut net, &data).unwrap();
            assert_eq!(bits(&*net), bits(&*whole), "after step {stop}");
        }
        let other = trainer().freeze("head.bias").resume(&file).fit(&mut Net::init(3), &data).unwrap_err();
        assert!(
            other.to_string().ends_with(
                "checkpoint of another choice of frozen tensors and groups: expected frozen encoder.norm.running_var, head.bias; \
                 groups encoder.dense1., head.weight, found frozen encoder.norm.running_var; groups encoder.dense1., head.weight"
            ),
            "{other}"
        );
        let other = trainer().group(Group::new("head.bias")).resume(&file).fit(&mut Net::init(3), &data).unwrap_err();
        assert!(
            other.to_string().ends_with(
                "checkpoint of another groups of tensors: expected encoder.dense1., head.weight, head.bias, \
                 found encoder.dense1., head.weight"
            ),
            "{other}"
        );
    });
}

/// A checkpoint has no state of the optimizer for what was never trained, and a loop of one's own goes on with what is frozen now.
#[test]
fn checkpoints_of_a_hand_written_loop() {
    let (data, folder) = (digits(), tempfile::tempdir().unwrap());
    let file = folder.path().join("checkpoint.safetensors");
    on_devices!(|device| {
        let step = |training: &mut Training<Net, _>| {
            training.forward(&data.inputs[..50]).unwrap();
            training.loss(&CrossEntropy, &data.targets[..50]).unwrap();
            training.backward();
            training.step(&Adam::new(0.01)).unwrap();
        };
        let mut training = Training::on(device.clone(), &*Net::init(3), 50).unwrap();
        training.freeze("encoder.").unwrap();
        (0..3).for_each(|_| step(&mut training));
        training.save_checkpoint(&file, &()).unwrap();
        let bytes = std::fs::read(&file).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let mut of_optimizer: Vec<&str> =
            tensors.names().into_iter().filter(|name| name.starts_with("optimizer.")).collect();
        of_optimizer.sort_unstable();
        let of_head = ["exp_avg.head.bias", "exp_avg.head.weight", "exp_avg_sq.head.bias", "exp_avg_sq.head.weight"];
        assert_eq!(of_optimizer, of_head.map(|name| format!("optimizer.{name}")));
        training.unfreeze("encoder.norm").unwrap();
        (0..2).for_each(|_| step(&mut training));
        training.save_checkpoint(&file, &()).unwrap();
        (0..3).for_each(|_| step(&mut training));
        let mut expected = Net::init(0);
        training.store(&mut expected).unwrap();

        let mut again = Training::on(device.clone(), &*Net::init(0), 50).unwrap();
        again.load_checkpoint::<(), _>(&Adam::new(0.01), &file).unwrap();
        (0..3).for_each(|_| step(&mut again));
        let mut found = Net::init(0);
        again.store(&mut found).unwrap();
        assert_eq!(bits(&*found), bits(&*expected));
    });
}

/// The record of groups in a checkpoint may be damaged, which is a typed error and never a panic.
#[test]
fn damaged_records_of_groups_are_errors() {
    let (data, folder) = (digits(), tempfile::tempdir().unwrap());
    let file = folder.path().join("checkpoint.safetensors");
    let session = || {
        let mut training = Net::init(3).training(Cpu::with_threads(1), 50).unwrap();
        training.group(Group::new("head.")).unwrap();
        training.freeze("encoder.norm.").unwrap();
        training
    };
    let mut training = session();
    training.forward(&data.inputs[..50]).unwrap();
    training.loss(&CrossEntropy, &data.targets[..50]).unwrap();
    training.backward();
    training.step(&Adam::new(0.01)).unwrap();
    training.save_checkpoint(&file, &()).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    session().load_checkpoint::<(), _>(&Adam::new(0.01), &file).unwrap();
    // Of the same length, so that the file itself stays whole.
    for (from, to, expected) in [
        (r#"\"tensors\":4"#, r#"\"tensors\":5"#, "spans of the tensors of each group"),
        (r#"\"tensors\":4"#, r#"\"tensors\":0"#, "spans of the tensors of each group"),
        (r#"\"group\":0"#, r#"\"group\":1"#, "spans of the tensors of each group"),
        (r#"\"frozen\":false,\"steps\":1"#, r#"\"frozen\":false,\"steps\":2"#, "spans of the tensors of each group"),
        (
            r#"\"frozen\":true,\"steps\":0"#,
            r#"\"frozen\":true,\"steps\":1"#,
            "no tensor `optimizer.exp_avg.encoder.norm.weight`",
        ),
        (r#"\"frozen\":true"#, r#"\"frozen\":1234"#, "the fields of a checkpoint"),
    ] {
        let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).expect(from);
        let mut damaged = bytes.clone();
        damaged[at..at + to.len()].copy_from_slice(to.as_bytes());
        std::fs::write(&file, damaged).unwrap();
        let error = session().load_checkpoint::<(), _>(&Adam::new(0.01), &file).unwrap_err().to_string();
        assert!(error.contains(expected), "{to}: {error}");
    }
}

#[test]
fn other_optimizers_of_a_session() {
    let data = digits();
    let mut training = Net::init(3).training(Cpu::with_threads(1), 50).unwrap();
    training.freeze("encoder.dense1").unwrap();
    let mut evaluate = |training: &mut Training<Net>| {
        training.forward(&data.inputs[..50])?;
        let loss = training.loss(&CrossEntropy, &data.targets[..50])?;
        training.backward();
        Ok(loss)
    };
    let found = Lbfgs::default().iterations(5).minimise(&mut training, &mut evaluate).unwrap();
    assert!(found.loss() < found.losses[0]);
    let mut net = Net::init(0);
    training.store(&mut net).unwrap();
    assert!(moved(&*Net::init(3), &*net).iter().all(|name| !name.starts_with("encoder.dense1")));
    assert_eq!(moved(&*Net::init(3), &*net).len(), 6);
    training.group(Group::new("head.")).unwrap();
    let error = Lbfgs::default().minimise(&mut training, &mut evaluate).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`group` of `Training` is `head.`; it must be left out for `Lbfgs`, which moves all weights by one step"
    );
    training.freeze("*").unwrap();
    assert!(matches!(
        Lbfgs::default().minimise(&mut training, &mut evaluate),
        Err(Error::NothingToTrain { model: "Net" })
    ));
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

#[test]
fn what_users_are_told() {
    let data = digits();
    let told = |set: &dyn Fn(Fitting) -> Fitting| {
        let trainer = set(Trainer::new(AdamW::new(0.01)).loss(CrossEntropy).epochs(1).quiet());
        let mut trainer = trainer;
        trainer.fit(&mut Net::init(3), &data).unwrap_err().to_string()
    };
    type Fitting = Trainer<'static, Net, u32, AdamW, dl::train::ExternalLoss<CrossEntropy>>;
    let group = Group::new;
    for (set, expected) in [
        (
            &(|t: Fitting| t.freeze("encodr.")) as &dyn Fn(Fitting) -> Fitting,
            "the pattern `encodr.` fits no tensor of the model `Net`; the names are `encoder.dense1.weight`, \
             `encoder.dense1.bias`, `encoder.norm.weight`, `encoder.norm.bias`, `encoder.norm.running_mean`, \
             `encoder.norm.running_var`, `head.weight`, `head.bias`",
        ),
        (
            &|t| t.train_only("heads"),
            "the pattern `heads` fits no tensor of the model `Net`; the names are `head.weight`, `head.bias`, \
             `encoder.dense1.weight`, `encoder.dense1.bias`, `encoder.norm.weight`, `encoder.norm.bias`, \
             `encoder.norm.running_mean`, `encoder.norm.running_var`",
        ),
        (
            &|t| t.group(group("h*")),
            "`pattern` of `Group` is `h*`; it must be a pattern whose `*` stands alone between dots",
        ),
        (&|t| t.freeze(""), "`pattern` of `freeze` is ``; it must be a pattern of names, not an empty text"),
        (
            &|t| t.group(group("encoder.")).group(group("*.bias")),
            "the groups `encoder.` and `*.bias` overlap: both contain the tensor `encoder.dense1.bias`",
        ),
        (&|t| t.freeze("*"), "all tensors of the model `Net` are frozen, so there is nothing to train"),
        (
            &|t| t.freeze("encoder").group(group("head").frozen_for(1)),
            "all tensors of the model `Net` are frozen, so there is nothing to train",
        ),
        (
            &|t| t.freeze("encoder").group(group("encoder.dense1.")),
            "`pattern` of `Group` is `encoder.dense1.`, whose tensors are frozen, or statistics; it must be that of tensors to train",
        ),
        (
            &|t| t.group(group("head").learning_rate_factor(0.0)),
            "`learning_rate_factor` of `Group` is 0; it must be a finite number above 0",
        ),
        (
            &|t| t.group(group("head").learning_rate(f64::NAN)),
            "`learning_rate` of `Group` is NaN; it must be a finite number above 0",
        ),
        (
            &|t| t.group(group("head").weight_decay(-0.1)),
            "`weight_decay` of `Group` is -0.1; it must be a finite number of at least 0",
        ),
        (
            &|t| t.group(group("head").weight_decay(200.0)),
            "`weight_decay` of `AdamW` is 200; it must be at most 100 with a learning rate of 0.01, or a step takes more than the whole \
             weight",
        ),
        (
            &|t| t.group(group("head").schedule(Exponential::new(-1.0))),
            "`gamma` of `Exponential` is -1; it must be a finite number of at least 0",
        ),
        (
            &|t| t.group(group("head").schedule(|_| f64::NAN)),
            "`factor` of `schedule` is NaN; it must be a finite number of at least 0",
        ),
    ] {
        assert_eq!(told(set), expected);
    }
    let mut training = Net::init(3).training(Cpu::with_threads(1), 5).unwrap();
    let error = training.group(group("head").frozen_for(2)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`frozen_for` of `Group` is set; it must be left to a `Trainer`, since a `Training` session counts no epochs"
    );
    training.freeze("*").unwrap();
    training.forward(&data.inputs[..5]).unwrap();
    training.loss(&CrossEntropy, &data.targets[..5]).unwrap();
    training.backward();
    assert!(matches!(training.step(&Adam::new(0.1)), Err(Error::NothingToTrain { model: "Net" })));
}
