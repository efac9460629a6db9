//! Tests of how trainings end: the weights and files after an error, the reason of an end, and the start of the next `fit`.

#[path = "common/places.rs"]
mod places;

use dl::Error;
use dl::data::Dataset;
use dl::loss::Mse;
use dl::optim::Sgd;
use dl::prelude::*;
use dl::train::{Ended, Every, Flow, Metric, TrainError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

model! { One(x: [1]) -> [1] { x -> dense(1, bias: false) as w } }

type Numbers = Dataset<[f32; 1], [f32; 1]>;

/// The weight after each epoch: with a rate of 0.05 each of its two steps moves `w` a tenth of the way from where it is to 1.
const WEIGHTS: [f64; 4] = [0.19, 0.3439, 0.468_559, 0.569_532_79];

/// Two samples `w·1 = 1`.
fn ones() -> Numbers {
    Dataset::new(vec![[1.0]; 2], vec![[1.0]; 2]).unwrap()
}

/// A sample whose loss grows with `w`: `(w + 1)²`.
fn away() -> Numbers {
    Dataset::new(vec![[1.0]], vec![[-1.0]]).unwrap()
}

fn zero() -> Box<One> {
    let mut net = One::init(0);
    net.w.weight = [[0.0]];
    net
}

/// After three epochs of two steps each the rate is far too large.
fn breaks(step: f64) -> f64 {
    if step < 6.0 { 1.0 } else { 1e31 }
}

fn trainer<'a>() -> Trainer<'a, One, [f32; 1], Sgd, dl::train::ExternalLoss<Mse>> {
    Trainer::new(Sgd::new(0.05)).loss(Mse).epochs(10).batch_size(1).quiet()
}

/// A folder of this test's own, and a path in it that has no file.
fn place(name: &str) -> (PathBuf, PathBuf) {
    let folder = places::scratch().join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    (folder.clone(), folder.join("training.safetensors"))
}

#[track_caller]
fn assert_weight(net: &One, expected: f64) {
    let found = f64::from(net.w.weight[0][0]);
    assert!((found - expected).abs() < 1e-6, "{found}, expected {expected}");
}

/// Errors can be sent to other threads, and become those of any library.
const _: fn() = || {
    fn any<E: std::error::Error + Send + Sync + 'static>() {}
    any::<TrainError>();
};

/// An error after some epochs, with the best weights: those of the first epoch.
#[track_caller]
fn assert_best_survives(net: &One, error: TrainError, epochs: usize) -> Error {
    assert_weight(net, WEIGHTS[0]);
    let history = error.history();
    assert_eq!((history.best, history.ended, history.epochs.len()), (Some(1), Ended::Failed, epochs), "{error}");
    for (row, weight) in history.epochs.iter().zip(WEIGHTS) {
        let expected = (weight + 1.0).powi(2);
        assert!((row.validation.as_ref().unwrap().loss - expected).abs() < 1e-5, "{row:?}");
    }
    error.into()
}

/// Checks that the file after an error has the best weights, and that the training can be resumed from it.
#[track_caller]
fn assert_resumes(path: &Path, epochs: usize) {
    let away = away();
    let mut net = zero();
    let history =
        trainer().validate(&away).early_stopping(9).resume(path).epochs(epochs).fit(&mut net, &ones()).unwrap();
    assert_eq!((history.epochs.len(), history.best, history.ended), (epochs, Some(1), Ended::Finished));
    assert_weight(&net, WEIGHTS[0]);
    let mut reader = dl::io::safetensors::Reader::open(path).unwrap();
    let mut best = [0.0];
    reader.read("best.w.weight", &mut best).unwrap();
    assert!((f64::from(best[0]) - WEIGHTS[0]).abs() < 1e-6);
    // Further than the error, with the same numbers as a training that met none.
    let history = trainer().validate(&away).resume(path).epochs(epochs + 1).fit(&mut net, &ones()).unwrap();
    assert_eq!(history.epochs.len(), epochs + 1);
    assert_weight(&net, WEIGHTS[epochs]);
}

#[test]
fn a_step_that_is_not_finite_leaves_the_best_weights() {
    // Every epoch, rarely, after some steps: each has a file of the third epoch.
    for (name, every) in [("epoch", Every::Epochs(1)), ("five", Every::Epochs(5)), ("steps", Every::Steps(5))] {
        let (away, (_, path), mut net) = (away(), place(&format!("endings-{name}")), zero());
        let trainer = trainer().schedule(breaks).checkpoint(&path).checkpoint_every(every);
        let error = trainer.validate(&away).early_stopping(9).fit(&mut net, &ones()).unwrap_err();
        assert!(error.to_string().starts_with("step 8: the loss is not finite"), "{error}");
        let error = assert_best_survives(&net, error, 3);
        assert!(matches!(error, Error::NotFinite { step: 8, .. }), "{error}");
        assert_resumes(&path, 3);
    }
}

#[test]
fn a_weight_that_is_not_finite_leaves_the_best_weights() {
    let (away, mut net) = (away(), zero());
    // 0.05 as in the other tests, then a step of 1.18 times almost the largest `f32`.
    let factor = |step: f64| if step < 5.0 { 0.05 } else { 3.4e38 };
    let trainer = Trainer::new(Sgd::new(1.0)).loss(Mse).epochs(10).batch_size(1).quiet();
    let error = trainer.schedule(factor).validate(&away).early_stopping(9).fit(&mut net, &ones()).unwrap_err();
    assert!(error.to_string().starts_with("step 6: weight `w.weight` is not finite"), "{error}");
    assert_best_survives(&net, error, 2);
}

#[test]
fn a_validation_that_is_not_finite_leaves_the_best_weights() {
    // The square of 3.6e19·w is too large for `f32` from 0.512 on: in the fourth epoch.
    let (validation, mut net) = (Dataset::new(vec![[0.0], [3.6e19]], vec![[0.0]; 2]).unwrap(), zero());
    let error = trainer().validate(&validation).early_stopping(9).fit(&mut net, &ones()).unwrap_err();
    let expected = "after step 8: the loss is not finite (NaN or infinity) for sample 1 of the validation set";
    assert!(error.to_string().starts_with(expected), "{error}");
    assert_weight(&net, WEIGHTS[0]);
    assert_eq!((error.history().best, error.history().epochs.len()), (Some(1), 3));
}

#[test]
fn a_checkpoint_that_cannot_be_written_leaves_the_best_weights() {
    let (away, (folder, path), mut net) = (away(), place("endings-removed"), zero());
    let mut trainer = trainer().validate(&away).early_stopping(9).checkpoint(&path).on_epoch(|end| {
        if end.row.epoch == 3 {
            std::fs::remove_dir_all(&folder).unwrap();
        }
    });
    let error = trainer.fit(&mut net, &ones()).unwrap_err();
    let error = assert_best_survives(&net, error, 3);
    assert!(matches!(error, Error::Io { .. }), "{error}");
}

#[test]
fn without_early_stopping_an_error_leaves_the_last_epoch() {
    let mut net = zero();
    let error = trainer().schedule(breaks).fit(&mut net, &ones()).unwrap_err();
    assert_weight(&net, WEIGHTS[2]);
    assert_eq!((error.history().best, error.history().epochs.len()), (None, 3));
    // Checkpoints in the middle of an epoch change nothing: the rate breaks the second step of the fourth epoch.
    let ((_, path), mut net) = (place("endings-middle"), zero());
    let late = |step: f64| if step < 7.0 { 1.0 } else { f64::INFINITY };
    let error = trainer().schedule(late).checkpoint(&path).checkpoint_every(Every::Steps(7)).fit(&mut net, &ones());
    assert_eq!(error.unwrap_err().history().epochs.len(), 3);
    assert_weight(&net, WEIGHTS[2]);
    // The file has the seventh step, which is later.
    let mut on_disk = zero();
    trainer().resume(&path).epochs(4).fit(&mut on_disk, &ones()).unwrap();
    assert_weight(&on_disk, WEIGHTS[3]);
    // In the first epoch, there is nothing but what was before the training.
    let mut net = zero();
    let error = trainer().schedule(|_: f64| f64::INFINITY).fit(&mut net, &ones()).unwrap_err();
    assert!(error.history().epochs.is_empty() && net.w.weight == [[0.0]]);
}

#[test]
fn a_training_tells_why_it_ended() {
    let away = away();
    let run = |trainer: &mut Trainer<'_, One, _, _, _>| {
        let mut net = zero();
        let history = trainer.fit(&mut net, &ones()).unwrap();
        (history.ended, history.ending(), net)
    };
    let (ended, ending, net) = run(&mut trainer().validate(&away).early_stopping(4));
    assert_eq!(ended, Ended::EarlyStopping { best_epoch: 1, patience: 4 });
    let expected = "early stopping after 5 epochs: the validation loss has not become smaller for 4; \
                    the network has the weights of epoch 1 (validation loss 1.4161)";
    assert_eq!(ending, expected);
    assert_weight(&net, WEIGHTS[0]);
    let (ended, ending, _) = run(&mut trainer().epochs(2).early_stopping(4));
    assert_eq!(ended, Ended::Finished);
    assert_eq!(ending, "trained for 2 epochs; the network has the weights of epoch 2 (loss 0.5938)");
    let (ended, ending, _) = run(&mut trainer().on_epoch(|_| Flow::Stop));
    assert_eq!((ended, &*ending), (Ended::Callback, "a callback stopped the training after 1 epoch"));
    let (ended, ending, _) = run(&mut trainer().interrupt(&Arc::new(AtomicBool::new(true))));
    assert_eq!((ended, &*ending), (Ended::Interrupted, "the training was interrupted after 0 epochs"));
    let failed = trainer().schedule(breaks).fit(&mut zero(), &ones()).unwrap_err().into_history();
    assert_eq!((failed.ended, &*failed.ending()), (Ended::Failed, "an error ended the training after 3 epochs"));
}

#[test]
fn a_callback_that_stops_after_the_last_step_of_an_epoch_lets_it_finish() {
    // Epochs have two steps.
    for (last, epochs) in [(1, 0), (2, 1), (3, 1), (4, 2)] {
        let (away, (_, path), mut net, mut rows) = (away(), place("endings-callback"), zero(), Vec::new());
        let stop = |step: &dl::train::StepEnd| if step.step == last { Flow::Stop } else { Flow::Continue };
        let trainer = trainer().validate(&away).on_step(stop).on_epoch(|end| rows.push(end.row.epoch));
        let history = trainer.checkpoint(&path).fit(&mut net, &ones()).unwrap();
        assert_eq!((history.ended, history.epochs.len()), (Ended::Callback, epochs));
        for (row, weight) in history.epochs.iter().zip(WEIGHTS) {
            let expected = (weight + 1.0).powi(2);
            assert!((row.validation.as_ref().unwrap().loss - expected).abs() < 1e-5, "{row:?}");
        }
        // The network has the weight of the last step: each moves it a tenth of the way to 1.
        assert_weight(&net, 1.0 - 0.9_f64.powi(last as i32));
        assert!(rows.into_iter().eq(1..=epochs));
        // The training goes on from there.
        let history = trainer_of_two(&path, &away).fit(&mut net, &ones()).unwrap();
        assert_eq!((history.ended, history.epochs.len()), (Ended::Finished, 2));
        assert_weight(&net, WEIGHTS[1]);
    }
}

/// Goes on to the end of the second epoch.
fn trainer_of_two<'a>(
    path: &Path,
    validation: &'a Numbers,
) -> Trainer<'a, One, [f32; 1], Sgd, dl::train::ExternalLoss<Mse>> {
    trainer().epochs(2).validate(validation).resume(path)
}

/// The other half of the test below: a program that trains and is not quiet.
#[test]
#[ignore = "a program for another test"]
fn prints_its_training() {
    let away = away();
    let trainer = Trainer::new(Sgd::new(0.05)).loss(Mse).epochs(10).batch_size(1).validate(&away);
    trainer.early_stopping(2).fit(&mut zero(), &ones()).unwrap();
}

#[test]
fn the_last_line_says_how_a_training_ended() {
    let program = std::env::current_exe().unwrap();
    let arguments = ["--exact", "prints_its_training", "--ignored", "--nocapture"];
    let output = std::process::Command::new(program).args(arguments).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    assert!(output.status.success() && lines.len() == 4 && lines[2].starts_with("epoch  3/10  loss"), "{text}");
    let expected = "early stopping after 3 epochs: the validation loss has not become smaller for 2; \
                    the network has the weights of epoch 1 (validation loss 1.4161)";
    assert_eq!(lines[3], expected);
}

#[test]
fn the_best_epoch_is_marked_in_the_plot() {
    let (away, (_, path)) = (away(), place("endings-plot"));
    let svg = path.with_extension("svg");
    let mut history = trainer().validate(&away).early_stopping(4).fit(&mut zero(), &ones()).unwrap();
    history.plot_svg(&svg).unwrap();
    let text = std::fs::read_to_string(&svg).unwrap();
    // Once: in the panel of the loss, not in that of the distance.
    assert_eq!((text.matches("best: epoch 1<").count(), text.matches("class=\"mark\"").count()), (1, 1));
    // It stands on the line of epoch 1 of the grid.
    let line = |class: &str| {
        let path = text.split('<').find(|element| element.contains(class)).unwrap();
        path.split("d=\"M").nth(1).unwrap().split(' ').next().unwrap().to_string()
    };
    assert_eq!(line("class=\"mark\""), line("class=\"grid\""));
    history.best = None;
    history.plot_svg(&svg).unwrap();
    assert!(!std::fs::read_to_string(&svg).unwrap().contains("class=\"mark\""));
}

model! { Masked(x: [64]) -> [1] { x -> dropout(0.5) -> dense(1, bias: false) as w } }

/// A metric that keeps what training sees: the outputs in the order of the samples.
struct Seen(Arc<Mutex<Vec<(u32, u32)>>>);

impl Metric<[f32; 1], [f32; 1]> for Seen {
    fn name(&self) -> String {
        "seen".into()
    }
    fn add(&mut self, output: &[f32; 1], target: &[f32; 1]) {
        self.0.lock().unwrap().push((target[0] as u32, output[0].to_bits()));
    }
    fn value(&self) -> f64 {
        0.0
    }
    fn sums(&mut self) -> &mut [f64] {
        &mut []
    }
}

/// Sixteen samples that are told apart by their targets.
fn sixteen() -> Dataset<[f32; 64], [f32; 1]> {
    let inputs = (0..16).map(|i| std::array::from_fn(|k| ((5 * i + k) % 7) as f32)).collect();
    Dataset::new(inputs, (0..16u8).map(|i| [f32::from(i)]).collect()).unwrap()
}

/// The order of the samples and their outputs under dropout, epoch by epoch, in several calls of `fit`.
fn seen(calls: usize, epochs: usize, seed: u64) -> Vec<(Vec<u32>, Vec<u32>)> {
    let seen = Arc::default();
    let trainer = Trainer::new(Sgd::new(1e-9)).loss(Mse).metric(Seen(Arc::clone(&seen)));
    let mut trainer = trainer.epochs(epochs).batch_size(5).seed(seed).quiet();
    let mut net = Masked::init(3);
    for call in 0..calls {
        let history = trainer.fit(&mut net, &sixteen()).unwrap();
        assert_eq!(history.metrics, ["mean absolute error", "seen"], "call {call}");
        assert_eq!(history.epochs.iter().map(|row| row.epoch).collect::<Vec<_>>(), (1..=epochs).collect::<Vec<_>>());
    }
    let seen = seen.lock().unwrap();
    seen.chunks(16).map(|epoch| epoch.iter().copied().unzip()).collect()
}

#[test]
fn fit_called_again_goes_on_with_other_random_numbers() {
    let (one, three) = (seen(1, 6, 7), seen(3, 2, 7));
    let order = |epochs: &[(Vec<u32>, Vec<u32>)]| epochs.iter().map(|epoch| epoch.0.clone()).collect::<Vec<_>>();
    let outputs = |epoch: &(Vec<u32>, Vec<u32>)| {
        let mut of = epoch.0.iter().zip(&epoch.1).collect::<Vec<_>>();
        of.sort_unstable();
        of.into_iter().map(|(_, output)| *output).collect::<Vec<u32>>()
    };
    // The orders are those of one long training, and all different.
    assert_eq!(order(&three), order(&one));
    // Each sample meets six masks.
    for i in 0..6 {
        for k in 0..i {
            assert_ne!(three[i].0, three[k].0, "orders of epochs {k} and {i}");
            let same = outputs(&three[i]).iter().zip(outputs(&three[k])).filter(|(a, b)| **a == *b).count();
            assert!(same < 4, "{same} of 16 samples have the same mask in epochs {k} and {i}");
        }
    }
    // The first call is what it always was, and what a new trainer does with this seed.
    assert_eq!(three[..2], one[..2]);
    assert_eq!(seen(2, 1, 7)[0], one[0]);
    assert_ne!(seen(1, 1, 8), one[..1]);
    for (epoch, (order, _)) in one.iter().enumerate() {
        let mut expected: Vec<u32> = (0..16).collect();
        let seed = 7_u64.wrapping_add((epoch as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        dl::random::Rng::new(seed).shuffle(&mut expected);
        assert_eq!(*order, expected);
    }
}

#[test]
fn a_later_fit_is_resumed_as_itself() {
    let (data, (_, path)) = (sixteen(), place("endings-second"));
    let trainer = || Trainer::new(Sgd::new(1e-3)).loss(Mse).epochs(2).batch_size(5).seed(3).quiet();
    let bits = |net: &Masked| net.w.weight[0].map(f32::to_bits);
    let mut whole = Masked::init(3);
    let mut twice = trainer();
    twice.fit(&mut whole, &data).unwrap();
    let first = whole.clone();
    twice.fit(&mut whole, &data).unwrap();
    // Stopped in the middle of the second call, and gone on by a new trainer.
    let (mut net, flag) = (Masked::init(3), Arc::new(AtomicBool::new(false)));
    let (setter, mut steps) = (flag.clone(), 0);
    let mut stopped = trainer().checkpoint(&path).interrupt(&flag).on_step(move |_| {
        steps += 1;
        setter.store(steps == 10, Ordering::Relaxed);
    });
    stopped.fit(&mut net, &data).unwrap();
    assert_eq!(bits(&net), bits(&first));
    assert_eq!(stopped.fit(&mut net, &data).unwrap().ended, Ended::Interrupted);
    let mut resumed = Masked::init(0);
    let mut trainer = trainer().resume(&path);
    trainer.fit(&mut resumed, &data).unwrap();
    assert_eq!(bits(&resumed), bits(&whole));
    // A call after that begins anew, on the weights that it finds.
    assert_eq!(trainer.fit(&mut resumed, &data).unwrap().epochs.len(), 2);
    assert_ne!(bits(&resumed), bits(&whole));
}
