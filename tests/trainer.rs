//! The trainer: what it learns, reports, stops at, and that its results depend on nothing but its settings.

#[path = "common/places.rs"]
mod places;

use dl::data::Dataset;
use dl::loss::{CrossEntropy, Mse};
use dl::optim::schedule::{Cosine, WarmUp};
use dl::optim::{Adam, AdamW, Clip, RmsProp, Sgd};
use dl::pod::flat;
use dl::prelude::*;
use dl::train::{ConfusionMatrix, Ended, Every, Flow, History, TopK};
use dl::{Error, Pod};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

model! {
    /// Everything that has a state of its own: dropout's random numbers, batch norm's statistics.
    Net(image: [1, 8, 8]) -> [10] {
        image -> flatten -> dense(24) -> batch_norm -> relu -> dropout(0.3) -> dense(10)
    }

    Line(x: [1]) -> [1] { x -> dense(1) }
}

model! {
    /// Noise, stacks and an objective of two terms.
    Autoencoder(image: [1, 8, 8]) -> (image_again: [64], mean: [4]) {
        let h = image -> flatten -> dense(24) -> repeat 2 { residual { dense(24) -> relu -> dropout(0.2) } };
        let (mean, log_variance) = (h -> dense(4), h -> dense(4));
        let z = mean + ((0.5 * log_variance) -> exp) * (mean -> random_normal);
        (z -> dense(32) -> relu -> dense(64) -> sigmoid, mean)
    }
    loss {
        let fit = mse(image_again, image -> flatten);
        fit + 0.01 * kl_normal(mean, log_variance)
    }
}

type Digits = Dataset<dl::Input<Net>, u32>;

/// 250 digits to learn from and 99 to be judged by: neither fills its batches.
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
    let path = folder.join(name);
    let _ = std::fs::remove_file(&path);
    path
}

#[test]
fn learns_digits() {
    let digits = dl::data::digits();
    let mut net = Net::init(1);
    let history = Trainer::new(Adam::new(5e-3))
        .loss(CrossEntropy)
        .epochs(8)
        .batch_size(64)
        .validate(&digits.test)
        .metric(TopK::new(3))
        .metric(ConfusionMatrix::new(10))
        .quiet()
        .fit(&mut net, &digits.train)
        .unwrap();
    assert_eq!(history.metrics, ["accuracy", "top-3 accuracy", "balanced accuracy"]);
    assert_eq!((history.epochs.len(), history.ended), (8, Ended::Finished));
    let last = history.last().unwrap();
    let scores = last.validation.as_ref().unwrap();
    assert!(scores.metrics[0] > 0.93 && scores.metrics[1] > 0.98, "{scores:?}");
    assert!(last.train.loss < history.epochs[0].train.loss / 2.0);
    assert_eq!(last.steps, 8 * digits.train.len().div_ceil(64) as u64);
    // The same network, asked in another way, says the same.
    let outputs = net.predict(&digits.test.inputs);
    let matrix = ConfusionMatrix::of(&outputs, &digits.test.targets).unwrap();
    assert_eq!(Some(&matrix), history.confusion.as_ref());
    // As JSON it is the same to the last bit, and what is no matrix is none.
    let json = serde_json::to_string(&history).unwrap();
    assert_eq!(serde_json::from_str::<History>(&json).unwrap(), history);
    assert!(serde_json::from_str::<ConfusionMatrix>("[[1.0, 2.0], [3.0]]").is_err());
    assert_eq!(matrix.accuracy(), scores.metrics[0]);
    let mut session = Session::on(Cpu::with_threads(1), &net, 1).unwrap();
    assert_eq!(session.predict_one(&digits.test.inputs[7]), &*net.predict_one(&digits.test.inputs[7]));
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let (train, test) = digits();
    let run = |threads| {
        let mut net = Net::init(3);
        let history = Trainer::new(AdamW::new(3e-3))
            .loss(CrossEntropy.label_smoothing(0.1))
            .on(Cpu::with_threads(threads))
            .epochs(3)
            .batch_size(32)
            .seed(11)
            .clip(Clip::Norm(1.0))
            .validate(&test)
            .quiet()
            .fit(&mut net, &train)
            .unwrap();
        (bits(&*net), numbers(&history))
    };
    let one = run(1);
    assert!(one == run(2) && one == run(5));
}

#[test]
fn a_resumed_training_is_the_same_training() {
    let (train, test) = digits();
    let trainer = || {
        Trainer::new(RmsProp::new(1e-3).momentum(0.5).centered())
            .loss(CrossEntropy)
            .epochs(5)
            .batch_size(32)
            .seed(5)
            .early_stopping(3)
            .schedule_by_epoch(WarmUp::over(1.0).then(Cosine::over(4.0)))
            .validate(&test)
            .metric(ConfusionMatrix::new(10))
            .quiet()
    };
    let mut whole = Net::init(9);
    let history = trainer().fit(&mut whole, &train).unwrap();
    // In the middle of the second epoch (8 steps each), at the end of one, and twice.
    for stops in [vec![13], vec![16], vec![3, 30]] {
        let path = file(&format!("resume-{}.safetensors", stops[0]));
        let mut net = Net::init(9);
        for stop in stops {
            let flag = Arc::new(AtomicBool::new(false));
            let setter = flag.clone();
            let part = trainer()
                .checkpoint(&path)
                .interrupt(&flag)
                .on_step(move |step| setter.store(step.step == stop, Ordering::Relaxed));
            let mut part = if path.exists() { part.resume(&path) } else { part };
            assert_eq!(part.fit(&mut net, &train).unwrap().ended, Ended::Interrupted);
            // What is in memory does not count, only the file.
            net = Net::init(0);
        }
        let resumed = trainer().resume(&path).fit(&mut net, &train).unwrap();
        assert_eq!(numbers(&resumed), numbers(&history));
        assert!(bits(&*net) == bits(&*whole));
        // A checkpoint has the weights under their names in the model.
        assert!(dl::io::Load::new().allow_unexpected(true).load::<Net>(&path).is_ok());
    }
}

#[test]
fn a_model_with_its_own_loss_is_trained_by_it() {
    let (train, test) = digits();
    let empty = |data: &Digits| Dataset::new(data.inputs.clone(), vec![[]; data.len()]).unwrap();
    let (train, test): (Dataset<_, [f32; 0]>, _) = (empty(&train), empty(&test));
    let trainer = |threads| {
        let trainer = Trainer::new(Adam::new(3e-3)).epochs(4).batch_size(32).seed(5).validate(&test).quiet();
        trainer.on(Cpu::with_threads(threads))
    };
    let mut whole = Autoencoder::init(9);
    let history = trainer(1).fit(&mut whole, &train).unwrap();
    assert_eq!(history.metrics, ["fit", "kl_normal"]);
    for scores in history.epochs.iter().flat_map(|epoch| [&epoch.train, epoch.validation.as_ref().unwrap()]) {
        assert!((scores.loss - (scores.metrics[0] + 0.01 * scores.metrics[1])).abs() < 1e-6, "{scores:?}");
    }
    assert!(history.epochs[3].train.metrics[0] < 0.8 * history.epochs[0].train.metrics[0]);
    // On other numbers of threads, and resumed in the middle of an epoch.
    let mut other = Autoencoder::init(9);
    trainer(3).fit(&mut other, &train).unwrap();
    assert!(bits(&*other) == bits(&*whole));
    let (path, flag) = (file("objective.safetensors"), Arc::new(AtomicBool::new(false)));
    let setter = flag.clone();
    let part = trainer(2).checkpoint(&path).interrupt(&flag);
    let mut part = part.on_step(move |step| setter.store(step.step == 13, Ordering::Relaxed));
    assert_eq!(part.fit(&mut Autoencoder::init(9), &train).unwrap().ended, Ended::Interrupted);
    let mut resumed = Autoencoder::init(0);
    let again = trainer(1).resume(&path).fit(&mut resumed, &train).unwrap();
    assert_eq!(numbers(&again), numbers(&history));
    assert!(bits(&*resumed) == bits(&*whole));
}

#[test]
fn checkpoints_of_other_trainings_are_refused() {
    let (train, _) = digits();
    let path = file("mine.safetensors");
    let run = |path: PathBuf, resume: bool, batch: usize, seed: u64| {
        let trainer = Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).epochs(1).batch_size(batch).seed(seed).quiet();
        let mut trainer = if resume { trainer.resume(path) } else { trainer.checkpoint(path) };
        trainer.fit(&mut Net::init(0), &train).map_err(Error::from)
    };
    run(path.clone(), false, 50, 1).unwrap();
    assert!(run(path.clone(), true, 50, 1).is_ok());
    let message = |result: dl::Result<History>| result.unwrap_err().to_string().replace(path.to_str().unwrap(), "FILE");
    let sgd = Trainer::new(Sgd::new(0.1)).loss(CrossEntropy).resume(&path).fit(&mut Net::init(0), &train);
    assert_eq!(message(sgd.map_err(Error::from)), "FILE: checkpoint of another optimizer: expected Sgd, found Adam");
    let data = Dataset::new(vec![[0.0]], vec![[0.0]]).unwrap();
    let line = Trainer::new(Adam::new(0.1)).loss(Mse).resume(&path).fit(&mut Line::init(0), &data);
    assert_eq!(message(line.map_err(Error::from)), "FILE: checkpoint of another model: expected Line, found Net");
    // A model is not a checkpoint, and neither is half of one.
    Net::init(0).save(&path).unwrap();
    let expected = "FILE: not a valid checkpoint file: expected the key `checkpoint` in the metadata, found none";
    assert_eq!(message(run(path.clone(), true, 50, 1)), expected);
    run(path.clone(), false, 50, 1).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(run(path.clone(), true, 50, 1), Err(Error::Format { .. })));
    assert!(matches!(run(path.with_extension("gone"), true, 50, 1), Err(Error::Io { .. })));
}

/// The path of every field of a JSON value, such as `/state/best/epoch`.
fn fields(value: &serde_json::Value, path: &str, to: &mut Vec<String>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let path = format!("{path}/{key}");
        fields(value, &path, to);
        to.push(path);
    }
}

#[test]
fn checkpoints_with_false_fields_are_errors() {
    use dl::io::safetensors::{Reader, Writer};
    use serde_json::{Value, json};
    let (train, test) = digits();
    let path = file("fields.safetensors");
    let trainer =
        || Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).epochs(2).validate(&test).early_stopping(3).quiet();
    trainer().checkpoint(&path).fit(&mut Net::init(0), &train).unwrap();
    let mut reader = Reader::open(&path).unwrap();
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
    let sound: Value = serde_json::from_str(&reader.metadata()["checkpoint"]).unwrap();
    let resume = |checkpoint: Option<String>| {
        let model = Writer::new().metadata("model", "Net");
        let writer = checkpoint.into_iter().fold(model, |writer, json| writer.metadata("checkpoint", json));
        let writer = tensors.iter().fold(writer, |writer, (name, shape, values)| writer.tensor(name, shape, values));
        writer.write(&path).unwrap();
        trainer().epochs(3).resume(&path).fit(&mut Net::init(0), &train).map_err(Error::from)
    };
    // Written again as it is, it is still sound.
    assert_eq!(resume(Some(sound.to_string())).unwrap().epochs.len(), 3);
    let mut paths = Vec::new();
    fields(&sound, "", &mut paths);
    assert!(paths.iter().any(|path| path == "/state/state/history/epochs"), "{paths:?}");
    // With one field missing or false, it is not; so there are few fields that may be anything, or any number.
    let mut free = std::collections::BTreeSet::new();
    for field in &paths {
        for value in [None, Some(json!("")), Some(json!(-1)), Some(json!(u64::MAX)), Some(json!([[1.5]]))] {
            let mut json = sound.clone();
            let (parent, key) = field.rsplit_once('/').unwrap();
            let parent = json.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            match value.clone() {
                Some(value) => _ = parent.insert(key.into(), value),
                None => _ = parent.remove(key),
            }
            match resume(Some(json.to_string())) {
                Ok(_) => _ = free.insert(&**field),
                Err(Error::Format { .. } | Error::Checkpoint { .. }) => {}
                Err(error) => panic!("{field} {value:?}: {error}"),
            }
        }
    }
    let expected = [
        "/state/state/best/loss",
        "/state/state/history/best",
        "/state/state/history/confusion",
        "/state/state/learning_rate",
        "/state/state/loss",
        "/state/state/losses",
        "/state/state/plateau",
        "/state/state/plateau/bad",
        "/state/state/plateau/best",
        "/state/state/plateau/cooldown",
        "/state/state/seconds",
    ];
    // Settings may be others: that is no error, but told.
    free.retain(|field| !field.starts_with("/state/settings/"));
    assert_eq!(free.into_iter().collect::<Vec<&str>>(), expected);
    // Text that is no JSON, another version and an unknown field are errors, too.
    let more = sound.to_string().replacen('{', r#"{"more":1,"#, 1);
    for json in [None, Some(String::new()), Some("[".repeat(100_000)), Some("{}".into()), Some(more)] {
        assert!(matches!(resume(json), Err(Error::Format { .. })));
    }
    let mut newer = sound.clone();
    newer["version"] = json!(2);
    newer["unknown"] = json!([]);
    let error = resume(Some(newer.to_string())).unwrap_err().to_string();
    assert!(error.ends_with("checkpoint of another version: expected 1, found 2"), "{error}");
    // A number that does not fit the others.
    for (field, value) in
        [("/state/metric_sums/0", json!([0.0])), ("/state/state/history/epochs/1/train/metrics", json!([]))]
    {
        let mut json = sound.clone();
        *json.pointer_mut(field).unwrap() = value;
        assert!(matches!(resume(Some(json.to_string())), Err(Error::Format { .. })), "{field}");
    }
}

#[test]
fn mistakes_are_found_before_anything_is_computed() {
    let (train, test) = digits();
    let fit = |batch: usize, train: &Digits, test: &Digits| {
        let mut trainer = Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).batch_size(batch).validate(test).quiet();
        trainer.fit(&mut Net::init(0), train).unwrap_err().to_string()
    };
    assert_eq!(fit(8, &Digits::default(), &test), "the training set is empty");
    assert_eq!(fit(8, &train, &Digits::default()), "the validation set is empty");
    assert_eq!(fit(0, &train, &test), "`batch_size` of `Trainer` is 0; it must be a whole number of at least 1");
    let mut wrong = train.clone();
    wrong.targets[17] = 10;
    let text = "label 10 is out of range; with 10 classes, labels are 0 to 9";
    assert_eq!(fit(8, &wrong, &test), format!("sample 17 of the training set: {text}"));
    wrong.targets.pop();
    assert_eq!(fit(8, &wrong, &test), "the training set needs one target per input: found 250 inputs and 249 targets");
}

/// `y = 3x - 1` at five places.
fn line() -> Dataset<[f32; 1], [f32; 1]> {
    let x = [-1.0, -0.5, 0.0, 0.5, 1.0];
    Dataset::new(x.map(|x| [x]).to_vec(), x.map(|x| [3.0 * x - 1.0]).to_vec()).unwrap()
}

#[test]
fn learns_a_line_and_reports_distances() {
    let mut net = Line::init(0);
    let mut trainer = Trainer::new(Sgd::new(0.3).momentum(0.5)).loss(Mse).epochs(60).batch_size(2).quiet();
    let history = trainer.fit(&mut net, &line()).unwrap();
    assert_eq!(history.metrics, ["mean absolute error"]);
    assert!(history.last().unwrap().train.metrics[0] < 1e-3);
    assert!((net.dense1.weight[0][0] - 3.0).abs() < 1e-2 && (net.dense1.bias[0] + 1.0).abs() < 1e-2);
}

#[test]
fn overflow_is_an_error_with_step_and_place() {
    let mut net = Line::init(0);
    let result = Trainer::new(Sgd::new(1e30)).loss(Mse).epochs(60).quiet().fit(&mut net, &line());
    let Err(Error::NotFinite { step, layer }) = result.map_err(Error::from) else { panic!("an overflow") };
    assert_eq!((step, &*layer), (2, "the loss"));
    // The weights are those of the last epoch whose numbers were right.
    assert!(net.dense1.weight[0][0].is_finite());
}

#[test]
fn early_stopping_keeps_the_best_weights() {
    // The training follows the line; the validation wants what the network has at the beginning.
    let mut net = Line::init(4);
    let near: Vec<_> = net.predict(&line().inputs);
    let validation = Dataset::new(line().inputs, near).unwrap();
    let mut seen = Vec::new();
    let history = Trainer::new(Sgd::new(0.01))
        .loss(Mse)
        .epochs(50)
        .validate(&validation)
        .early_stopping(4)
        .on_epoch(|end| seen.push((end.row.validation.as_ref().unwrap().loss, bits(end.net))))
        .quiet()
        .fit(&mut net, &line())
        .unwrap();
    let early = Ended::EarlyStopping { best_epoch: 1, patience: 4 };
    assert_eq!((history.ended, history.best, history.epochs.len()), (early, Some(1), 5));
    assert!(seen[0].0 < seen[4].0);
    assert_eq!(bits(&*net), seen[0].1);
}

#[test]
fn callbacks_see_steps_and_stop() {
    let (train, _) = digits();
    let (mut rates, mut norms) = (Vec::new(), Vec::new());
    let history = Trainer::new(Sgd::new(0.5))
        .loss(CrossEntropy)
        .batch_size(100)
        .clip(Clip::Norm(1e-3))
        .schedule(|step: f64| 1.0 / (1.0 + step))
        .on_step(|step| {
            rates.push(step.learning_rate);
            norms.push(step.norm);
            assert_eq!((step.batches, step.batch), (3, (step.step as usize - 1) % 3 + 1));
            if step.step == 4 { Flow::Stop } else { Flow::Continue }
        })
        .quiet()
        .fit(&mut Net::init(0), &train)
        .unwrap();
    assert_eq!((history.ended, history.epochs.len()), (Ended::Callback, 1));
    assert_eq!(rates, [0.5, 0.25, 0.5 / 3.0, 0.125]);
    assert!(norms.iter().all(|norm| norm.is_some_and(|norm| norm > 1e-3)));
}

#[test]
fn histories_are_tables_and_charts() {
    let (train, test) = digits();
    let (csv, svg) = (file("history.csv"), file("history.svg"));
    let mut trainer = Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).epochs(2).validate(&test).quiet();
    let history = trainer.fit(&mut Net::init(0), &train).unwrap();
    history.save_csv(&csv).unwrap();
    history.plot_svg(&svg).unwrap();
    let text = std::fs::read_to_string(csv).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let head = "epoch,steps,learning_rate,seconds,samples_per_second,loss,accuracy,validation loss,validation accuracy";
    assert_eq!((lines.len(), lines[0]), (3, head));
    let cells: Vec<f64> = lines[2].split(',').map(|cell| cell.parse().unwrap()).collect();
    assert_eq!(cells[..3], [2.0, 16.0, 1e-3]);
    assert_eq!(cells[7], history.last().unwrap().validation.as_ref().unwrap().loss);
    let svg = std::fs::read_to_string(svg).unwrap();
    assert!(svg.contains(">validation</text>") && svg.contains(">accuracy</text>") && svg.ends_with("</svg>"));
}

#[test]
fn checkpoints_every_so_many_steps() {
    let (train, _) = digits();
    let path = file("steps.safetensors");
    let mut written = Vec::new();
    let trainer = Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).epochs(2).batch_size(50).checkpoint(&path);
    let trainer = trainer.checkpoint_every(Every::Steps(4)).on_step(|step| {
        if path.exists() {
            written.push(step.step);
            std::fs::remove_file(&path).unwrap();
        }
    });
    trainer.quiet().fit(&mut Net::init(0), &train).unwrap();
    // Seen one step later: after 4 and 8 of 10; and at the end.
    assert_eq!(written, [5, 9]);
    assert!(path.exists());
    assert_eq!(Net::LEN, Net::PARAMETERS + 48);
}
