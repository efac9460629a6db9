//! Metrics against scikit-learn's, and in trainings: with validation, in the history, and across checkpoints.

mod common;

use common::Fixture;
use common::places;
use dl::data::Dataset;
use dl::prelude::*;
use dl::train::{
    Average, AveragePrecision, Binary, CalibrationError, ConfusionMatrix, Every, ExplainedVariance, F1, Flow, History,
    Ignore, Iou, Metric, Precision, R2, Recall, RocAuc, Rows,
};

/// The value over samples, in two epochs that must agree.
fn value<Y, T>(mut metric: impl Metric<Y, T>, outputs: &[Y], targets: &[T]) -> f64 {
    metric.check(targets).unwrap();
    let mut epoch = || {
        metric.reset();
        assert!(metric.value().is_nan(), "{}", metric.name());
        outputs.iter().zip(targets).for_each(|(y, t)| metric.add(y, t));
        metric.value()
    };
    let (first, second) = (epoch(), epoch());
    assert_eq!(first.to_bits(), second.to_bits());
    let sums = metric.sums().to_vec();
    metric.reset();
    assert!(metric.restore(&sums) && metric.value() == first);
    assert!(!metric.restore(&[sums, vec![0.0]].concat()), "{}", metric.name());
    first
}

#[track_caller]
fn agrees(found: f64, expected: f32) {
    assert!((found - f64::from(expected)).abs() < 1e-6, "{found} is not {expected}");
}

/// Averages and single classes of `name`, with the metrics of their counts.
macro_rules! counts {
    ($fixture:ident, $name:expr, $kind:literal, $metric:ident, $outputs:expr, $labels:expr) => {{
        let averages = $fixture.floats(&format!("{}.{}", $name, $kind));
        for (average, expected) in [Average::Micro, Average::Macro, Average::Weighted].into_iter().zip(averages) {
            agrees(value($metric::new(average), $outputs, $labels), expected);
        }
        for (class, expected) in (0..).zip($fixture.floats(&format!("{}.{}.classes", $name, $kind))) {
            agrees(value($metric::of_class(class), $outputs, $labels), expected);
        }
    }};
}

fn of_classes<const C: usize>(name: &str, has_all_classes: bool) {
    let fixture = Fixture::open("metrics.safetensors");
    let (outputs, labels) =
        (fixture.samples::<[f32; C]>(&format!("{name}.outputs")), fixture.samples::<u32>(&format!("{name}.labels")));
    counts!(fixture, name, "precision", Precision, &outputs, &labels);
    counts!(fixture, name, "recall", Recall, &outputs, &labels);
    counts!(fixture, name, "f1", F1, &outputs, &labels);
    counts!(fixture, name, "jaccard", Iou, &outputs, &labels);
    let one = |kind: &str| fixture.floats(&format!("{name}.{kind}"));
    let (area, precision, error) = match name {
        "ties" => {
            (RocAuc::of_probabilities(), AveragePrecision::of_probabilities(), CalibrationError::of_probabilities())
        }
        _ => Default::default(),
    };
    if has_all_classes {
        agrees(value(area, &outputs, &labels), one("roc_auc")[0]);
    }
    agrees(value(precision, &outputs, &labels), one("average_precision")[0]);
    let errors = one("calibration_error");
    agrees(value(error.clone(), &outputs, &labels), errors[0]);
    agrees(value(error.bins(4), &outputs, &labels), errors[1]);
    // The same labels as the places of an image, as rows, and with others that are ignored.
    const PLACES: usize = 50;
    let (outputs, labels) = (&outputs[..PLACES], &labels[..PLACES]);
    let image: [[f32; PLACES]; C] = std::array::from_fn(|class| std::array::from_fn(|at| outputs[at][class]));
    let rows: [[f32; C]; PLACES] = outputs.try_into().unwrap();
    let targets: [u32; PLACES] = labels.try_into().unwrap();
    let expected = value(F1::new(Average::Macro), outputs, labels);
    assert_eq!(value(F1::new(Average::Macro), &[image], &[targets]), expected);
    assert_eq!(value(Rows(F1::new(Average::Macro)), &[rows], &[targets]), expected);
    let (more, void) = ([outputs, &outputs[..9]].concat(), [labels, &[255; 9]].concat());
    let ignoring = Ignore { class: 255, metric: F1::new(Average::Macro) };
    assert_eq!(value(ignoring, &more, &void), expected);
    let area = value(RocAuc::new(), outputs, labels);
    assert_eq!(value(RocAuc::new(), &[image], &[targets]), area);
    let counted = ConfusionMatrix::of(outputs, labels).unwrap();
    assert_eq!(value(Rows(ConfusionMatrix::default()), &[rows], &[targets]), counted.balanced_accuracy());
}

#[test]
fn classes() {
    of_classes::<5>("classes", true);
    of_classes::<5>("ties", true);
    of_classes::<5>("rare", false);
    of_classes::<2>("two", true);
}

#[test]
fn answers() {
    let fixture = Fixture::open("metrics.safetensors");
    for name in ["binary", "binary_ties"] {
        let outputs = fixture.samples::<[f32; 1]>(&format!("{name}.logits"));
        let targets = fixture.samples::<[f32; 1]>(&format!("{name}.targets"));
        let one = |kind: &str| fixture.floats(&format!("{name}.{kind}"))[0];
        agrees(value(Binary::of_logits(Precision::of_class(1)), &outputs, &targets), one("precision"));
        agrees(value(Binary::of_logits(Recall::of_class(1)), &outputs, &targets), one("recall"));
        agrees(value(Binary::of_logits(F1::of_class(1)), &outputs, &targets), one("f1"));
        agrees(value(Binary::of_logits(Iou::of_class(1)), &outputs, &targets), one("jaccard"));
        agrees(value(Binary::of_logits(RocAuc::new()), &outputs, &targets), one("roc_auc"));
        agrees(value(Binary::of_logits(AveragePrecision::new()), &outputs, &targets), one("average_precision"));
        agrees(value(Binary::of_logits(CalibrationError::new()), &outputs, &targets), one("calibration_error"));
        // Probabilities say the same.
        let p: Vec<[f32; 1]> = outputs.iter().map(|[z]| [1.0 / (1.0 + (-z).exp())]).collect();
        agrees(value(Binary::of_probabilities(F1::of_class(1)), &p, &targets), one("f1"));
        agrees(value(Binary::of_probabilities(RocAuc::new()), &p, &targets), one("roc_auc"));
        agrees(value(Binary::of_probabilities(CalibrationError::new()), &p, &targets), one("calibration_error"));
    }
    assert_eq!(Metric::<[f32; 1], [f32; 1]>::name(&Binary::of_logits(F1::of_class(1))), "F1");
}

#[test]
fn numbers() {
    let fixture = Fixture::open("metrics.safetensors");
    for name in ["numbers", "far", "constant"] {
        let outputs = fixture.samples::<[f32; 3]>(&format!("{name}.outputs"));
        let targets = fixture.samples::<[f32; 3]>(&format!("{name}.targets"));
        agrees(value(R2::default(), &outputs, &targets), fixture.floats(&format!("{name}.r2"))[0]);
        let expected = fixture.floats(&format!("{name}.explained_variance"))[0];
        agrees(value(ExplainedVariance::default(), &outputs, &targets), expected);
    }
    let (mut r2, mut explained) = (R2::default(), ExplainedVariance::default());
    Metric::add(&mut r2, &[1.0], &[1.0]);
    Metric::add(&mut explained, &[1.0], &[2.0]);
    assert!(Metric::<[f32; 1], _>::value(&r2).is_nan());
    assert_eq!(Metric::<[f32; 1], _>::value(&explained), 1.0);
}

#[test]
fn what_does_not_fit_is_not_a_number() {
    let nan = |mut metric: Box<dyn Metric<[f32; 3], u32>>| {
        metric.add(&[1.0, 0.0, 0.0], &0);
        metric.add(&[0.0, f32::NAN, 0.0], &1);
        assert!(metric.value().is_nan(), "{}", metric.name());
        metric.reset();
        metric.add(&[1.0, 0.0, 0.0], &3);
        assert!(metric.value().is_nan(), "{}", metric.name());
        let error = metric.check(&[0, 3]).unwrap_err().to_string();
        assert_eq!(error, "sample 1: label 3 is out of range; with 3 classes, labels are 0 to 2");
    };
    nan(Box::new(F1::new(Average::Macro)));
    nan(Box::new(F1::of_class(2)));
    nan(Box::new(RocAuc::new()));
    nan(Box::new(AveragePrecision::new()));
    nan(Box::new(CalibrationError::new()));
    let error = |metric: &dyn Metric<[f32; 3], u32>| metric.check(&[]).unwrap_err().to_string();
    assert_eq!(error(&F1::of_class(3)), "`class` of `F1` is 3; it must be less than 3, the number of classes");
    assert!(error(&CalibrationError::new().bins(0)).starts_with("`bins` of `CalibrationError` is 0"));
    // Without a yes and a no there is no area.
    let mut area = RocAuc::new();
    Metric::<[f32; 3], u32>::add(&mut area, &[1.0, 0.0, 0.0], &0);
    assert!(Metric::<[f32; 3], u32>::value(&area).is_nan());
}

model! { Net(image: [1, 8, 8]) -> [10] { image -> flatten -> dense(16) -> relu -> dense(10) } }

/// A training with the metrics of whole epochs.
fn train(
    set: impl Fn(Trainer<'_, Net, u32, Adam, dl::train::ExternalLoss<dl::loss::CrossEntropy>>) -> History,
) -> History {
    let trainer = Trainer::new(Adam::new(3e-3)).loss(CrossEntropy).epochs(3).on(Cpu::with_threads(1)).quiet();
    set(trainer
        .metric(F1::new(Average::Macro))
        .metric(RocAuc::new())
        .metric(AveragePrecision::new())
        .metric(CalibrationError::new()))
}

#[test]
fn trainings_report_and_resume_them() {
    let (train_set, rest) = dl::data::digits().train.split_at(250);
    let test = rest.split_at(99).0;
    let mut net = Net::init(1);
    let whole = train(|trainer| trainer.validate(&test).fit(&mut Net::init(1), &train_set).unwrap());
    assert_eq!(whole.metrics, ["accuracy", "macro F1", "ROC AUC", "average precision", "calibration error"]);
    // The epoch is one whole: the same numbers from all outputs at once.
    let again = Trainer::new(Adam::new(3e-3)).loss(CrossEntropy).epochs(3).on(Cpu::with_threads(1)).quiet();
    again.validate(&test).fit(&mut net, &train_set).unwrap();
    let outputs = net.predict(&test.inputs);
    let last = whole.last().unwrap().validation.as_ref().unwrap();
    assert_eq!(last.metrics[1], value(F1::new(Average::Macro), &outputs, &test.targets));
    assert_eq!(last.metrics[2], value(RocAuc::new(), &outputs, &test.targets));
    assert!(last.metrics[2] > 0.8 && last.metrics[4] < 0.5, "{last:?}");
    // A checkpoint in the middle of an epoch has the scores so far.
    let folder = places::scratch();
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("metrics_of_an_epoch.safetensors");
    train(|trainer| {
        let stop = |event: &dl::train::StepEnd| if event.step == 12 { Flow::Stop } else { Flow::Continue };
        let trainer = trainer.validate(&test).on_step(stop).checkpoint(&path).checkpoint_every(Every::Steps(5));
        { trainer }.fit(&mut Net::init(1), &train_set).unwrap()
    });
    let resumed = train(|trainer| trainer.validate(&test).resume(&path).fit(&mut Net::init(5), &train_set).unwrap());
    let numbers = |history: &History| -> Vec<_> {
        history.epochs.iter().map(|epoch| (epoch.train.clone(), epoch.validation.clone())).collect()
    };
    assert_eq!(numbers(&resumed), numbers(&whole));
}

model! { Tagger(tokens: u32[..=8]) -> [.., 3] { tokens -> embedding(12, 8) -> dense(3) } }

#[test]
fn rows_of_sequences_are_samples() {
    let tokens: Vec<Vec<u32>> = vec![vec![0, 1, 2], vec![3, 4, 5, 6, 7], vec![8, 9, 10, 11]];
    let tags: Vec<Vec<u32>> = tokens.iter().map(|tokens| tokens.iter().map(|token| token % 3).collect()).collect();
    let data = Dataset::new(tokens, tags).unwrap();
    let mut net = Tagger::init(1);
    let history = Trainer::new(Adam::new(0.1))
        .loss(CrossEntropy)
        .metric(RocAuc::new())
        .metric(Recall::of_class(2))
        .metric(ConfusionMatrix::default())
        .epochs(20)
        .quiet()
        .fit(&mut net, &data)
        .unwrap();
    assert_eq!(history.last().unwrap().train.metrics, [1.0; 4], "{:?}", history.metrics);
    assert_eq!(history.confusion.unwrap().count(2, 2), 4);
}
