//! Averages of weights: PyTorch's numbers, what the trainer validates, keeps and leaves, and checkpoints.

mod common;

use common::devices::{self, on_devices};
use common::{Fixture, STEPS, agree, places};
use dl::data::Dataset;
use dl::optim::WeightAverage;
use dl::pod::flat;
use dl::prelude::*;
use dl::train::{Ended, History};
use dl::{Error, Pod};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

model! {
    Tuned(x: [6]) -> [3] {
        x -> dense(8) as first -> tanh -> batch_norm as norm -> dense(5) as second -> tanh -> dense(3) as head
    }

    Net(image: [1, 8, 8]) -> [10] { image -> flatten -> dense(24) -> batch_norm -> relu -> dropout(0.3) -> dense(10) }
}

type Digits = Dataset<dl::Input<Net>, u32>;

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

/// Ten steps; the average is updated after each of them, or after every second.
fn like_pytorch(device: impl Device, name: &str, average: WeightAverage, every: usize) {
    let fixture = Fixture::open("fine_tuning.safetensors");
    let mut net = fixture.model::<Tuned>("start/");
    let inputs: Vec<[[f32; 6]; 7]> = fixture.samples("input");
    let targets: Vec<[u32; 7]> = fixture.samples("target");
    let mut training = Training::on(device, &*net, 7).unwrap();
    let mut means = vec![Vec::new(); Tuned::TENSORS.len()];
    for (step, (inputs, targets)) in (1..).zip(inputs.iter().zip(&targets)) {
        training.forward(inputs).unwrap();
        training.loss(&CrossEntropy, targets).unwrap();
        training.backward();
        training.step(&Adam::new(0.02)).unwrap();
        if step % every == 0 {
            training.average(average).unwrap();
            training.store_average(&mut net).unwrap();
            for (tensor, history) in Tuned::TENSORS.iter().zip(&mut means) {
                history.extend_from_slice(&flat(std::slice::from_ref(&*net))[tensor.range()]);
            }
        }
    }
    for (tensor, history) in Tuned::TENSORS.iter().zip(&means) {
        agree(&format!("{name}: {}", tensor.name), history, &fixture.floats(&format!("{name}/{}", tensor.name)), STEPS);
    }
}

#[test]
fn averages_are_those_of_pytorch() {
    on_devices!(|device| {
        like_pytorch(device.clone(), "ema", WeightAverage::ema(0.9), 1);
        like_pytorch(device.clone(), "ema_short", WeightAverage::ema(0.3), 1);
        like_pytorch(device.clone(), "swa", WeightAverage::swa(1), 2);
    });
    // TensorFlow's `num_updates`.
    let parts: Vec<f64> = (0..4).map(|updates| WeightAverage::ema(0.2).warm_up().part(updates)).collect();
    let kept = [0.0, 2.0 / 11.0, 0.2, 0.2];
    parts.iter().zip(kept).for_each(|(part, kept)| assert!((part - (1.0 - kept)).abs() < 1e-12, "{parts:?}"));
}

/// The average is what is validated, told and left in the network; without an average yet, the weights are.
#[test]
fn the_average_is_what_counts() {
    let (train, test) = digits();
    on_devices!(|device| {
        for average in [WeightAverage::ema(0.95).warm_up(), WeightAverage::swa(2)] {
            let (mut told, mut net) = (Vec::new(), Net::init(3));
            let history = Trainer::new(Adam::new(5e-3))
                .loss(CrossEntropy)
                .on(device.clone())
                .epochs(4)
                .average(average)
                .validate(&test)
                .on_epoch(|event| told.push((bits(event.net), event.row.validation.as_ref().unwrap().loss)))
                .quiet()
                .fit(&mut net, &train)
                .unwrap();
            let mut plain = Net::init(3);
            let mut weights = Vec::new();
            Trainer::new(Adam::new(5e-3))
                .loss(CrossEntropy)
                .on(device.clone())
                .epochs(4)
                .on_epoch(|event| weights.push(flat(std::slice::from_ref(event.net)).to_vec()))
                .quiet()
                .fit(&mut plain, &train)
                .unwrap();
            assert_eq!(told[3].0, bits(&*net));
            assert_ne!(bits(&*net), bits(&*plain));
            // The network that callbacks see has the loss that they are told.
            for (bits, loss) in &told {
                let mut seen = Net::init(0);
                let numbers = dl::pod::flat_mut(std::slice::from_mut(&mut *seen));
                numbers.iter_mut().zip(bits).for_each(|(number, bits)| *number = f32::from_bits(*bits));
                let mut training = Training::on(Cpu::with_threads(1), &*seen, 99).unwrap();
                training.evaluate(&test.inputs).unwrap();
                let found = f64::from(training.loss(&CrossEntropy, &test.targets).unwrap());
                assert!((found - loss).abs() < 1e-5, "{found}, not {loss}");
            }
            assert_eq!(history.epochs.len(), 4);
            if let WeightAverage::Equal { .. } = average {
                // The first epoch has no average yet; the last has the mean of three.
                assert_eq!(told[0].0, weights[0].iter().map(|w| w.to_bits()).collect::<Vec<_>>());
                for (i, found) in flat(std::slice::from_ref(&*net)).iter().enumerate() {
                    let mean = weights[1..].iter().map(|weights| f64::from(weights[i])).sum::<f64>() / 3.0;
                    assert!((f64::from(*found) - mean).abs() < 1e-6, "{found}, not {mean}");
                }
            }
        }
    });
}

#[test]
fn averages_are_resumed_bit_for_bit() {
    let (train, test) = digits();
    for (i, average) in [WeightAverage::ema(0.9), WeightAverage::swa(2)].into_iter().enumerate() {
        let trainer = || {
            let trainer = Trainer::new(Adam::new(3e-3)).loss(CrossEntropy).epochs(4).average(average);
            trainer.seed(5).early_stopping(3).validate(&test).quiet()
        };
        let mut whole = Net::init(9);
        let history = trainer().fit(&mut whole, &train).unwrap();
        // 8 steps in an epoch: in the second, after it, and in the third.
        for stop in [11, 16, 20] {
            let path = places::scratch().join(format!("average-{i}-{stop}.safetensors"));
            std::fs::create_dir_all(places::scratch()).unwrap();
            let flag = Arc::new(AtomicBool::new(false));
            let setter = flag.clone();
            let part = trainer().checkpoint(&path).interrupt(&flag);
            let mut part = part.on_step(move |step| setter.store(step.step == stop, Ordering::Relaxed));
            assert_eq!(part.fit(&mut Net::init(9), &train).unwrap().ended, Ended::Interrupted);
            let mut net = Net::init(0);
            let resumed = trainer().resume(&path).fit(&mut net, &train).unwrap();
            assert_eq!(numbers(&resumed), numbers(&history));
            assert!(bits(&*net) == bits(&*whole));
            // It stays a file of the model, whose weights are those of the steps.
            assert!(dl::io::Load::new().allow_unexpected(true).load::<Net>(&path).is_ok());
            let other = trainer().average(WeightAverage::ema(0.5)).resume(&path).fit(&mut net, &train).unwrap();
            assert!(other.changes[0].setting.starts_with("average"), "{:?}", other.changes);
        }
    }
    assert_eq!(Net::LEN, Net::PARAMETERS + 48);
}

#[test]
fn averages_out_of_range_are_typed_errors() {
    let (train, _) = digits();
    let fit = |average| {
        let mut trainer = Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).average(average).quiet();
        Error::from(trainer.fit(&mut Net::init(0), &train).unwrap_err()).to_string()
    };
    assert_eq!(fit(WeightAverage::ema(1.0)), "`decay` of `WeightAverage` is 1; it must be at least 0 and below 1");
    assert_eq!(
        fit(WeightAverage::swa(0)),
        "`from_epoch` of `WeightAverage` is 0; it must be a whole number of at least 1"
    );
    let mut training = Net::init(0).training(Cpu::with_threads(1), 4).unwrap();
    assert!(matches!(training.average(WeightAverage::ema(-0.1)), Err(Error::Setting { setting: "decay", .. })));
}
