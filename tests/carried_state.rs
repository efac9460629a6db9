//! States that training carries from batch to batch: against PyTorch, whole sequences, and hand-written loops.
#![allow(missing_docs)]

mod common;

use common::devices::on_devices;
use common::{Fixture, PASS, agree, devices};
use dl::data::{Dataset, streams};
use dl::loss::Mse;
use dl::pod::{flat, zeroed_box};
use dl::prelude::*;
use dl::train::{Every, Flow};
use dl::{Error, Network};
use std::slice::from_ref;

model! {
    LstmPlain(x: [5, 3]) -> [5, 6] { x -> lstm(6) }
    LstmLayers(x: [5, 3]) -> [5, 6] { x -> lstm(6, layers: 2) }
    LstmProjection(x: [.., 3]) -> [.., 2] { x -> lstm(6, layers: 2, projection: 2) }
    LstmRagged(x: [.., 3]) -> [.., 6] { x -> lstm(6, layers: 2) }
    GruPlain(x: [5, 3]) -> [5, 6] { x -> gru(6) }
    GruRagged(x: [.., 3]) -> [.., 6] { x -> gru(6, layers: 2) }
    RnnPlain(x: [5, 3]) -> [5, 6] { x -> rnn(6) }
    RnnRagged(x: [.., 3]) -> [.., 6] { x -> rnn(6, layers: 2, activation: relu) }
}

/// Cuts rows into samples.
fn cut<const N: usize>(rows: &[[f32; N]], lengths: &[u32]) -> Vec<Vec<[f32; N]>> {
    let mut rows = rows.iter().copied();
    lengths.iter().map(|&len| rows.by_ref().take(len as usize).collect()).collect()
}

/// One test for each model, named as the case in the file; `$sample` makes a sample of its rows.
macro_rules! windows {
    ($($case:ident: $model:ident, $width:literal, $sample:expr;)*) => { $(
        #[test]
        fn $case() {
            let (fixture, case) = (Fixture::open("carried.safetensors"), stringify!($case));
            let net = fixture.model::<$model>(&format!("{case}/weights/"));
            let numbers = |part: String| fixture.floats(&format!("{case}/{part}"));
            on_devices!(|device| {
                let mut training = net.training(device, 3).unwrap().carry_state(true).unwrap();
                for k in 0..2 {
                    let lengths = fixture.samples::<u32>(&format!("{case}/lengths_{k}"));
                    let inputs = cut::<3>(&fixture.samples(&format!("{case}/input_{k}")), &lengths);
                    let targets = cut::<$width>(&fixture.samples(&format!("{case}/target_{k}")), &lengths);
                    let inputs: Vec<_> = inputs.into_iter().map($sample).collect();
                    let targets: Vec<_> = targets.into_iter().map($sample).collect();
                    training.forward(&inputs).unwrap();
                    let loss = training.loss(&Mse, &targets).unwrap();
                    agree(case, &[loss], &numbers(format!("loss_{k}")), PASS);
                    training.zero_gradients();
                    training.backward();
                    if k == 0 {
                        continue;
                    }
                    let mut outputs = vec![Default::default(); 3];
                    training.outputs(&mut outputs).unwrap();
                    let rows: Vec<f32> = outputs.iter().flat_map(|output| flat(&output[..]).to_vec()).collect();
                    agree(case, &rows, &numbers("output".into()), PASS);
                }
                let mut gradients = zeroed_box::<$model>();
                training.gradients(&mut gradients).unwrap();
                for tensor in $model::TENSORS.iter() {
                    let part = format!("gradients/{}", tensor.name);
                    agree(&part, &flat(from_ref(&*gradients))[tensor.range()], &numbers(part.clone()), PASS);
                }
            });
        }
    )* };
}
windows! {
    lstm: LstmPlain, 6, |rows| rows.try_into().unwrap();
    lstm_layers: LstmLayers, 6, |rows| rows.try_into().unwrap();
    lstm_projection: LstmProjection, 2, |rows| rows;
    lstm_ragged: LstmRagged, 6, |rows| rows;
    gru: GruPlain, 6, |rows| rows.try_into().unwrap();
    gru_ragged: GruRagged, 6, |rows| rows;
    rnn: RnnPlain, 6, |rows| rows.try_into().unwrap();
    rnn_ragged: RnnRagged, 6, |rows| rows;
}

model! {
    block layer(x) { x -> residual { gru(4) -> dropout(0.0) } }

    Inner(x: [.., 4]) -> [.., 4] { x -> rnn(4) -> dense(4) }
    /// Recurrent layers in every place: beside others, with shared weights, in copies of a block, and in a model inside.
    Deep(tokens: u32[..]) -> [.., 7] {
        tokens -> embedding(7, 4) -> lstm(4, layers: 2) as first -> repeat 3 { layer } -> first -> Inner -> dense(7) -> relu
    }
    Generic<const N: usize>(x: [.., 3]) -> [.., N] { x -> rnn(N) }
    /// Its own objective.
    Own(x: [.., 2]) -> [.., 2] { x -> gru(4) -> dense(2) } loss(next: [.., 2]) { mse(output, next) }
}

fn numbers(net: &impl Network) -> Vec<f32> {
    flat(from_ref(net.network())).to_vec()
}

fn series(len: u32) -> Vec<u32> {
    (0..len).map(|i| (i * i + 3 * i) % 7).collect()
}

/// The outputs of the training passes over windows are those of whole sequences.
#[test]
fn windows_are_the_whole() {
    let net = Deep::init(3);
    let samples: Vec<Vec<u32>> = (0..3).map(|i| series(20).into_iter().skip(i).take(12).collect()).collect();
    let whole = net.predict(&samples);
    on_devices!(|device| {
        let mut training = net.training(device, 3).unwrap().carry_state(true).unwrap();
        // Twice, since clearing starts anew.
        for _ in 0..2 {
            training.clear_state();
            let mut outputs = vec![Vec::new(); 3];
            // Windows of different lengths, of which a later one is longer than all before.
            for ends in [[2, 1, 3], [3, 4, 4], [10, 12, 11]] {
                let new = |i: usize| outputs[i].len()..ends[i];
                let inputs: Vec<Vec<u32>> = (0..3).map(|i| samples[i][new(i)].to_vec()).collect();
                training.forward(&inputs).unwrap();
                let mut found = vec![Vec::new(); 3];
                training.outputs(&mut found).unwrap();
                outputs.iter_mut().zip(found).for_each(|(all, found)| all.extend(found));
                // An evaluation starts from zero, and changes nothing.
                training.evaluate(&samples[..2]).unwrap();
            }
            for (found, whole) in outputs.iter().zip(&whole) {
                let (found, whole) = (flat(found), flat(&whole[..found.len()]));
                assert!(found.len() >= 70 && found.iter().zip(whole).all(|(a, b)| (a - b).abs() < 1e-5));
            }
        }
    });
}

#[test]
fn a_generic_model_carries() {
    let net = Generic::<5>::init(1);
    let (inputs, whole) = ([vec![[0.5, -1.0, 2.0]; 3]], net.predict(&[vec![[0.5, -1.0, 2.0]; 6]]));
    let mut training = net.training(Cpu::new(), 1).unwrap().carry_state(true).unwrap();
    training.forward(&inputs).unwrap();
    training.forward(&inputs).unwrap();
    let mut outputs = vec![Vec::new()];
    training.outputs(&mut outputs).unwrap();
    assert!(flat(&outputs[0]).iter().zip(flat(&whole[0][3..])).all(|(a, b)| (a - b).abs() < 1e-6));
}

/// A loop by hand.
fn by_hand(
    device: impl Device,
    data: &Dataset<Vec<u32>, Vec<u32>>,
    batch: usize,
    epochs: usize,
    carry: bool,
) -> Vec<f32> {
    let mut net = Deep::init(5);
    let mut training = net.training(device, batch).unwrap().carry_state(carry).unwrap();
    for _ in 0..epochs {
        training.clear_state();
        for (inputs, targets) in data.batches(batch).take(data.len() / batch) {
            training.forward(inputs).unwrap();
            training.loss(&CrossEntropy, targets).unwrap();
            training.backward();
            training.step(&Adam::new(0.01)).unwrap();
        }
    }
    training.store(&mut net).unwrap();
    numbers(&net)
}

#[test]
fn the_trainer_does_what_a_loop_does() {
    let mut data = streams(&series(200), 4, 9).unwrap();
    // A sample more, which does not fill a batch.
    data.append(streams(&series(10), 1, 9).unwrap());
    let by_trainer = |threads: usize| {
        let mut net = Deep::init(5);
        let trainer = Trainer::new(Adam::new(0.01)).loss(CrossEntropy).on(Cpu::with_threads(threads)).quiet();
        let mut trainer = trainer.epochs(2).batch_size(4).validate(&data).carry_state(true);
        trainer.fit(&mut net, &data).unwrap();
        numbers(&net)
    };
    let expected = by_hand(Cpu::with_threads(1), &data, 4, 2, true);
    assert!(by_trainer(1) == expected && by_trainer(3) == expected);
    assert!(by_hand(Cpu::with_threads(1), &data, 4, 2, false) != expected);
}

/// Stopped within an epoch, after whose first half the state is not zero.
#[test]
fn a_resumed_training_carries_on() {
    let data = streams(&series(200), 4, 9).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("carried.safetensors");
    let trainer = || Trainer::new(Adam::new(0.01)).loss(CrossEntropy).epochs(2).batch_size(4).quiet();
    let mut net = Deep::init(5);
    let stop = |step: &dl::train::StepEnd| if step.step == 8 { Flow::Stop } else { Flow::Continue };
    let part = trainer().carry_state(true).checkpoint(&path).checkpoint_every(Every::Epochs(5));
    part.on_step(stop).fit(&mut net, &data).unwrap();
    let mut resumed = Deep::init(0);
    trainer().carry_state(true).resume(&path).fit(&mut resumed, &data).unwrap();
    assert!(numbers(&resumed) == by_hand(Cpu::new(), &data, 4, 2, true));
    // Without the states, the epoch begins anew. States of more samples than a session has are an error.
    let history = trainer().shuffle(false).drop_last(true).resume(&path).fit(&mut Deep::init(0), &data).unwrap();
    assert_eq!(history.changes[0].to_string(), "`carry_state` is false since step 9; it was true");
    let small = Deep::init(0).training(Cpu::new(), 3).unwrap().carry_state(true).unwrap();
    let error = { small }.load_checkpoint::<serde_json::Value, _>(&Adam::new(0.01), &path).unwrap_err();
    assert!(matches!(error, Error::Format { .. }), "{error}");
}

#[test]
fn an_objective_of_the_model_carries() {
    let rows: Vec<[f32; 2]> = (0..60_u8).map(|i| [f32::from(i % 5) / 5.0, f32::from(i % 3)]).collect();
    let data = streams(&rows, 3, 4).unwrap();
    let train = |carry: bool| {
        let mut net = Own::init(1);
        let mut trainer = Trainer::new(Adam::new(0.01)).epochs(2).batch_size(3).shuffle(false).drop_last(true).quiet();
        if carry {
            trainer = trainer.carry_state(true);
        }
        trainer.fit(&mut net, &data).unwrap();
        numbers(&net)
    };
    assert!(train(true) != train(false));
}

#[test]
fn contradictions_are_errors() {
    let data = streams(&series(60), 3, 4).unwrap();
    let trainer = || Trainer::new(Adam::new(0.01)).loss(CrossEntropy).batch_size(3).quiet().carry_state(true);
    let told = |mut trainer: Trainer<_, _, _, _>| {
        let error = trainer.fit(&mut Deep::init(1), &data).unwrap_err();
        assert!(matches!(error.error(), Error::Setting { .. }), "{error}");
        error.error().to_string()
    };
    let since = "with `carry_state`, since samples continue those of the batch before";
    assert_eq!(told(trainer().shuffle(true)), format!("`shuffle` of `Trainer` is true; it must be false {since}"));
    assert_eq!(told(trainer().drop_last(false)), format!("`drop_last` of `Trainer` is false; it must be true {since}"));
    assert_eq!(
        told(trainer().batch_size(100)),
        "`batch_size` of `Trainer` is 100; it must be from 1 to 12 with `carry_state`, the samples of the training set"
    );
}

#[test]
fn another_number_of_samples_is_an_error_and_loses_nothing() {
    let net = Deep::init(1);
    let window = vec![vec![1, 2, 3]; 3];
    let outputs = |interrupted: bool| {
        let mut training = net.training(Cpu::new(), 4).unwrap().carry_state(true).unwrap();
        training.forward(&window).unwrap();
        if interrupted {
            for wrong in [2, 4] {
                let error = training.forward(&vec![vec![1]; wrong]).unwrap_err();
                let expected = "it must be 3, the samples whose state is carried, unless `clear_state` comes before";
                assert_eq!(error.to_string(), format!("`batch size` of `Training` is {wrong}; {expected}"));
            }
            // The batch is still there.
            training.loss(&CrossEntropy, &window).unwrap();
            training.backward();
        }
        training.forward(&window).unwrap();
        let mut outputs = vec![Vec::new(); 3];
        training.outputs(&mut outputs).unwrap();
        training.clear_state();
        training.forward(&vec![vec![1]; 2]).unwrap();
        outputs
    };
    assert!(outputs(true) == outputs(false));
}
