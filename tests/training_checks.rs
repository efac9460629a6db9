//! Tests that a training refuses wrong input before its first step: batches that are too small, numbers that are not finite, missing folders.

#[path = "common/places.rs"]
mod places;

use dl::data::Dataset;
use dl::loss::{CrossEntropy, Mse};
use dl::optim::Sgd;
use dl::prelude::*;
use dl::train::{ExternalLoss, History, StepEnd, TrainError};
use dl::{Context, Error, Input, View, ViewMut};

model! {
    Norm(x: [1]) -> [1] { x -> batch_norm as norm -> dense(1) as out }
    Line(x: [1]) -> [1] { x -> dense(1) as out }
    Point(x: [2, 1, 1]) -> [1] { x -> batch_norm as norm -> flatten -> dense(1) }
    Map(x: [1, 2, 2]) -> [1] { x -> batch_norm as norm -> flatten -> dense(1) }
    Pooled(x: [1, 4, 4]) -> [1] {
        x -> conv2d(3, 3) -> batch_norm -> relu -> global_avg_pool2d -> batch_norm as late -> dense(1)
    }
    Body(x: [2]) -> [2] { x -> dense(2) -> batch_norm as norm -> relu }
    Outer(x: [2]) -> [1] { x -> Body as body -> dense(1) }
    Outermost(x: [2]) -> [1] { x -> Outer as outer -> dense(1) }
    Stacked(x: [2]) -> [1] { x -> repeat 3 { dense(2) -> batch_norm } as deep -> dense(1) }
    Skipped(x: [2]) -> [1] { x -> residual { dense(2) -> batch_norm -> relu } -> dense(1) }
    Sized<const H: usize>(x: [1, H, H]) -> [1] { x -> batch_norm as norm -> global_avg_pool2d -> dense(1) }
    Others(x: [4]) -> [1] { x -> layer_norm -> reshape([4, 1, 1]) -> group_norm(2) -> flatten -> rms_norm -> dropout(0.5) -> dense(1) }
    Compared(x: [2]) -> [1] { x -> Compare<2>: [2] as compare -> dense(1) }
    Passed(x: [2]) -> [1] { x -> Pass<2>: [2] as pass -> dense(1) }
}

model! {
    /// SimCLR of two views.
    Views(a: [2], b: [2]) -> (one: [2], other: [2]) {
        let one = a -> dense(2) as f;
        (one, b -> f)
    }
    loss {
        let near = mse(one, other);
        0.1 * near + nt_xent(one, other, temperature: 0.2)
    }
}

dl::layer! {
    /// Takes each sample from the mean of the batch: of one sample nothing is left.
    pub struct Compare<const N: usize> {}
}

impl<const N: usize> dl::Layer for Compare<N> {
    type Input = [f32; N];
    type Output = [f32; N];
    const MIN_BATCH: usize = 3;

    fn init(&mut self, _: &mut dl::init::Rng) {}
    fn forward(&self, inputs: &[[f32; N]], outputs: &mut [[f32; N]]) {
        for i in 0..N {
            let mean = inputs.iter().map(|x| x[i]).sum::<f32>() / inputs.len() as f32;
            outputs.iter_mut().zip(inputs).for_each(|(y, x)| y[i] = x[i] - mean);
        }
    }
    fn backward(
        &self,
        _: &[[f32; N]],
        _: &[[f32; N]],
        d_outputs: &[[f32; N]],
        _: &mut Self,
        d_inputs: &mut [[f32; N]],
    ) {
        self.forward(d_outputs, d_inputs);
    }
}

dl::layer! {
    /// Leaves everything as it is.
    pub struct Pass<const N: usize> {}
}

impl<const N: usize> dl::Layer for Pass<N> {
    type Input = [f32; N];
    type Output = [f32; N];

    fn init(&mut self, _: &mut dl::init::Rng) {}
    fn forward(&self, inputs: &[[f32; N]], outputs: &mut [[f32; N]]) {
        outputs.copy_from_slice(inputs);
    }
    fn backward(
        &self,
        _: &[[f32; N]],
        _: &[[f32; N]],
        d_outputs: &[[f32; N]],
        _: &mut Self,
        d_inputs: &mut [[f32; N]],
    ) {
        d_inputs.copy_from_slice(d_outputs);
    }
}

/// A loss from outside the model that says of itself that it compares samples.
struct Pairwise;

impl Loss<[f32; 1]> for Pairwise {
    type Target = [f32; 1];
    const NAME: &'static str = "pairwise";
    const MIN_BATCH: usize = 2;

    fn check(&self, targets: &[[f32; 1]]) -> dl::Result<()> {
        Loss::<[f32; 1]>::check(&Mse, targets)
    }
    fn loss<D: Device>(
        &self,
        context: &Context<'_, D>,
        output: View<'_, D, [f32; 1]>,
        target: View<'_, D, [f32; 1]>,
        losses: ViewMut<'_, D, f32>,
        d_output: Option<ViewMut<'_, D, [f32; 1]>>,
    ) {
        Mse.loss(context, output, target, losses, d_output);
    }
}

/// Samples whose numbers count up, as do the targets.
fn samples<M: Model<Output = [f32; 1]>>(n: usize) -> Dataset<Input<M>, [f32; 1]>
where
    Input<M>: dl::Pod<Element = f32>,
{
    let mut inputs: Vec<Input<M>> = dl::pod::zeroed_vec(n);
    dl::pod::flat_mut(&mut inputs).iter_mut().enumerate().for_each(|(i, x)| *x = i as f32 / 8.0);
    Dataset::new(inputs, (0..n).map(|i| [i as f32]).collect()).unwrap()
}

fn trainer<'a, M: Model<Output = [f32; 1]>>(size: usize) -> Trainer<'a, M, [f32; 1], Sgd, ExternalLoss<Mse>> {
    Trainer::new(Sgd::new(1e-3)).loss(Mse).epochs(1).batch_size(size).quiet()
}

fn no_step(_: &StepEnd) {
    panic!("a step");
}

/// The error of a training of `n` samples, before its first step.
#[track_caller]
fn refused<M: Model<Output = [f32; 1]>>(n: usize, size: usize) -> String
where
    Input<M>: dl::Pod<Element = f32>,
{
    let mut net = M::init(1);
    let before = dl::pod::flat(std::slice::from_ref(&*net)).to_vec();
    let trainer = trainer::<M>(size).on_step(no_step);
    let error = { trainer }.fit(&mut net, &samples::<M>(n)).unwrap_err();
    assert!(matches!(error.error(), Error::SmallBatch { .. }), "{error}");
    assert!(dl::pod::flat(std::slice::from_ref(&*net)) == before && error.history().epochs.is_empty());
    error.to_string()
}

/// The history of a training of `n` samples.
#[track_caller]
fn trained<M: Model<Output = [f32; 1]>>(n: usize, size: usize) -> History
where
    Input<M>: dl::Pod<Element = f32>,
{
    trainer::<M>(size).fit(&mut M::init(1), &samples::<M>(n)).unwrap()
}

#[test]
fn a_last_batch_of_one_is_refused_where_a_layer_measures_the_batch() {
    let help = "`drop_last(true)` leaves the last batch out, or choose another batch size";
    let needs = "of the training set has 1 sample, but layer `norm` in training needs at least 2";
    assert_eq!(refused::<Norm>(3, 2), format!("batch 2 of 2 {needs}; {help}"));
    assert_eq!(refused::<Norm>(33, 32), format!("batch 2 of 2 {needs}; {help}"));
    assert_eq!(refused::<Norm>(5, 1), format!("batch 1 of 5 {needs}; choose a larger batch size"));
    assert_eq!(refused::<Norm>(1, 1), format!("batch 1 of 1 {needs}; choose a larger batch size"));
    assert_eq!(refused::<Norm>(1, 32), format!("batch 1 of 1 {needs}; it needs more samples"));
    // Two are enough, and so is a full batch.
    assert_eq!(trained::<Norm>(34, 32).epochs[0].steps, 2);
    assert_eq!(trained::<Norm>(2, 32).epochs[0].steps, 1);
    assert_eq!(trained::<Norm>(64, 32).epochs[0].steps, 2);
}

#[test]
fn every_way_to_a_layer_is_followed() {
    assert!(refused::<Point>(3, 2).contains("layer `norm` in training"));
    assert!(refused::<Pooled>(3, 2).contains("layer `late` in training"));
    assert!(refused::<Outer>(3, 2).contains("layer `body.norm` in training"));
    assert!(refused::<Outermost>(3, 2).contains("layer `outer.body.norm` in training"));
    assert!(refused::<Stacked>(3, 2).contains("layer `deep.batch_norm1` in training"));
    assert!(refused::<Skipped>(3, 2).contains("layer `batch_norm1` in training"));
    // Layers written by hand, alone and in a model.
    let three = "batch 2 of 2 of the training set has 2 samples, but layer `compare` in training needs at least 3";
    assert!(refused::<Compared>(6, 4).starts_with(three));
    assert!(refused::<Compared>(6, 2).ends_with("needs at least 3; choose a larger batch size"));
    assert_eq!((Compare::<4>::MIN_BATCH, <[Compare<4>; 2]>::MIN_BATCH, Compared::MIN_BATCH), (3, 3, 3));
    let error = Compare::<2>::init(1).training(Cpu::new(), 4).unwrap().forward(&[[0.0; 2]; 2]).unwrap_err();
    assert_eq!(error.to_string(), "the batch has 2 samples, but layer `Compare` in training needs at least 3");
    // A generic model needs what its sizes need.
    assert_eq!((Sized::<1>::MIN_BATCH, Sized::<2>::MIN_BATCH), (2, 1));
    assert!(refused::<Sized<1>>(3, 2).contains("layer `norm` in training"));
    // Layers and losses that look at each sample alone take a batch of one.
    assert_eq!((Map::MIN_BATCH, Others::MIN_BATCH, Passed::MIN_BATCH, Line::MIN_BATCH), (1, 1, 1, 1));
    assert_eq!(trained::<Others>(3, 2).epochs[0].steps, 2);
    assert_eq!(trained::<Passed>(3, 2).epochs[0].steps, 2);
}

#[test]
fn one_sample_of_a_map_has_statistics() {
    let data = Dataset::new(vec![[[[1.0, 2.0], [3.0, 4.0]]]], vec![[0.0]]).unwrap();
    let mut net = Map::init(1);
    trainer::<Map>(1).fit(&mut net, &data).unwrap();
    // PyTorch: 0.1 of the mean 2.5, and 0.1 of the unbiased variance 5/3 with 0.9 of 1.
    assert!((net.norm.running_mean[0] - 0.25).abs() < 1e-6 && (net.norm.running_var[0] - 1.066_666_7).abs() < 1e-6);
}

#[test]
fn a_loss_that_compares_samples_needs_two_in_training_and_validation() {
    let views =
        |n| Dataset::unlabelled((0..n).map(|i| ViewsInput { a: [i as f32, 1.0], b: [1.0, i as f32] }).collect());
    let fit = |n, validation: usize, size| {
        let (data, validation) = (views(n), views(validation));
        let mut trainer = Trainer::new(Sgd::new(1e-3)).epochs(1).batch_size(size).validate(&validation).quiet();
        trainer.fit(&mut Views::init(1), &data)
    };
    let message = |result: Result<History, TrainError>| result.unwrap_err().to_string();
    let needs = "has 1 sample, but loss `nt_xent` needs at least 2";
    let help = "`drop_last(true)` leaves the last batch out, or choose another batch size";
    assert_eq!(message(fit(33, 32, 32)), format!("batch 2 of 2 of the training set {needs}; {help}"));
    assert_eq!(message(fit(4, 1, 2)), format!("batch 1 of 1 of the validation set {needs}; it needs more samples"));
    let help = "choose another batch size, or another number of samples";
    assert_eq!(message(fit(4, 3, 2)), format!("batch 2 of 2 of the validation set {needs}; {help}"));
    assert!(fit(4, 5, 3).is_err() && fit(4, 5, 5).is_ok() && fit(5, 2, 5).is_ok());
    // A loop by hand.
    let mut training = Views::init(1).training(Cpu::new(), 4).unwrap();
    let one = views(1);
    training.forward(&one.inputs).unwrap();
    let expected = format!("the batch {needs}");
    assert_eq!(training.objective(&one.targets).unwrap_err().to_string(), expected);
    assert_eq!(training.evaluate_objective(&one.inputs, &one.targets).unwrap_err().to_string(), expected);
    assert!(training.evaluate_objective(&views(2).inputs, &views(2).targets).unwrap() > 0.0);
    // A loss from outside the model, given as itself and by reference.
    let mut outside = Trainer::new(Sgd::new(1e-3)).loss(Pairwise).batch_size(2).quiet();
    let error = outside.fit(&mut Line::init(1), &samples::<Line>(3)).unwrap_err().to_string();
    assert!(error.contains("of the training set has 1 sample, but loss `pairwise` needs at least 2"), "{error}");
    let mut training = Line::init(1).training(Cpu::new(), 4).unwrap();
    training.evaluate(&[[1.0]]).unwrap();
    let error = training.loss(&Pairwise, &[[1.0]]).unwrap_err();
    assert_eq!(error.to_string(), "the batch has 1 sample, but loss `pairwise` needs at least 2");
}

#[test]
fn a_loop_by_hand_is_told_of_a_batch_of_one_and_predicts_it() {
    let mut training = Norm::init(1).training(Cpu::new(), 4).unwrap();
    let error = training.forward(&[[3.0]]).unwrap_err();
    assert_eq!(error.to_string(), "the batch has 1 sample, but layer `norm` in training needs at least 2");
    // Nothing was measured.
    let mut net = Norm::init(1);
    training.store(&mut net).unwrap();
    assert_eq!((net.norm.running_mean, net.norm.running_var), ([0.0], [1.0]));
    training.evaluate(&[[3.0]]).unwrap();
    assert!(training.loss(&Mse, &[[0.0]]).unwrap().is_finite() && net.predict_one(&[3.0])[0].is_finite());
    // A validation set of one, and a last one of it, are as good as any.
    let one = samples::<Norm>(3);
    assert!(trainer::<Norm>(2).validate(&one).fit(&mut net, &samples::<Norm>(4)).is_ok());
}

#[test]
fn the_last_batch_can_be_left_out() {
    let run = |n, size, epochs| {
        let (mut targets, mut steps) = (Vec::new(), 0);
        let data = samples::<Norm>(n);
        let trainer = trainer::<Norm>(size).drop_last(true).epochs(epochs).on_step(|step| {
            steps += 1;
            targets.push(step.loss);
            assert_eq!(step.batches, n / size);
        });
        let history = { trainer }.fit(&mut Norm::init(1), &data).unwrap();
        (history, targets, steps)
    };
    let (history, losses, steps) = run(7, 2, 4);
    assert_eq!((steps, history.epochs[3].steps), (12, 12));
    // The loss of an epoch is the mean over the samples that were trained: batches of the same size count alike.
    for (row, losses) in history.epochs.iter().zip(losses.chunks(3)) {
        let mean = losses.iter().map(|loss| f64::from(*loss)).sum::<f64>() / 3.0;
        assert!((row.train.loss - mean).abs() < 1e-6 * mean, "{row:?}");
    }
    assert_eq!(run(6, 2, 1).2, 3);
    // Nothing would be left.
    let error = trainer::<Norm>(8).drop_last(true).fit(&mut Norm::init(1), &samples::<Norm>(7)).unwrap_err();
    let expected =
        "`batch_size` of `Trainer` is 8; it must be from 1 to 7 with `drop_last`, the samples of the training set";
    assert_eq!(error.to_string(), expected);
    // A batch of one is small all the same.
    let error = trainer::<Norm>(1).drop_last(true).fit(&mut Norm::init(1), &samples::<Norm>(3)).unwrap_err();
    assert!(error.to_string().ends_with("needs at least 2; choose a larger batch size"), "{error}");
}

#[test]
fn a_training_without_the_last_batch_is_resumed_as_one() {
    let path = places::scratch().join("drop-last.safetensors");
    let data = samples::<Norm>(7);
    let whole = trainer::<Norm>(2).drop_last(true).epochs(3).fit(&mut Norm::init(1), &data).unwrap();
    trainer::<Norm>(2).drop_last(true).epochs(1).checkpoint(&path).fit(&mut Norm::init(1), &data).unwrap();
    let resumed = trainer::<Norm>(2).drop_last(true).epochs(3).resume(&path).fit(&mut Norm::init(0), &data).unwrap();
    assert_eq!(resumed.epochs[2].train, whole.epochs[2].train);
    let (all, data) =
        (trainer::<Line>(2).checkpoint(&path).fit(&mut Line::init(1), &samples::<Line>(7)), samples::<Line>(7));
    assert_eq!(all.unwrap().epochs[0].steps, 4);
    let mut other = trainer::<Line>(2).drop_last(true).epochs(3).resume(&path);
    let history = other.fit(&mut Line::init(0), &data).unwrap();
    assert_eq!(history.changes[0].to_string(), "`drop_last` is true since step 5; it was false");
    assert_eq!(history.epochs[2].steps, 4 + 3 + 3);
}

#[test]
fn numbers_of_an_epoch_are_averages_over_samples() {
    // Losses 0, 0 | 1: by batches the mean would be a half.
    let data = Dataset::new(vec![[0.0]; 3], vec![[0.0], [0.0], [1.0]]).unwrap();
    let mut net = Line::init(1);
    (net.out.weight, net.out.bias) = ([[0.0]], [0.0]);
    let mut trainer = trainer::<Line>(2).shuffle(false).validate(&data);
    let history = trainer.fit(&mut net, &data).unwrap();
    let train = &history.epochs[0].train;
    assert!((train.loss - 1.0 / 3.0).abs() < 1e-7 && (train.metrics[0] - 1.0 / 3.0).abs() < 1e-7, "{train:?}");
    let validation = history.epochs[0].validation.as_ref().unwrap();
    assert!((validation.loss - 1.0 / 3.0).abs() < 1e-2 && (validation.metrics[0] - 1.0 / 3.0).abs() < 1e-2);
}

/// The error of a training on these sets, before its first step.
#[track_caller]
fn told(train: &Dataset<[f32; 1], [f32; 1]>, validation: &Dataset<[f32; 1], [f32; 1]>) -> String {
    let mut net = Line::init(1);
    let before = net.out.clone();
    let trainer = trainer::<Line>(32).validate(validation).on_step(no_step);
    let error = { trainer }.fit(&mut net, train).unwrap_err();
    assert!(net.out == before && error.history().epochs.is_empty());
    error.to_string()
}

#[test]
fn numbers_that_are_none_are_found_before_the_first_step() {
    let (good, mut bad) = (samples::<Line>(2000), samples::<Line>(2000));
    bad.inputs[1234] = [f32::NAN];
    assert_eq!(told(&bad, &good), "sample 1234 of the training set: input NaN is not a finite number");
    assert_eq!(told(&good, &bad), "sample 1234 of the validation set: input NaN is not a finite number");
    bad.inputs[300] = [f32::NEG_INFINITY];
    assert_eq!(told(&good, &bad), "sample 300 of the validation set: input -inf is not a finite number");
    let mut bad = good.clone();
    bad.targets[7] = [f32::INFINITY];
    assert_eq!(told(&good, &bad), "sample 7 of the validation set: target inf is not a finite number");
    assert_eq!(told(&bad, &good), "sample 7 of the training set: target inf is not a finite number");
    bad.targets.pop();
    let lengths = "needs one target per input: found 2000 inputs and 1999 targets";
    assert_eq!(told(&good, &bad), format!("the validation set {lengths}"));
    assert_eq!(told(&bad, &good), format!("the training set {lengths}"));
    bad.targets.clear();
    let lengths = "needs one target per input: found 2000 inputs and 0 targets";
    assert_eq!(told(&good, &bad), format!("the validation set {lengths}"));
}

model! {
    Classes(x: [1]) -> [10] { x -> dense(10) }
    Words(words: u32[3]) -> [10] { words -> embedding(7, 4) -> flatten -> dense(10) }
    Two(a: [2], b: [3]) -> [1] { concat(a, b) -> dense(1) }
}

#[test]
fn labels_and_tokens_out_of_range_name_their_set() {
    let labels = |labels: &[u32]| Dataset::new(vec![[0.0]; labels.len()], labels.to_vec()).unwrap();
    let (good, bad) = (labels(&[0, 9, 3]), labels(&[0, 9, 10]));
    let mut trainer = Trainer::new(Sgd::new(0.1)).loss(CrossEntropy).validate(&bad).quiet();
    let error = trainer.fit(&mut Classes::init(1), &good).unwrap_err();
    let text = "label 10 is out of range; with 10 classes, labels are 0 to 9";
    assert_eq!(error.to_string(), format!("sample 2 of the validation set: {text}"));
    let Error::DataSet { set: "validation set", source } = error.into() else { panic!("of a data set") };
    assert!(matches!(*source, Error::LabelOutOfRange { sample: 2, label: 10, classes: 10 }));
    let mut trainer = Trainer::new(Sgd::new(0.1)).loss(CrossEntropy).validate(&good).quiet();
    let error = trainer.fit(&mut Classes::init(1), &bad).unwrap_err();
    assert_eq!(error.to_string(), format!("sample 2 of the training set: {text}"));
    let (good, bad) = (vec![[6; 3]; 2], vec![[0, 1, 2], [3, 7, 1]]);
    let [good, bad] = [good, bad].map(|words| Dataset::new(words, vec![0; 2]).unwrap());
    let mut trainer = Trainer::new(Sgd::new(0.1)).loss(CrossEntropy).validate(&bad).quiet();
    let error = trainer.fit(&mut Words::init(1), &good).unwrap_err();
    let text = "token 7 is out of range; with a vocabulary of 7, tokens are 0 to 6";
    assert_eq!(error.to_string(), format!("sample 1 of the validation set: {text}"));
}

#[test]
fn a_sample_of_several_parts_is_named_by_its_index() {
    let mut inputs: Vec<_> = (0..5).map(|i| TwoInput { a: [i as f32; 2], b: [1.0; 3] }).collect();
    inputs[3].b[1] = f32::NAN;
    let data = Dataset::new(inputs.clone(), vec![[0.0]; 5]).unwrap();
    let error = Trainer::new(Sgd::new(0.1)).loss(Mse).quiet().fit(&mut Two::init(1), &data).unwrap_err();
    assert_eq!(error.to_string(), "sample 3 of the training set: input NaN is not a finite number");
    // A loop by hand, which is told when the loss is asked for.
    let mut training = Two::init(1).training(Cpu::new(), 5).unwrap();
    training.forward(&inputs).unwrap();
    let error = training.loss(&Mse, &[[0.0]; 5]).unwrap_err();
    assert_eq!(error.to_string(), "sample 3 of the batch: input NaN is not a finite number");
}

#[test]
fn a_validation_that_overflows_names_the_sample() {
    let (mut validation, train) = (samples::<Line>(40), samples::<Line>(64));
    validation.targets[37] = [3e38];
    let error = trainer::<Line>(32).validate(&validation).fit(&mut Line::init(1), &train).unwrap_err().to_string();
    assert_eq!(error, "after step 2: the loss is not finite (NaN or infinity) for sample 37 of the validation set");
    // In training one such sample is named, too, whatever its place in the batch.
    let mut train = train;
    train.targets[51] = [3e38];
    let error = trainer::<Line>(64).fit(&mut Line::init(1), &train).unwrap_err().to_string();
    assert!(error.starts_with("step 1: the loss, of sample 51 of the training set alone, is not finite"), "{error}");
}

#[test]
fn a_checkpoint_that_cannot_be_written_is_told_before_the_first_step() {
    let folder = places::scratch().join("not-there");
    let _ = std::fs::remove_dir_all(&folder);
    let fit = |path: &std::path::Path| {
        let trainer = trainer::<Line>(4).checkpoint(path).on_step(no_step);
        let error = { trainer }.fit(&mut Line::init(1), &samples::<Line>(8)).unwrap_err();
        assert!(matches!(error.error(), Error::Io { .. }), "{error}");
        error.to_string()
    };
    let path = folder.join("training.safetensors");
    assert_eq!(fit(&path), format!("{}: there is no folder {}", path.display(), folder.display()));
    let path = places::scratch();
    assert_eq!(fit(&path), format!("{}: it is a folder, not a file", path.display()));
    let file = places::scratch().join("a-file");
    std::fs::write(&file, "text").unwrap();
    let path = file.join("training.safetensors");
    assert_eq!(fit(&path), format!("{}: there is no folder {}", path.display(), file.display()));
    // The try leaves nothing behind, and a file that is there as it is.
    let folder = places::scratch().join("tried");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("training.safetensors");
    std::fs::write(&path, "older").unwrap();
    let mut breaks = trainer::<Line>(4).checkpoint(&path).schedule(|_: f64| f64::INFINITY);
    assert!(breaks.fit(&mut Line::init(1), &samples::<Line>(8)).is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "older");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
}
