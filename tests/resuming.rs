//! Resumed trainings: all bits of an uninterrupted one with everything on that has a memory, and other settings, which are told.

mod common;

use common::places;
use dl::data::{Dataset, Digit, WeightedSampler, augment, streams};
use dl::optim::WeightAverage;
use dl::optim::schedule::{Cosine, Exponential, Plateau, Schedule, Step};
use dl::pod::flat;
use dl::prelude::*;
use dl::train::{Cause, ConfusionMatrix, Ended, ExternalLoss, F1, Flow, History, RocAuc};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

model! {
    Net(image: [1, 8, 8]) -> [10] {
        image -> flatten -> dense(24) as first -> relu -> dropout(0.3) -> dense(16) -> batch_norm -> tanh -> dense(10)
    }

    Recurrent(x: [.., 2]) -> [.., 2] { x -> lstm(5) -> dropout(0.2) -> dense(2) }
}

type Digits = Dataset<Digit, u32>;

/// 25 batches of 10 digits to learn from, and 99 digits to be judged by.
fn digits() -> (Digits, Digits) {
    let (train, rest) = dl::data::digits().train.split_at(250);
    (train, rest.split_at(99).0)
}

fn bits<M: Model>(net: &M) -> Vec<u32> {
    flat(std::slice::from_ref(net)).iter().map(|w| w.to_bits()).collect()
}

/// A history without its times.
fn numbers(history: &History) -> History {
    let mut history = history.clone();
    for epoch in &mut history.epochs {
        (epoch.seconds, epoch.samples_per_second, epoch.waiting) = (0.0, 0.0, 0.0);
    }
    history
}

/// A file of this test's own, not there yet.
fn file(name: &str) -> PathBuf {
    let folder = places::scratch();
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("resuming-{name}.safetensors"));
    let _ = std::fs::remove_file(&path);
    path
}

/// A network in which some units are dead from the beginning.
fn start() -> Box<Net> {
    let mut net = Net::init(9);
    net.first.bias[3..9].fill(-100.0);
    net
}

type Settings<'a> = Trainer<'a, Net, u32, Adam, ExternalLoss<CrossEntropy>>;

/// Everything that remembers something from step to step or from epoch to epoch.
fn everything<'a>(average: WeightAverage, test: &'a Digits) -> Settings<'a> {
    Trainer::new(Adam::new(2e-2).amsgrad(true))
        .loss(CrossEntropy)
        .epochs(6)
        .batch_size(10)
        .accumulate(2)
        .seed(5)
        .clip(Clip::Norm(0.5))
        .average(average)
        .schedule_by_epoch(Cosine::over(12.0))
        .plateau(Plateau::default().factor(0.5).patience(0).threshold(0.3))
        .early_stopping(3)
        .validate(test)
        .metric(ConfusionMatrix::new(10))
        .metric(F1::default())
        .metric(RocAuc::default())
        .watch(1)
        .quiet()
}

/// Interrupts a training after each of `stops`, goes on in a new trainer, and compares everything with a training without interruption.
#[track_caller]
fn check(name: &str, trainer: &dyn Fn() -> Settings<'static>, fit: &dyn Fn(&mut Settings<'_>, &mut Net) -> History) {
    let mut whole = start();
    let history = fit(&mut trainer(), &mut whole);
    assert_eq!(history.epochs.len(), 6);
    // The plateau reduced the learning rate below that of the schedule, and units were found dead.
    assert!(history.epochs[5].learning_rate < 0.6 * 2e-2 * Cosine::over(12.0).factor(6.0), "{history:?}");
    assert!(history.warnings.iter().any(|warning| matches!(warning.cause, Cause::DeadUnits { .. })), "{history:?}");
    // Epochs have 13 steps: in the middle of an epoch, at its end, twice in one, and near the end.
    for stops in [vec![1], vec![5, 9], vec![13], vec![20, 39], vec![33], vec![77]] {
        let path = file(&format!("{name}-{}", stops[0]));
        for stop in stops {
            let flag = Arc::new(AtomicBool::new(false));
            let setter = flag.clone();
            let part = trainer().checkpoint(&path).interrupt(&flag);
            let part = part.on_step(move |step| setter.store(step.step == stop, Ordering::Relaxed));
            let mut part = if path.exists() { part.resume(&path) } else { part };
            assert_eq!(fit(&mut part, &mut start()).ended, Ended::Interrupted);
        }
        let mut net = Net::init(0);
        let resumed = fit(&mut trainer().resume(&path), &mut net);
        assert_eq!(numbers(&resumed), numbers(&history), "{name}");
        assert!(bits(&*net) == bits(&*whole), "{name}");
    }
}

#[test]
fn everything_is_resumed_bit_for_bit() {
    let (train, test) = digits();
    let (train, test): (&'static Digits, &'static Digits) = (Box::leak(Box::new(train)), Box::leak(Box::new(test)));
    let sampler = || WeightedSampler::balanced(&train.targets).unwrap();
    let set = |trainer: &mut Settings<'_>, net: &mut Net| trainer.fit(net, train).unwrap();
    let source = |trainer: &mut Settings<'_>, net: &mut Net| {
        let shifted = train.augmented(|image, rng, to: &mut Digit| {
            *to = *image;
            augment::crop(to, 1, rng);
        });
        trainer.fit_source(net, &shifted).unwrap()
    };
    let (ema, swa) = (WeightAverage::ema(0.9).warm_up(), WeightAverage::swa(3));
    check("ema", &|| everything(ema, test), &set);
    check("swa", &|| everything(swa, test).sampler(sampler()), &set);
    check("source", &|| everything(ema, test).drop_last(true).loaders(3), &source);
}

#[test]
fn the_memory_of_early_stopping_is_resumed() {
    // The best epoch is before the interruption, and the patience ends after it.
    let (train, test) = digits();
    let trainer = || {
        let trainer =
            Trainer::new(Adam::new(0.05)).loss(CrossEntropy).epochs(40).batch_size(25).validate(&test).quiet();
        trainer.early_stopping(4).average(WeightAverage::ema(0.5))
    };
    let mut whole = start();
    let history = trainer().fit(&mut whole, &train).unwrap();
    let Ended::EarlyStopping { best_epoch, .. } = history.ended else { panic!("{}", history.ending()) };
    for stop in [10 * best_epoch as u64 + 13, 10 * best_epoch as u64 + 30] {
        let path = file(&format!("early-{stop}"));
        let flag = Arc::new(AtomicBool::new(false));
        let setter = flag.clone();
        let mut net = start();
        let part = trainer().checkpoint(&path).interrupt(&flag);
        let mut part = part.on_step(move |step| setter.store(step.step == stop, Ordering::Relaxed));
        let part = part.fit(&mut net, &train).unwrap();
        // An interrupted training leaves the best weights so far, too.
        assert_eq!((part.ended, part.best), (Ended::Interrupted, Some(best_epoch)));
        assert!(bits(&*net) == bits(&*whole));
        let mut net = Net::init(0);
        let resumed = trainer().resume(&path).fit(&mut net, &train).unwrap();
        assert_eq!(numbers(&resumed), numbers(&history));
        assert!(bits(&*net) == bits(&*whole));
    }
}

#[test]
fn carried_states_are_resumed_bit_for_bit() {
    let series: Vec<[f32; 2]> = (0..200_u8).map(|i| [f32::from(i % 7) / 7.0, f32::from(i % 5) / 5.0]).collect();
    let data = streams(&series, 4, 3).unwrap();
    let trainer = || {
        let trainer = Trainer::new(Sgd::new(0.1).momentum(0.9)).loss(Mse).epochs(3).batch_size(4).carry_state(true);
        trainer.average(WeightAverage::ema(0.8)).accumulate(2).schedule(Exponential::new(0.99)).quiet()
    };
    let mut whole = Recurrent::init(1);
    let history = trainer().fit(&mut whole, &data).unwrap();
    for stop in [3, 8, 9, 17] {
        let path = file(&format!("carried-{stop}"));
        let flag = Arc::new(AtomicBool::new(false));
        let setter = flag.clone();
        let part = trainer().checkpoint(&path).interrupt(&flag);
        let mut part = part.on_step(move |step| setter.store(step.step == stop, Ordering::Relaxed));
        assert_eq!(part.fit(&mut Recurrent::init(1), &data).unwrap().ended, Ended::Interrupted);
        let mut net = Recurrent::init(0);
        let resumed = trainer().resume(&path).fit(&mut net, &data).unwrap();
        assert_eq!(numbers(&resumed), numbers(&history));
        assert!(bits(&*net) == bits(&*whole), "after {stop}");
    }
}

#[test]
fn a_damaged_memory_of_warnings_is_an_error() {
    use dl::io::safetensors::{Reader, Writer};
    let (train, _) = digits();
    let path = file("watch");
    let trainer = |epochs| Trainer::new(Sgd::new(0.1)).loss(CrossEntropy).epochs(epochs).watch(1).quiet();
    trainer(1).checkpoint(&path).fit(&mut start(), &train).unwrap();
    let mut reader = Reader::open(&path).unwrap();
    let text = reader.metadata()["checkpoint"].clone();
    let tensors: Vec<_> = reader
        .names()
        .into_iter()
        .map(|name| {
            let shape = reader.shape(&name).unwrap().to_vec();
            let mut values = vec![0.0; shape.iter().product()];
            reader.read(&name, &mut values).unwrap();
            (name, shape, values)
        })
        .collect();
    let (units, more) = ("\"moved\":\"", "\"checks\":");
    assert!(text.contains(units) && text.contains(more));
    let resume = |text: String| {
        let writer = Writer::new().metadata("checkpoint", text);
        let writer = tensors.iter().fold(writer, |writer, (name, shape, values)| writer.tensor(name, shape, values));
        writer.write(&path).unwrap();
        trainer(2).resume(&path).fit(&mut start(), &train).map_err(dl::Error::from)
    };
    assert_eq!(resume(text.clone()).unwrap().epochs.len(), 2);
    let error = resume(text.replacen(units, "\"moved\":\"1", 1)).unwrap_err();
    assert!(error.to_string().ends_with("expected the units of 4 layers, found others"), "{error}");
    // Counts that could not grow any further.
    assert!(resume(text.replacen(more, &format!("{more}{},\"c\":", usize::MAX), 1)).is_err());
    let largest = text.replacen("\"checks\":8", &format!("\"checks\":{}", usize::MAX), 1);
    assert_ne!(largest, text);
    assert!(resume(largest).is_ok());
}

/// Trains an epoch of 8 steps, or `steps` steps, and leaves the checkpoint.
fn begun(path: &Path, steps: u64) {
    let (train, test) = digits();
    let trainer = Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).epochs(1).batch_size(32).validate(&test).quiet();
    let trainer = trainer.schedule(Step::every(4.0)).checkpoint(path);
    let stop = |step: &dl::train::StepEnd| if step.step == steps { Flow::Stop } else { Flow::Continue };
    trainer.on_step(stop).fit(&mut start(), &train).unwrap();
}

fn told(history: &History) -> Vec<String> {
    history.changes.iter().map(|change| format!("{}: {} -> {}", change.setting, change.before, change.now)).collect()
}

#[test]
fn settings_that_differ_are_told() {
    let (train, test) = digits();
    let path = file("settings");
    begun(&path, 8);
    let fit = |trainer: Trainer<'_, Net, u32, Adam, ExternalLoss<CrossEntropy>>, train: &Digits| {
        let mut trainer = trainer.loss(CrossEntropy).epochs(3).resume(&path).quiet();
        trainer.fit(&mut Net::init(0), train).unwrap()
    };
    let same = || {
        let trainer = Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).batch_size(32).validate(&test);
        trainer.schedule(Step::every(4.0))
    };
    // More epochs are the usual reason to resume a training.
    assert_eq!(told(&fit(same(), &train)), [""; 0]);
    let adam = Adam::new(2e-3).betas(0.9, 0.99);
    let other = Trainer::new(adam).loss(CrossEntropy).batch_size(32).validate(&test).schedule(Step::every(4.0));
    let history = fit(other.clip(Clip::Norm(1.0)).early_stopping(2), &train);
    let expected = [
        "clip: none -> {\"norm\":1.0}",
        "early_stopping: none -> 2",
        "optimizer.betas: [0.9,0.999] -> [0.9,0.99]",
        "optimizer.learning_rate: 0.001 -> 0.002",
    ];
    assert_eq!(told(&history), expected);
    assert!(history.changes.iter().all(|change| change.since == 9));
    let text = history.changes[3].to_string();
    assert_eq!(text, "`optimizer.learning_rate` is 0.002 since step 9; it was 0.001");
    // It holds from the next step on, and is part of the history as JSON.
    assert_eq!(history.epochs.iter().map(|row| row.steps).collect::<Vec<_>>(), [8, 16, 24]);
    let json = serde_json::to_string(&history).unwrap();
    assert_eq!(serde_json::from_str::<History>(&json).unwrap(), history);

    let (less, schedule) = (train.clone().split_at(200).0, "schedule.factor.Step.gamma: 0.1 -> 0.5");
    let history = fit(same().schedule(Step::every(4.0).gamma(0.5)).seed(3), &less);
    assert_eq!(told(&history), [schedule, "seed: 0 -> 3", "training_samples: 250 -> 200"]);
    assert_eq!(history.epochs.iter().map(|row| row.steps).collect::<Vec<_>>(), [8, 15, 22]);
    // The settings of closures are unknown.
    let history = fit(same().schedule_by_epoch(|_: f64| 1.0), &train);
    assert_eq!(
        told(&history),
        ["schedule.by: \"steps\" -> \"epochs\"", "schedule.factor: {\"Step\":{\"every\":4.0,\"gamma\":0.1}} -> none"]
    );
    // The rates of the new schedule, in the second and third epoch.
    assert!(history.epochs[1..].iter().all(|row| row.learning_rate == 1e-3));
    // A buffer that the settings before did not need begins at zero.
    let mut other = Trainer::new(Adam::new(1e-3).amsgrad(true)).loss(CrossEntropy).batch_size(32).validate(&test);
    other = other.schedule(Step::every(4.0));
    assert_eq!(told(&fit(other, &train)), ["optimizer.amsgrad: false -> true"]);
}

#[test]
fn an_average_of_another_kind_begins_anew() {
    let (train, test) = digits();
    let path = file("averages");
    let trainer = || Trainer::new(Adam::new(1e-2)).loss(CrossEntropy).batch_size(25).validate(&test).quiet();
    let mut net = start();
    trainer().average(WeightAverage::ema(0.99)).epochs(2).checkpoint(&path).fit(&mut net, &train).unwrap();
    let resumed = |average: Option<WeightAverage>| {
        let mut net = Net::init(0);
        let trainer = trainer().epochs(3).resume(&path);
        let mut trainer = if let Some(average) = average { trainer.average(average) } else { trainer };
        let history = trainer.fit(&mut net, &train).unwrap();
        (bits(&*net), told(&history))
    };
    let (without, changes) = resumed(None);
    let before = "average: {\"exponential\":{\"decay\":0.99,\"warm_up\":false}} -> ";
    assert_eq!(changes, [format!("{before}none")]);
    // The mean of one epoch is its weights.
    let (one, changes) = resumed(Some(WeightAverage::swa(3)));
    assert_eq!(changes, [format!("{before}{{\"equal\":{{\"from_epoch\":3}}}}")]);
    assert!(one == without);
    // An average of the same kind goes on.
    let (other, changes) = resumed(Some(WeightAverage::ema(0.5)));
    assert_eq!(changes, ["average.exponential.decay: 0.99 -> 0.5"]);
    assert!(other != without);
}

#[test]
fn an_epoch_whose_batches_differ_begins_anew() {
    let (train, test) = digits();
    let (path, again) = (file("batches"), file("batches-again"));
    begun(&path, 5);
    let trainer = || Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).epochs(2).validate(&test).quiet();
    let mut samples = 0;
    let mut resumed =
        trainer().schedule(Step::every(4.0)).batch_size(50).accumulate(2).resume(&path).checkpoint(&again);
    resumed = resumed.on_step(|step| samples = step.batch * 50);
    let history = resumed.fit(&mut Net::init(0), &train).unwrap();
    drop(resumed);
    assert_eq!(samples, 250);
    assert_eq!(told(&history), ["accumulate: 1 -> 2", "batch_size: 32 -> 50"]);
    // 5 steps before, and 3 of 2 batches in each epoch; that its samples are all there shows in the loss of the first epoch.
    assert_eq!(history.epochs.iter().map(|row| row.steps).collect::<Vec<_>>(), [8, 11]);
    assert!(history.epochs[0].train.loss > history.epochs[1].train.loss);
    // Resumed once more, with the same settings and back again.
    for (batch, accumulate, changes) in [(50, 2, 2), (32, 1, 4)] {
        let mut trainer = trainer().schedule(Step::every(4.0)).epochs(3).batch_size(batch).accumulate(accumulate);
        trainer = trainer.resume(&again);
        let history = trainer.fit(&mut Net::init(0), &train).unwrap();
        assert_eq!((history.epochs.len(), history.changes.len()), (3, changes));
    }
    // Where it cannot work, it is an error.
    let error = trainer().metric(F1::default()).resume(&path).fit(&mut Net::init(0), &train).unwrap_err().to_string();
    assert!(error.contains("another list of metrics"), "{error}");
    let error = Trainer::new(AdamW::new(1e-3)).loss(CrossEntropy).resume(&path).fit(&mut Net::init(0), &train);
    assert!(error.unwrap_err().to_string().ends_with("checkpoint of another optimizer: expected AdamW, found Adam"));
}

/// The other half of the test below: a program that resumes with another batch size, and is not quiet.
#[test]
#[ignore = "a program for another test"]
fn resumes_and_prints() {
    let (train, test) = digits();
    let path = file("printed");
    begun(&path, 8);
    let trainer = Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).epochs(2).batch_size(16).validate(&test);
    trainer.schedule(Step::every(4.0)).resume(&path).fit(&mut start(), &train).unwrap();
}

#[test]
fn settings_that_differ_are_printed_first() {
    let mut program = std::process::Command::new(std::env::current_exe().unwrap());
    let output = program.args(["--exact", "resumes_and_prints", "--ignored", "--nocapture"]).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    assert!(output.status.success() && lines.len() == 3, "{text}");
    assert_eq!(lines[..2], ["resumed with other settings:", "  `batch_size` is 16 since step 9; it was 32"]);
    assert!(lines[2].starts_with("epoch 2/2"), "{text}");
}
