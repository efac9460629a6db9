//! Groups of tensors: PyTorch's numbers, gradual unfreezing, checkpoints, and what users are told.
#![allow(missing_docs)]

mod common;
#[path = "common/fine_tuning.rs"]
mod fine_tuning;

use common::devices::{self, on_devices};
use dl::Error;
use dl::optim::schedule::{Constant, Exponential, Step};
use dl::optim::{Group, Lbfgs, WeightAverage};
use dl::prelude::*;
use dl::train::{EpochEnd, Every, Flow, StepEnd};
use fine_tuning::{Net, bits, copy, digits, like_pytorch, moved};

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
