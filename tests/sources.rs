//! Training on sources: the same bits as a data set in memory and with any number of threads; errors and panics of sources; samplers.

use dl::Error;
use dl::data::{Dataset, Digit, Source, WeightedSampler, augment, from_fn, from_iter};
use dl::loss::CrossEntropy;
use dl::optim::Adam;
use dl::pod::flat;
use dl::prelude::*;
use dl::train::{Ended, Every, Flow};
use std::sync::Mutex;

model! {
    Net(image: [1, 8, 8]) -> [10] { image -> flatten -> dense(16) -> relu -> dropout(0.2) -> dense(10) }

    /// Takes probabilities as targets, such as mixup makes.
    Soft(image: [1, 8, 8]) -> [10] { image -> flatten -> dense(16) -> relu -> dense(10) }
    loss(target: [10]) { 10.0 * ((target * (0.0 - (output -> log_softmax))) -> mean) }
}

type Digits = Dataset<Digit, u32>;

fn digits() -> Digits {
    dl::data::digits().train.split_at(205).0
}

fn bits<M: Model>(net: &M) -> Vec<u32> {
    flat(std::slice::from_ref(net)).iter().map(|w| w.to_bits()).collect()
}

type Settings<'a> = Trainer<'a, Net, u32, Adam, dl::train::ExternalLoss<CrossEntropy>>;

fn trainer<'a>() -> Settings<'a> {
    Trainer::new(Adam::new(3e-3)).loss(CrossEntropy).epochs(3).batch_size(32).seed(5).quiet()
}

fn trained<S: Source<Input = Digit, Target = u32>>(trainer: Settings<'_>, source: &S) -> Vec<u32> {
    let (mut trainer, mut net) = (trainer, Net::init(1));
    trainer.fit_source(&mut net, source).unwrap();
    bits(&*net)
}

/// Moves images and counts how often each was asked for.
fn shifted(data: &Digits) -> impl Source<Input = Digit, Target = u32> {
    data.augmented(|image, rng, to: &mut Digit| {
        *to = *image;
        augment::horizontal_flip(to, rng);
        augment::crop(to, 1, rng);
    })
}

#[test]
fn a_source_that_changes_nothing_trains_as_its_data_set() {
    let data = digits();
    let mut net = Net::init(1);
    let expected = trainer().validate(&data).fit(&mut net, &data).unwrap();
    let mut same = Net::init(1);
    let source = data.augmented(|image, _, to: &mut Digit| *to = *image);
    let found = trainer().validate(&data).fit_source(&mut same, &source).unwrap();
    assert_eq!(bits(&*net), bits(&*same));
    let loss = |history: &dl::train::History| history.epochs.iter().map(|e| e.train.loss.to_bits()).collect::<Vec<_>>();
    assert_eq!(loss(&expected), loss(&found));
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let data = digits();
    let expected = trained(trainer().loaders(1), &shifted(&data));
    for loaders in [2, 3, 16] {
        assert_eq!(trained(trainer().loaders(loaders), &shifted(&data)), expected, "{loaders} threads");
    }
    assert_eq!(trained(trainer().on(Cpu::with_threads(1)), &shifted(&data)), expected);
    assert_ne!(trained(trainer().seed(6), &shifted(&data)), expected);
    // A batch size larger than the data, and one that leaves a sample alone.
    for size in [1000, 51, 205] {
        let expected = trained(trainer().loaders(1).batch_size(size), &shifted(&data));
        assert_eq!(trained(trainer().loaders(3).batch_size(size), &shifted(&data)), expected, "{size}");
    }
}

#[test]
fn epochs_differ_and_every_sample_comes_once() {
    let asked = Mutex::new(Vec::new());
    let data = digits();
    let source = from_fn(data.len(), |index, rng, input: &mut Digit, target: &mut u32| {
        (*input, *target) = (data.inputs[index], data.targets[index]);
        asked.lock().unwrap().push((index, rng.next_u64()));
        Ok(())
    });
    trained(trainer(), &source);
    let mut asked = asked.into_inner().unwrap();
    asked.sort_unstable();
    // Three epochs, each with other random numbers.
    assert_eq!(asked.len(), 3 * data.len());
    assert!(asked.iter().enumerate().all(|(k, (index, _))| *index == k / 3));
    asked.iter_mut().for_each(|(index, _)| *index = 0);
    asked.sort_unstable();
    asked.dedup();
    assert_eq!(asked.len(), 3 * data.len());
}

#[test]
fn a_resumed_training_augments_as_if_it_had_not_been_interrupted() {
    let data = digits();
    let expected = trained(trainer(), &shifted(&data));
    let folder = std::env::temp_dir().join(format!("dl-sources-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("checkpoint.safetensors");
    // In the middle of the second epoch.
    let mut first = Net::init(1);
    let mut stopped = trainer()
        .checkpoint(&path)
        .checkpoint_every(Every::Steps(100))
        .on_step(|step| if step.step == 10 { Flow::Stop } else { Flow::Continue });
    let history = stopped.fit_source(&mut first, &shifted(&data)).unwrap();
    assert_eq!(history.ended, Ended::Callback);
    assert_eq!(trained(trainer().loaders(1).resume(&path), &shifted(&data)), expected);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn batches_are_mixed() {
    let data = digits().map_targets(|label, to: &mut [f32; 10]| to[*label as usize] = 1.0);
    let trained = |loaders| {
        let mixup = augment::Mixup::new(0.4).unwrap();
        let source = data
            .augmented(|image, _, to: &mut Digit| *to = *image)
            .batches(move |inputs, targets, rng| mixup.apply(inputs, targets, rng));
        let mut net = Soft::init(1);
        let mut trainer = Trainer::new(Adam::new(3e-3)).epochs(20).loaders(loaders).quiet();
        let history = trainer.fit_source(&mut net, &source).unwrap();
        (bits(&*net), history)
    };
    let (weights, history) = trained(1);
    assert_eq!(trained(4).0, weights);
    let loss = |epoch: usize| history.epochs[epoch].train.loss;
    // The entropy of the mixtures remains.
    assert!(loss(19) < 0.6 * loss(0) && loss(19) > 0.1, "{} {}", loss(0), loss(19));
    // The same loss as that of labels.
    let mut net = Soft::init(1);
    let mut training = net.training(Cpu::new(), 4).unwrap();
    training.forward(&data.inputs[..4]).unwrap();
    let soft = training.objective(&data.targets[..4]).unwrap();
    training.forward(&data.inputs[..4]).unwrap();
    let hard = training.loss(&CrossEntropy, &digits().targets[..4]).unwrap();
    assert!((soft - hard).abs() < 1e-5, "{soft} {hard}");
    training.store(&mut net).unwrap();
}

#[test]
fn an_iterator_is_taken_in_order() {
    let data = digits();
    let endless = || data.inputs.iter().zip(&data.targets).cycle().map(|(input, target)| Ok((*input, *target)));
    // Three epochs are as one pass and a half over the data, in its order.
    let mut expected = Net::init(1);
    let mut training = expected.training(Cpu::new(), 32).unwrap().seed(5);
    let all: Vec<_> = endless().take(300).collect::<dl::Result<_>>().unwrap();
    for batch in all.chunks(100).flat_map(|epoch| epoch.chunks(32)) {
        let (inputs, targets): (Vec<_>, Vec<_>) = batch.iter().copied().unzip();
        training.forward(&inputs).unwrap();
        training.loss(&CrossEntropy, &targets).unwrap();
        training.backward();
        training.step(&Adam::new(3e-3)).unwrap();
    }
    training.store(&mut expected).unwrap();
    assert_eq!(trained(trainer().loaders(7), &from_iter(100, endless())), bits(&*expected));
    let error = trainer().fit_source(&mut Net::init(1), &from_iter(100, endless().take(250))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`samples` of `from_iter` is 100; it must be at most what the iterator gives in all epochs together"
    );
    assert_eq!(error.history().epochs.len(), 2);
}

#[test]
fn the_history_tells_how_long_steps_waited_for_samples() {
    let slow = dl::data::from_fn(8, |_, _, input: &mut Digit, target: &mut u32| {
        std::thread::sleep(std::time::Duration::from_millis(1));
        (*input, *target) = ([[[0.5; 8]; 8]], 1);
        Ok(())
    });
    let mut net = Net::init(1);
    // On a busy machine the samples may be ready before the first step asks for them, but not every time.
    let waited = (0..100).any(|_| {
        let history = trainer().batch_size(8).epochs(1).loaders(1).fit_source(&mut net, &slow).unwrap();
        let epoch = &history.epochs[0];
        assert!(epoch.waiting <= epoch.seconds, "{epoch:?}");
        epoch.waiting > 0.0
    });
    assert!(waited);

    let history = trainer().epochs(1).fit(&mut net, &digits()).unwrap();
    assert_eq!(history.epochs[0].waiting, 0.0);
}

#[test]
fn errors_of_samples_end_the_training() {
    let fit = |bad: fn(&mut Digit, &mut u32) -> dl::Result<()>| {
        let data = digits();
        let source = from_fn(data.len(), |index, _, input: &mut Digit, target: &mut u32| {
            (*input, *target) = (data.inputs[index], data.targets[index]);
            if index == 77 { bad(input, target) } else { Ok(()) }
        });
        trainer().shuffle(false).fit_source(&mut Net::init(1), &source).unwrap_err().to_string()
    };
    assert_eq!(fit(|_, _| Err(Error::Empty { what: "folder" })), "the folder is empty");
    // Sample 77 is the 13th of the third batch.
    let label = fit(|_, target| {
        *target = 10;
        Ok(())
    });
    assert!(label.contains("batch") && label.contains("sample 13") && label.contains("label 10"), "{label}");
    let number = fit(|input, _| {
        input[0][0][0] = f32::NAN;
        Ok(())
    });
    assert!(number.contains("batch") && number.contains("sample 13") && number.contains("NaN"), "{number}");
    let none = from_fn(0, |_, _, _: &mut Digit, _: &mut u32| Ok(()));
    let error = trainer().fit_source(&mut Net::init(1), &none).unwrap_err();
    assert_eq!(error.to_string(), "the training set is empty");
    let error = trainer().similar_lengths(true).fit_source(&mut Net::init(1), &shifted(&digits())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`similar_lengths` of `Trainer` is true; it must be false for a source, whose lengths are unknown"
    );
    let endless = from_fn(usize::MAX, |_, _, _: &mut Digit, _: &mut u32| Ok(()));
    assert!(trainer().fit_source(&mut Net::init(1), &endless).unwrap_err().to_string().contains("memory"));
    let error = trainer().loaders(0).fit_source(&mut Net::init(1), &shifted(&digits())).unwrap_err();
    assert_eq!(error.to_string(), "`loaders` of `Trainer` is 0; it must be a whole number of at least 1");
}

#[test]
fn a_panic_of_a_source_is_not_waited_for() {
    let source = from_fn(100, |index, _, _: &mut Digit, _: &mut u32| {
        assert_ne!(index, 50, "a mistake");
        Ok(())
    });
    let panicked = std::panic::catch_unwind(|| trainer().fit_source(&mut Net::init(1), &source));
    assert!(panicked.is_err());
}

#[test]
fn samplers_draw_labels_equally_often() {
    // 190 zeros and 15 ones.
    let mut data = digits();
    data.targets.iter_mut().enumerate().for_each(|(i, target)| *target = u32::from(i % 14 == 13));
    let ones = data.targets.iter().filter(|target| **target == 1).count();
    assert!(ones < 20);
    let drawn = Mutex::new(0);
    let source = from_fn(data.len(), |index, _, input: &mut Digit, target: &mut u32| {
        (*input, *target) = (data.inputs[index], data.targets[index]);
        *drawn.lock().unwrap() += target.to_owned();
        Ok(())
    });
    let balanced = || trainer().sampler(WeightedSampler::balanced(&data.targets).unwrap());
    let found = trained(balanced(), &source);
    // Half of 615, with four standard deviations.
    assert!(drawn.into_inner().unwrap().abs_diff(307) < 50);
    let mut net = Net::init(1);
    balanced().fit(&mut net, &data).unwrap();
    assert_eq!(bits(&*net), found);

    let text = |mut trainer: Settings<'_>| trainer.fit(&mut Net::init(1), &data).unwrap_err().to_string();
    assert_eq!(
        text(trainer().sampler(WeightedSampler::new(&[1.0; 7]).unwrap())),
        "`sampler` of `Trainer` is for 7 samples; it must be for 205, the samples of the training set"
    );
    assert_eq!(
        text(balanced().shuffle(false)),
        "`sampler` of `Trainer` is combined with `shuffle(false)`; it must be the only order of the samples"
    );
    assert!(text(balanced().similar_lengths(true)).contains("similar_lengths"));
}
