//! Networks on CUDA: what they learn is what the CPU learns, a step is one graph, nothing is allocated after the first, and
//! models, checkpoints and errors are the same. Without a GPU it runs on the emulation of `tests/crates/emulation`.
#![cfg(feature = "cuda")]

#[path = "common/devices.rs"]
mod devices;
#[path = "common/places.rs"]
mod places;

use dl::data::Dataset;
use dl::device::cuda::{Counts, Precision};
use dl::optim::schedule::Cosine;
use dl::pod::flat;
use dl::prelude::*;
use dl::train::{Every, Flow, History};
use dl::{Error, Pod};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

model! {
    /// Everything that has a state of its own: dropout's random numbers, batch norm's statistics. No bias before the norm: its
    /// gradient is 0 but for rounding, which Adam makes as large as the others.
    Net(image: [1, 8, 8]) -> [10] {
        image -> conv2d(4, 3, bias: false) -> batch_norm -> relu -> max_pool2d(2) -> flatten -> dense(24) -> dropout(0.3)
            -> relu -> dense(10)
    }

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

    Line(x: [1]) -> [1] { x -> dense(1) }

    Steep(x: [4]) -> [4] { x -> dense(8) as first -> exp -> dense(4) as second }

    Wide(x: [64]) -> [10] { x -> dense(96) -> gelu -> dense(96) -> relu -> dense(10) }
}

type Digits = Dataset<dl::Input<Net>, u32>;

/// 90 digits to learn from and 35 to be judged by: neither fills its batches.
fn digits() -> (Digits, Digits) {
    let (train, rest) = dl::data::digits().train.split_at(90);
    (train, rest.split_at(35).0)
}

/// The GPU for one test at a time, so that its counts are this test's.
fn gpu() -> Option<(dl::Cuda, MutexGuard<'static, ()>)> {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    devices::cuda().map(|cuda| (cuda, alone))
}

fn bits<M: Model>(net: &M) -> Vec<u32> {
    flat(std::slice::from_ref(net)).iter().map(|w| w.to_bits()).collect()
}

/// A file of this test's own, not there yet.
fn file(name: &str) -> PathBuf {
    let path = places::scratch().join(name);
    let _ = std::fs::remove_file(&path);
    path
}

fn numbers(history: &History) -> Vec<f64> {
    let of = |scores: &dl::train::Scores| [vec![scores.loss], scores.metrics.clone()].concat();
    history
        .epochs
        .iter()
        .flat_map(|e| [of(&e.train), e.validation.as_ref().map(of).unwrap_or_default()].concat())
        .collect()
}

/// Every number within `tolerance`.
#[track_caller]
fn close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= tolerance, "number {i}: {f} on CUDA, {e} on the CPU");
    }
}

fn weights<M: Model>(net: &M) -> Vec<f64> {
    flat(std::slice::from_ref(net)).iter().map(|&w| f64::from(w)).collect()
}

#[test]
fn which_device_it_was() {
    let what = match dl_emulation::install() {
        dl_emulation::Status::Gpu => format!("a GPU, {}", dl::Cuda::new(0).unwrap().name()),
        dl_emulation::Status::Emulated => "emulated on the processor".into(),
        dl_emulation::Status::Missing(why) => format!("SKIP, {why}"),
    };
    // Not by `eprintln!`, which tests hold back.
    writeln!(std::io::stderr(), "CUDA in these tests: {what}").unwrap();
}

fn train<D: Device>(device: D) -> (Box<Net>, History) {
    let ((train, test), mut net) = (digits(), Net::init(3));
    let history = Trainer::new(AdamW::new(0.01))
        .loss(CrossEntropy)
        .on(device)
        .epochs(3)
        .batch_size(32)
        .seed(5)
        .clip(Clip::Norm(1.0))
        .schedule(Cosine::over(9.0))
        .validate(&test)
        .quiet()
        .fit(&mut net, &train)
        .unwrap();
    (net, history)
}

#[test]
fn a_training_is_that_of_the_cpu_and_the_same_every_time() {
    let Some((cuda, _alone)) = gpu() else { return };
    let ((first, history), (second, _), (cpu, expected)) = (train(cuda.clone()), train(cuda), train(Cpu::new()));
    assert!(bits(&*first) == bits(&*second), "the same seed, the same bits");
    // Nine steps of Adam, which makes the most of every rounding; accuracies of 90 and 35 samples.
    close(&numbers(&history), &numbers(&expected), 1e-3);
    close(&weights(&*first), &weights(&*cpu), 2e-3);
}

#[test]
fn threads_share_a_card() {
    let Some((cuda, _alone)) = gpu() else { return };
    let alone = train(cuda.clone()).0;
    let together = std::thread::scope(|scope| {
        let threads = [(); 3].map(|()| scope.spawn(|| train(cuda.clone()).0));
        threads.map(|thread| thread.join().unwrap())
    });
    for net in together {
        assert!(bits(&*net) == bits(&*alone), "what others ask for changes nothing");
    }
}

#[test]
fn a_model_with_its_own_loss() {
    let Some((cuda, _alone)) = gpu() else { return };
    let images = Dataset::unlabelled(digits().0.inputs);
    let run = |history: &mut Vec<f64>, on: Option<dl::Cuda>| {
        let mut net = Autoencoder::init(1);
        let mut trainer = Trainer::new(Sgd::new(0.1).momentum(0.9)).epochs(2).batch_size(40).validate(&images).quiet();
        *history = numbers(&match on {
            Some(cuda) => trainer.on(cuda).fit(&mut net, &images).unwrap(),
            None => trainer.fit(&mut net, &images).unwrap(),
        });
        net
    };
    let (mut found, mut expected) = (Vec::new(), Vec::new());
    let (net, cpu) = (run(&mut found, Some(cuda)), run(&mut expected, None));
    close(&found, &expected, 1e-4);
    close(&weights(&*net), &weights(&*cpu), 1e-4);
}

#[test]
fn a_checkpoint_goes_on_bit_for_bit_and_on_the_other_device() {
    let Some((cuda, _alone)) = gpu() else { return };
    let ((data, _), path) = (digits(), file("cuda-checkpoint.safetensors"));
    let trainer = || Trainer::new(Adam::new(0.01)).loss(CrossEntropy).batch_size(32).seed(2).quiet();
    let (mut whole, mut half) = (Net::init(4), Net::init(4));
    trainer().on(cuda.clone()).epochs(2).fit(&mut whole, &data).unwrap();
    let stop = |event: &dl::train::StepEnd| if event.step == 4 { Flow::Stop } else { Flow::Continue };
    let first = trainer().on(cuda.clone()).epochs(2).checkpoint(&path).checkpoint_every(Every::Steps(2));
    first.on_step(stop).fit(&mut half, &data).unwrap();
    assert!(bits(&*half) != bits(&*whole));
    let (mut on_cuda, mut on_cpu) = (Net::init(9), Net::init(9));
    trainer().on(cuda).epochs(2).resume(&path).fit(&mut on_cuda, &data).unwrap();
    trainer().epochs(2).resume(&path).fit(&mut on_cpu, &data).unwrap();
    assert!(bits(&*on_cuda) == bits(&*whole), "stopped within an epoch, and gone on");
    close(&weights(&*on_cpu), &weights(&*whole), 2e-3);
}

#[test]
fn a_model_trained_on_the_gpu_is_a_model() {
    let Some((cuda, _alone)) = gpu() else { return };
    let ((_, test), path) = (digits(), file("cuda-model.safetensors"));
    train(cuda.clone()).0.save(&path).unwrap();
    let net = Net::load(&path).unwrap();
    let mut session = net.session(cuda.clone(), 16).unwrap();
    let mut found = vec![[0.0; 10]; test.len()];
    session.predict_into(&test.inputs, &mut found).unwrap();
    let wide = |rows: &[[f32; 10]]| flat(rows).iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
    close(&wide(&found), &wide(&net.predict(&test.inputs)), 1e-4);

    // Two batches of 16 and one of 3, the third time around by graphs, into memory that is there.
    session.predict_into(&test.inputs, &mut found).unwrap();
    let before = cuda.counts();
    session.predict_into(&test.inputs, &mut found).unwrap();
    let after = cuda.counts();
    let expected = Counts { graph_launches: before.graph_launches + 3, ..before };
    assert_eq!(after, expected);
    close(&wide(&found), &wide(&net.predict(&test.inputs)), 1e-4);
}

#[test]
fn a_step_is_one_graph_and_allocates_nothing() {
    let Some((cuda, _alone)) = gpu() else { return };
    let ((data, _), net) = (digits(), Net::init(1));
    let mut training = net.training(cuda.clone(), 32).unwrap();
    let (mut counts, before) = (Vec::new(), cuda.counts());
    for t in 0..6 {
        let (inputs, targets) = (&data.inputs[..32], &data.targets[..32]);
        training.forward(inputs).unwrap();
        training.loss_async(&CrossEntropy, targets).unwrap();
        training.backward();
        training.clip_async(Clip::Norm(1.0)).unwrap();
        training.step(&Adam::new(0.01 / f64::from(1 + t))).unwrap();
        counts.push(cuda.counts());
    }
    let first = training.wait().unwrap();
    assert!(first.is_finite() && first > 0.0);
    let [a, b, c, d, e, _] = counts[..] else { unreachable!() };
    assert_eq!(cuda.last_work().len() as u64, a.launches - before.launches, "{:#?}", cuda.last_work());
    // The second step is recorded and started, those after it are only started.
    assert_eq!(b, Counts { graphs: a.graphs + 1, graph_launches: a.graph_launches + 1, ..a });
    for (before, after) in [(b, c), (c, d), (d, e)] {
        assert_eq!(after, Counts { graph_launches: before.graph_launches + 1, ..before });
    }
}

#[test]
fn a_step_may_take_the_batch_that_is_there() {
    let Some((cuda, _alone)) = gpu() else { return };
    let ((data, _), net) = (digits(), Net::init(1));
    let run = |again: bool| {
        let (mut training, mut after) = (net.training(cuda.clone(), 32).unwrap(), Net::init(1));
        for t in 0..4 {
            if again && t > 0 {
                training.forward_again();
            } else {
                training.forward(&data.inputs[..32]).unwrap();
            }
            training.loss_async(&CrossEntropy, &data.targets[..32]).unwrap();
            training.backward();
            training.step(&Adam::new(0.01)).unwrap();
        }
        training.store(&mut after).unwrap();
        bits(&*after)
    };
    assert!(run(true) == run(false));
}

#[test]
fn the_trainer_takes_one_graph_a_step() {
    let Some((cuda, _alone)) = gpu() else { return };
    let (data, counts) = (digits().0, Mutex::new(Vec::new()));
    let data = Dataset { inputs: data.inputs[..64].to_vec(), targets: data.targets[..64].to_vec() };
    let seen = cuda.clone();
    Trainer::new(Adam::new(0.01))
        .loss(CrossEntropy)
        .on(cuda)
        .epochs(5)
        .batch_size(16)
        .on_epoch(|_| counts.lock().unwrap().push(seen.counts()))
        .quiet()
        .fit(&mut Net::init(1), &data)
        .unwrap();
    let counts = counts.into_inner().unwrap();
    for pair in counts[1..].windows(2) {
        assert_eq!(pair[1], Counts { graph_launches: pair[0].graph_launches + 4, ..pair[0] });
    }
}

/// Numbers that are not finite are told as on the CPU, whether somebody looks at every step or not.
#[test]
fn numbers_that_overflow_are_named() {
    let Some((cuda, _alone)) = gpu() else { return };
    let inputs: Vec<[f32; 1]> = (0..64).map(|i| [i as f32]).collect();
    let targets: Vec<[f32; 1]> = inputs.iter().map(|x| [3.0 * x[0]]).collect();
    let lines = Dataset { inputs, targets };
    let steep = Dataset { inputs: vec![[1.0f32; 4]; 24], targets: vec![[1.0f32; 4]; 24] };
    fn error<M: Model, D: Device>(device: D, data: &Dataset<M::Input, M::Output>, rate: f64, watched: bool) -> String
    where
        dl::loss::Mse: dl::loss::Loss<M::Output, Target = M::Output>,
        M::Output: Pod<Element = f32> + dl::Pack<Row = M::Output, Like<M::Output> = M::Output>,
    {
        let mut trainer = Trainer::new(Sgd::new(rate)).loss(Mse).on(device).epochs(50).batch_size(8).quiet();
        if watched {
            trainer = trainer.on_step(|_| ());
        }
        let error = trainer.fit(&mut M::init(1), data).unwrap_err();
        assert!(matches!(error.error(), Error::NotFinite { .. }), "{error}");
        error.to_string()
    }
    for watched in [false, true] {
        for rate in [1.0, 1e18, 3e38] {
            let expected = error::<Line, _>(Cpu::new(), &lines, rate, watched);
            assert_eq!(error::<Line, _>(cuda.clone(), &lines, rate, watched), expected);
        }
        let expected = error::<Steep, _>(Cpu::new(), &steep, 30.0, watched);
        assert_eq!(error::<Steep, _>(cuda.clone(), &steep, 30.0, watched), expected);
    }
    // In a loop of one's own, the first call that waits tells of the first step that went wrong.
    let mut training = Line::init(1).training(cuda, 8).unwrap();
    for _ in 0..20 {
        training.forward(&lines.inputs[..8]).unwrap();
        training.loss_async(&Mse, &lines.targets[..8]).unwrap();
        training.backward();
        training.step(&Sgd::new(1e18)).unwrap();
    }
    let Err(Error::NotFinite { step, .. }) = training.wait() else { panic!("an overflow") };
    assert!(step < 20, "{step}");
}

#[test]
fn coarser_products_are_close_and_weights_stay_exact() {
    let Some((cuda, _alone)) = gpu() else { return };
    let inputs: Vec<[f32; 64]> =
        digits().0.inputs.iter().map(|image| image[0].as_flattened().try_into().unwrap()).collect();
    let targets = digits().0.targets;
    let losses = |device: dl::Cuda| {
        let mut training = Wide::init(1).training(device, 64).unwrap();
        let mut step = || {
            training.forward(&inputs[..64]).unwrap();
            let loss = training.loss(&CrossEntropy, &targets[..64]).unwrap();
            training.backward();
            training.step(&Sgd::new(0.1)).unwrap();
            f64::from(loss)
        };
        (0..8).map(|_| step()).collect::<Vec<f64>>()
    };
    let exact = losses(cuda.clone());
    assert!(exact[7] < exact[0]);
    for (precision, tolerance) in [(Precision::Tf32, 4e-3), (Precision::Bf16, 3e-2)] {
        close(&losses(cuda.clone().precision(precision)), &exact, tolerance);
    }
    // Steps far below the precision of bf16 are not lost.
    let mut training = Line::init(1).training(cuda.precision(Precision::Bf16), 1).unwrap();
    let mut start = Line::init(1);
    for _ in 0..10 {
        training.forward(&[[1.0]]).unwrap();
        training.loss(&Mse, &[[100.0]]).unwrap();
        training.backward();
        training.step(&Sgd::new(1e-7)).unwrap();
    }
    let before = start.dense1.bias[0];
    training.store(&mut start).unwrap();
    assert!(start.dense1.bias[0] > before, "{before} {}", start.dense1.bias[0]);
}
