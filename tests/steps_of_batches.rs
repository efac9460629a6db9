//! Steps of several batches: they equal the steps of large batches, count as steps, and are resumed as themselves.

#[path = "common/devices.rs"]
mod devices;
#[path = "common/places.rs"]
mod places;

use devices::on_devices;
use dl::data::Dataset;
use dl::pod::flat;
use dl::prelude::*;
use dl::train::{Ended, Every, Flow, History};
use dl::{Error, Pod};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

model! {
    Plain(image: [1, 8, 8]) -> [10] { image -> flatten -> dense(24) -> tanh -> dense(10) }

    /// Everything that has a state of its own.
    Net(image: [1, 8, 8]) -> [10] { image -> flatten -> dense(24) -> batch_norm -> relu -> dropout(0.3) -> dense(10) }

    Tagger(words: [.., 3]) -> [.., 2] { words -> dense(4) -> tanh -> dense(2) }

    Line(x: [1]) -> [1] { x -> dense(1, bias: false) as out }
}

type Digits = Dataset<dl::Input<Net>, u32>;

fn digits() -> (Digits, Digits) {
    let (train, rest) = dl::data::digits().train.split_at(250);
    (train, rest.split_at(99).0)
}

fn bits<M: Model>(net: &M) -> Vec<u32> {
    flat(std::slice::from_ref(net)).iter().map(|w| w.to_bits()).collect()
}

/// Requires the same numbers, to rounding.
fn assert_close<M: Model>(found: &M, expected: &M) {
    let [found, expected] = [found, expected].map(|net| flat(std::slice::from_ref(net)));
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-5, "{found}, not {expected}");
    }
}

/// A history without its times.
fn numbers(history: &History) -> History {
    let mut history = history.clone();
    for epoch in &mut history.epochs {
        (epoch.seconds, epoch.samples_per_second, epoch.waiting) = (0.0, 0.0, 0.0);
    }
    history
}

#[test]
fn several_batches_are_the_step_of_one() {
    let (train, test) = digits();
    on_devices!(|device| {
        let run = |batch: usize, accumulate: usize| {
            let (mut net, mut seen) = (Plain::init(4), Vec::new());
            let history = Trainer::new(Sgd::new(0.2).momentum(0.9))
                .loss(CrossEntropy)
                .on(device.clone())
                .epochs(2)
                .batch_size(batch)
                .accumulate(accumulate)
                .clip(Clip::Norm(1.0))
                .schedule_by_epoch(|epoch: f64| 1.0 / (1.0 + epoch))
                .validate(&test)
                .on_step(|step| seen.push((step.epoch, step.step, step.loss, step.learning_rate, step.norm.unwrap())))
                .quiet()
                .fit(&mut net, &train)
                .unwrap();
            (net, seen, history)
        };
        // 250 samples: seven steps of 32 and a rest of 26, which is 8, 8, 8 and 2.
        let (large, of_large, history) = run(32, 1);
        let (small, of_small, rows) = run(8, 4);
        assert_close(&*small, &*large);
        assert_eq!((of_large.len(), of_small.len()), (16, 16));
        for (small, large) in of_small.iter().zip(&of_large) {
            assert_eq!((small.0, small.1, small.3), (large.0, large.1, large.3));
            assert!((small.2 - large.2).abs() < 1e-5 && (small.4 - large.4).abs() < 1e-4, "{small:?}, not {large:?}");
        }
        for (small, large) in rows.epochs.iter().zip(&history.epochs) {
            assert_eq!((small.steps, small.learning_rate), (large.steps, large.learning_rate));
            assert!((small.train.loss - large.train.loss).abs() < 1e-5, "{small:?}, not {large:?}");
        }
    });
}

/// Every word has a loss: a batch of long sentences counts for more than one of short ones.
#[test]
fn several_batches_of_sequences_are_the_step_of_one() {
    let lengths = [5, 1, 2, 7, 1, 1, 3, 4];
    let word = |i: usize| [0.1 * i as f32, 0.5 - 0.05 * (i * i % 17) as f32, (i % 3) as f32];
    let inputs: Vec<Vec<[f32; 3]>> = lengths.iter().map(|n| (0..*n).map(|i| word(i * 5 + n)).collect()).collect();
    let targets: Vec<Vec<u32>> = lengths.iter().map(|n| (0..*n).map(|i| ((i + n) % 2) as u32).collect()).collect();
    let data = Dataset::new(inputs, targets).unwrap();
    let run = |batch: usize, accumulate: usize| {
        let mut net = Tagger::init(4);
        let trainer = Trainer::new(Sgd::new(0.5)).loss(CrossEntropy).epochs(4).shuffle(false).quiet();
        trainer.batch_size(batch).accumulate(accumulate).fit(&mut net, &data).unwrap();
        net
    };
    assert_close(&*run(2, 4), &*run(8, 1));
    assert_close(&*run(1, 3), &*run(3, 1));
}

#[test]
fn a_training_of_such_steps_is_resumed_as_itself() {
    let (train, test) = digits();
    let trainer = || {
        let trainer = Trainer::new(Adam::new(3e-3)).loss(CrossEntropy).epochs(3).batch_size(16).accumulate(3);
        trainer.seed(5).early_stopping(3).validate(&test).quiet()
    };
    let mut whole = Net::init(9);
    let history = trainer().fit(&mut whole, &train).unwrap();
    // 16 batches are 6 steps in an epoch, the last of one batch.
    assert_eq!(history.epochs.iter().map(|epoch| epoch.steps).collect::<Vec<_>>(), [6, 12, 18]);
    for stop in [1, 6, 8] {
        let places = places::scratch();
        std::fs::create_dir_all(&places).unwrap();
        let path: PathBuf = places.join(format!("accumulate-{stop}.safetensors"));
        let flag = Arc::new(AtomicBool::new(false));
        let setter = flag.clone();
        let part = trainer().checkpoint(&path).interrupt(&flag);
        let mut part = part.on_step(move |step| setter.store(step.step == stop, Ordering::Relaxed));
        assert_eq!(part.fit(&mut Net::init(9), &train).unwrap().ended, Ended::Interrupted);
        let mut net = Net::init(0);
        let resumed = trainer().resume(&path).fit(&mut net, &train).unwrap();
        assert_eq!(numbers(&resumed), numbers(&history));
        assert!(bits(&*net) == bits(&*whole));
        // Steps of another size are not the same training.
        let other = trainer().accumulate(4).resume(&path).fit(&mut net, &train).unwrap();
        assert_eq!(other.changes[0].to_string(), format!("`accumulate` is 4 since step {}; it was 3", stop + 1));
    }
    let path = places::scratch().join("accumulate-every.safetensors");
    let _ = std::fs::remove_file(&path);
    let mut written = Vec::new();
    let part = trainer().checkpoint(&path).checkpoint_every(Every::Steps(4)).on_step(|step| {
        if path.exists() {
            written.push((step.step, step.batch));
            std::fs::remove_file(&path).unwrap();
        }
        if step.step == 14 { Flow::Stop } else { Flow::Continue }
    });
    let mut part = part;
    assert_eq!(part.fit(&mut Net::init(9), &train).unwrap().ended, Ended::Callback);
    drop(part);
    assert_eq!(written, [(5, 15), (9, 9), (13, 3)]);
}

#[test]
fn mistakes_are_typed_errors() {
    let (train, _) = digits();
    let mut trainer = Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).accumulate(0).quiet();
    let error = Error::from(trainer.fit(&mut Net::init(0), &train).unwrap_err());
    assert!(matches!(error, Error::Setting { setting: "accumulate", .. }));
    assert_eq!(error.to_string(), "`accumulate` of `Trainer` is 0; it must be a whole number of at least 1");
    // A loss that is not finite in the middle of a step names the step and the sample.
    let (mut inputs, targets) = (vec![[0.0f32]; 12], vec![[0.0f32]; 12]);
    inputs[7] = [3e38];
    let data = Dataset::new(inputs, targets).unwrap();
    on_devices!(|device| {
        let mut net = Line::init(0);
        net.out.weight = [[2.0]];
        let trainer = Trainer::new(Sgd::new(0.1)).loss(Mse).batch_size(2).accumulate(3).shuffle(false).quiet();
        match Error::from(trainer.on(device).fit(&mut net, &data).unwrap_err()) {
            Error::NotFinite { step, layer } => {
                assert_eq!((step, &*layer), (2, "the output, of sample 7 of the training set alone,"));
            }
            error => panic!("{error}"),
        }
    });
    assert_eq!(Net::LEN, Net::PARAMETERS + 48);
}
