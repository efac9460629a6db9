//! The records of a training: TensorBoard's files, curves of several runs, histograms, filters, and warnings in words.

#[path = "common/devices.rs"]
mod devices;
#[path = "common/places.rs"]
mod places;

use devices::on_devices;
use dl::data::Dataset;
use dl::plot::{Histogram, Histograms, Image, exciting_input, filters};
use dl::pod::flat;
use dl::prelude::*;
use dl::tensorboard::EventFile;
use dl::train::{Cause, ConfusionMatrix, History};
use std::path::{Path, PathBuf};

/// A folder of this test's own, not there yet.
fn folder(name: &str) -> PathBuf {
    let folder = places::scratch().join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

model! {
    Net(image: [1, 8, 8]) -> [10] {
        image -> conv2d(8, 3, padding: 1) -> batch_norm -> relu -> flatten -> dense(24) -> relu -> dense(10)
    }
}

type Digits = Dataset<dl::Input<Net>, u32>;

fn digits() -> (Digits, Digits) {
    let (train, rest) = dl::data::digits().train.split_at(320);
    (train, rest.split_at(99).0)
}

#[test]
fn events_are_those_of_tensorboard() {
    let folder = folder("events");
    let mut events = EventFile::create_at_time(&folder, 1_700_000_000.5).unwrap();
    events.scalar("loss", 0, 0.0).unwrap();
    events.scalar("loss", 300, 0.25).unwrap();
    events.histogram("weights/dense1.weight", 300, &Histogram::of(&[-1.0, 0.0, 0.5, 1.0], 4)).unwrap();
    events.text("note", 7, "a *note*, 1 µm").unwrap();
    events.image("pixels", 8, &Image::of(&[[[0.0, 1.0]]])).unwrap();
    events.flush().unwrap();
    let name = events.path().file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("events.out.tfevents.1700000000."), "{name}");
    assert!(std::fs::read(events.path()).unwrap() == std::fs::read(places::fixture("tensorboard.tfevents")).unwrap());
    // A second file of a folder is one more, and a file is no folder.
    let path = events.path().to_owned();
    assert_ne!(EventFile::create(&folder).unwrap().path(), path);
    assert!(matches!(EventFile::create(&path), Err(dl::Error::Io { .. })));
}

/// The messages of the only file of a folder, as text with everything else left out.
fn records(folder: &Path) -> Vec<String> {
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    let (bytes, mut at, mut records) = (std::fs::read(file).unwrap(), 0, Vec::new());
    while at < bytes.len() {
        let len = u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
        records.push(String::from_utf8_lossy(&bytes[at + 12..at + 12 + len]).into_owned());
        at += 8 + 4 + len + 4;
    }
    assert_eq!(at, bytes.len());
    records
}

#[test]
fn a_training_writes_events() {
    on_devices!(|device| events_of_a_training(device));
}

fn events_of_a_training<D: Device>(device: D) {
    let (train, test) = digits();
    let folder = folder("training_events");
    let mut net = Net::init(1);
    Trainer::new(Adam::new(3e-3))
        .loss(CrossEntropy)
        .on(device)
        .epochs(2)
        .validate(&test)
        .tensorboard(&folder)
        .quiet()
        .fit(&mut net, &train)
        .unwrap();
    let count = |records: &[String], tag: &str| records.iter().filter(|record| record.contains(tag)).count();
    let (train, validation) = (records(&folder.join("train")), records(&folder.join("validation")));
    for tag in ["loss", "accuracy", "learning rate", "weights/conv1.weight", "gradients/dense2.bias"] {
        assert_eq!(count(&train, tag), 2, "{tag}");
    }
    assert_eq!((count(&validation, "loss"), count(&validation, "accuracy"), validation.len()), (2, 2, 1 + 4));
    assert_eq!(count(&train, "conv2d(8, 3, padding: 1)"), 1);
    // Running statistics are not trained.
    assert_eq!(count(&train, "running_mean"), 0);
    // Where nothing can be written, nothing is trained.
    let file = folder.join("file");
    std::fs::write(&file, "").unwrap();
    let before = net.to_box();
    let mut trainer = Trainer::new(Adam::new(3e-3)).loss(CrossEntropy).tensorboard(&file).quiet();
    let error = trainer.fit(&mut net, &test).unwrap_err();
    assert!(matches!(error.error(), dl::Error::Io { .. }), "{error}");
    assert!(flat(std::slice::from_ref(&*net)) == flat(std::slice::from_ref(&*before)));
}

#[test]
fn curves_of_several_runs() {
    let (train, test) = digits();
    let run = |rate, validated| {
        let trainer = Trainer::new(Adam::new(rate)).loss(CrossEntropy).epochs(3).quiet();
        let mut trainer = if validated { trainer.validate(&test).metric(ConfusionMatrix::default()) } else { trainer };
        trainer.fit(&mut Net::init(1), &train).unwrap()
    };
    let (slow, fast) = (run(1e-3, true), run(1e-2, false));
    let folder = folder("runs");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("runs.svg");
    History::plot_runs_svg(&path, &[("rate 0.001", &slow), ("rate < 0.02", &fast)]).unwrap();
    let svg = std::fs::read_to_string(&path).unwrap();
    // The loss and the accuracy of both runs, and the balanced accuracy of the first one; its training is dashed.
    assert_eq!([svg.matches(">rate 0.001<").count(), svg.matches(">rate &lt; 0.02<").count()], [3, 2]);
    assert_eq!([svg.matches("class=\"line\"").count(), svg.matches("class=\"line dashed\"").count()], [5, 3]);
    let colours = |class: &str| -> Vec<String> {
        let start = format!("class=\"{class}\" stroke=\"");
        svg.split(&start).skip(1).map(|rest| rest[..7].to_owned()).collect()
    };
    assert_eq!(colours("line dashed"), ["#0072b2"; 3]);
    assert_eq!(colours("line"), ["#0072b2", "#d55e00", "#0072b2", "#d55e00", "#0072b2"]);
    History::plot_runs_svg(folder.join("nothing.svg"), &[]).unwrap();
    // The confusion matrix of a history, with names.
    let names = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(|digit| format!("digit {digit}"));
    let names = names.each_ref().map(String::as_str);
    let matrix = slow.confusion.unwrap();
    matrix.plot_svg(folder.join("confusion.svg"), &names).unwrap();
    let svg = std::fs::read_to_string(folder.join("confusion.svg")).unwrap();
    assert!(names.iter().all(|name| svg.matches(name).count() == 2));
    assert_eq!(svg.matches("<rect").count(), 1 + 100);
    assert!(matrix.table(&names).unwrap().contains("\n  digit 3"));
}

#[test]
fn histograms_of_tensors() {
    let net = Net::init(1);
    let histograms = Histograms::of(&*net);
    let names: Vec<_> = histograms.tensors.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "conv1.weight",
            "conv1.bias",
            "batch_norm1.weight",
            "batch_norm1.bias",
            "dense1.weight",
            "dense1.bias",
            "dense2.weight",
            "dense2.bias"
        ]
    );
    let (_, weights) = &histograms.tensors[4];
    assert_eq!((weights.finite, weights.counts.iter().sum::<u64>()), (24 * 512, 24 * 512));
    let text = histograms.to_string();
    let scale = text.lines().nth(3).unwrap();
    assert!(scale.starts_with("batch_norm1.weight     1.00e0     0.00e0     1.00e0     1.00e0   0.0%  █"), "{text}");
    let svg = histograms.svg();
    std::fs::create_dir_all(places::scratch()).unwrap();
    histograms.save(places::scratch().join("histograms.svg")).unwrap();
    assert!(names.iter().all(|name| svg.contains(name)) && !svg.contains("NaN"));
}

#[test]
fn filters_of_a_convolution() {
    let mut net = Net::init(1);
    net.conv1.weight = Default::default();
    net.conv1.weight[0][0][0][0] = -0.5;
    net.conv1.weight[3][0][2][2] = 2.0;
    let image = filters(&*net, "conv1").unwrap();
    // Eight filters of 3×3 in two columns, with lines between them.
    assert_eq!(image.size(), (2 * 4 + 1, 4 * 4 + 1));
    assert_eq!(image.pixel(0, 0), Some([255; 3]));
    assert_eq!([image.pixel(1, 1), image.pixel(2, 1)], [Some([0; 3]), Some([128; 3])]);
    assert_eq!(image.pixel(1 + 4 + 2, 1 + 4 + 2), Some([255; 3]));
    let error = filters(&*net, "dense1").unwrap_err().to_string();
    assert_eq!(error, "`layer` of `filters` is dense1; it must be one of conv1");
}

model! {
    /// Layers up to a convolution, as a model of their own.
    Edges(image: [1, 8, 8]) -> [2, 6, 6] { image -> conv2d(2, 3) -> tanh }

    Readings(image: [1, 8, 8]) -> [3] { image -> flatten -> dense(3) }
}

#[test]
fn inputs_that_excite() {
    // What a linear function of unit norm answers most to is its weights.
    let net = Readings::init(1);
    let start = dl::data::digits().test.inputs[0];
    let found = exciting_input(&*net, &start, 1..2, 300).unwrap();
    let norm = |x: &[f32]| x.iter().map(|x| x * x).sum::<f32>().sqrt();
    let (weights, found) = (&net.dense1.weight[1], flat(std::slice::from_ref(&*found)));
    let start = norm(flat(std::slice::from_ref(&start)));
    assert!((norm(found) - start).abs() < 1e-4 * start);
    let cosine = weights.iter().zip(found).map(|(w, x)| w * x).sum::<f32>() / norm(weights) / norm(found);
    assert!(cosine > 0.999, "{cosine}");
    // A channel of a convolution: its mean grows.
    let net = Edges::init(1);
    let noise: dl::Input<Edges> =
        std::array::from_fn(|_| std::array::from_fn(|y| std::array::from_fn(|x| ((7 * y + 3 * x) % 5) as f32 - 2.0)));
    let mean = |x: &dl::Input<Edges>| flat(&net.predict_one(x)[1..]).iter().sum::<f32>() / 36.0;
    let found = exciting_input(&*net, &noise, 36..72, 100).unwrap();
    assert!(mean(&found) > mean(&noise) + 0.1, "{} {}", mean(&found), mean(&noise));
    let error = exciting_input(&*net, &noise, 36..73, 100).unwrap_err().to_string();
    assert_eq!(
        error,
        "`outputs` of `exciting_input` is 36..73; it must be a range within 0..72, the numbers of the output"
    );
}

model! {
    /// Sigmoids one after another, whose slopes of a quarter at most multiply.
    Deep(image: [1, 8, 8]) -> [10] {
        image -> flatten -> dense(16) -> sigmoid -> dense(16) -> sigmoid -> dense(16) -> sigmoid -> dense(16) -> sigmoid
            -> dense(16) -> sigmoid -> dense(16) -> sigmoid -> dense(16) -> sigmoid -> dense(16) -> sigmoid -> dense(10)
    }

    Line(x: [2]) -> [1] { x -> dense(1) }
}

/// The history of a watched training with the digits on one device. Watching must not change its result.
fn watched<M: Model<Input = dl::Input<Net>, Output = [f32; 10]>, D: Device>(net: &M, rate: f64, device: D) -> History {
    let (train, _) = digits();
    let run = |watch: bool| {
        let mut net = net.to_box();
        let trainer = Trainer::new(Sgd::new(rate)).loss(CrossEntropy).on(device.clone()).epochs(3).quiet();
        let history = if watch { trainer.watch(1) } else { trainer }.fit(&mut net, &train).unwrap();
        (flat(std::slice::from_ref(&*net)).to_vec(), history)
    };
    let ((weights, history), (same, _)) = (run(true), run(false));
    assert!(weights == same);
    history
}

#[test]
fn gradients_vanish() {
    on_devices!(|device| vanishing(device));
}

fn vanishing<D: Device>(device: D) {
    assert_eq!(watched(&*Net::init(1), 0.05, device.clone()).warnings, []);
    let history = watched(&*Deep::init(1), 0.05, device);
    let first = &history.warnings[0];
    assert_eq!((first.layer.as_str(), first.since), ("dense1", 1));
    assert!(matches!(first.cause, Cause::Vanishing { share } if share < 1e-5), "{first:?}");
    assert!(
        first
            .to_string()
            .starts_with("the gradients of `dense1` vanish since step 1: relative to its weights they are ")
    );
    // Those at the end are not among them, and each is there once.
    let layers: Vec<_> = history.warnings.iter().map(|warning| warning.layer.as_str()).collect();
    assert!(!layers.contains(&"dense8") && !layers.contains(&"dense9"), "{layers:?}");
    assert_eq!(layers.iter().collect::<std::collections::HashSet<_>>().len(), layers.len());
    let json = serde_json::to_string(&history).unwrap();
    assert_eq!(serde_json::from_str::<History>(&json).unwrap(), history);
}

#[test]
fn units_die() {
    let mut net = Net::init(1);
    // Half of the units are below zero for every image.
    net.dense1.bias[..12].fill(-100.0);
    on_devices!(|device| {
        let history = watched(&*net, 0.01, device);
        let [warning] = history.warnings.as_slice() else { panic!("{:?}", history.warnings) };
        assert_eq!(warning.cause, Cause::DeadUnits { units: 12, of: 24 });
        let expected =
            "12 of 24 units of `dense1` are dead since step 1: their biases have had no gradient for an epoch";
        assert_eq!(warning.to_string(), expected);
    });
}

#[test]
fn gradients_explode() {
    let data = Dataset::new(vec![[1e3, -1e3]; 8], vec![[1e4]; 8]).unwrap();
    let mut trainer = Trainer::new(Sgd::new(1e-7)).loss(Mse).on(Cpu::with_threads(1)).epochs(1).watch(1).quiet();
    let history = trainer.fit(&mut Line::init(1), &data).unwrap();
    let [warning] = history.warnings.as_slice() else { panic!("{:?}", history.warnings) };
    assert!(matches!(warning.cause, Cause::Exploding { ratio } if ratio > 1e6), "{warning:?}");
    assert!(warning.to_string().starts_with("the gradients of `dense1` explode since step 1: their norm is "));
    let mut trainer = Trainer::new(Sgd::new(0.1)).loss(Mse).watch(0).quiet();
    let error = trainer.fit(&mut Line::init(1), &data).unwrap_err().to_string();
    assert!(error.starts_with("`watch` of `Trainer` is 0; it must be"), "{error}");
}
