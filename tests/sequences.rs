//! Models of sequences of run-time length: ragged batches, in prediction and in training.

use dl::Error;
use dl::data::Dataset;
use dl::model;
use dl::pod::flat;
use dl::prelude::*;
use std::slice::from_ref;

model! {
    /// Works on each row.
    Rows(x: [.., 3]) -> [.., 2] {
        x -> dense(4) -> tanh -> dense(2)
    }

    /// The same for single rows.
    Single(x: [3]) -> [2] {
        x -> dense(4) -> tanh -> dense(2)
    }

    /// Labels each token.
    Tagger(tokens: u32[..=6]) -> [.., 3] {
        tokens -> embedding(9, 5) -> residual { layer_norm -> dense(5) -> gelu } -> dense(3)
    }
}

fn sequences() -> Vec<Vec<[f32; 3]>> {
    let row = |i: usize| [i as f32 * 0.1, 1.0 - i as f32 * 0.05, (i % 3) as f32];
    [3, 1, 7, 2].iter().map(|&len| (0..len).map(|i| row(i * len)).collect()).collect()
}

/// Asserts that outputs are equal up to rounding, which depends on the number of rows that are computed together.
#[track_caller]
fn close(found: &[[f32; 2]], expected: &[[f32; 2]]) {
    assert_eq!(found.len(), expected.len());
    let pairs = found.iter().flatten().zip(expected.iter().flatten());
    pairs.for_each(|(found, expected)| assert!((found - expected).abs() < 1e-6, "{found} and {expected}"));
}

#[test]
fn rows_are_predicted_as_they_are_alone() {
    let net = Rows::init(1);
    let single = Single::from_bytes(&net.to_bytes().unwrap()).unwrap();
    let inputs = sequences();
    let outputs = net.predict(&inputs);
    for (input, output) in inputs.iter().zip(&outputs) {
        close(&single.predict(input), output);
        close(&net.predict_one(input), output);
    }
    let mut session = net.session(Cpu::new(), 2).unwrap();
    let mut again = vec![Vec::new(); inputs.len()];
    session.predict_into(&inputs, &mut again).unwrap();
    assert_eq!(again, outputs);
}

#[test]
fn a_ragged_batch_trains_as_its_rows() {
    let inputs = sequences();
    let targets: Vec<Vec<[f32; 2]>> =
        inputs.iter().map(|rows| rows.iter().map(|row| [row[0] - row[1], row[2]]).collect()).collect();
    let net = Rows::init(1);
    let mut ragged = net.training(Cpu::new(), 4).unwrap();
    ragged.forward(&inputs).unwrap();
    let loss = ragged.loss(&dl::loss::Mse, &targets).unwrap();
    ragged.backward();
    let mut gradients = Rows::init(0);
    ragged.gradients(&mut gradients).unwrap();

    let single = Single::from_bytes(&net.to_bytes().unwrap()).unwrap();
    let (rows, row_targets) = (inputs.concat(), targets.concat());
    let mut training = single.training(Cpu::new(), rows.len()).unwrap();
    training.forward(&rows).unwrap();
    assert_eq!(training.loss(&dl::loss::Mse, &row_targets).unwrap(), loss);
    training.backward();
    let mut expected = Single::init(0);
    training.gradients(&mut expected).unwrap();
    assert_eq!(flat(from_ref(&*gradients)), flat(from_ref(&*expected)));
}

#[test]
fn a_tagger_learns_its_tokens() {
    let inputs: Vec<Vec<u32>> = (0..40).map(|i| (0..1 + i % 6).map(|k| (i * 7 + k * 5) % 9).collect()).collect();
    let targets = inputs.iter().map(|tokens| tokens.iter().map(|token| token % 3).collect()).collect();
    let data = Dataset::new(inputs, targets).unwrap();
    let mut net = Tagger::init(3);
    let history =
        Trainer::new(Adam::new(0.02)).loss(CrossEntropy).epochs(30).batch_size(8).quiet().fit(&mut net, &data);
    let history = history.unwrap();
    let last = history.epochs.last().unwrap();
    assert!(last.train.loss < 0.05 && last.train.metrics[0] > 0.99, "{last:?}");
}

#[test]
fn wrong_sequences_are_typed_errors() {
    let net = Tagger::init(1);
    let mut session = net.session(Cpu::new(), 2).unwrap();
    let mut outputs = vec![Vec::new(); 2];
    let mut error = |inputs: &[Vec<u32>]| session.predict_into(inputs, &mut outputs).unwrap_err().to_string();
    assert_eq!(error(&[vec![1], vec![]]), "sample 1: `tokens` is an empty sequence; it needs at least one row");
    assert_eq!(error(&[vec![1; 7], vec![1]]), "sample 0: `tokens` has 7 rows, and at most 6 are declared");
    assert_eq!(
        error(&[vec![1], vec![2, 9]]),
        "sample 1: token 9 is out of range; with a vocabulary of 9, tokens are 0 to 8"
    );
    let outputs = net.predict(&[vec![2, 9], vec![3], vec![]]);
    assert!(outputs[0].len() == 2 && outputs[0].iter().flatten().all(|y| y.is_nan()), "{outputs:?}");
    assert!(outputs[1].iter().flatten().all(|y| y.is_finite()) && outputs[2].is_empty(), "{outputs:?}");
    let mut training = net.training(Cpu::new(), 2).unwrap();
    training.forward(&[vec![1, 2], vec![3]]).unwrap();
    let error = training.loss(&CrossEntropy, &[vec![1, 2], vec![1, 2]]).unwrap_err();
    assert!(matches!(error, Error::TargetRows { sample: 1, expected: 1, found: 2 }), "{error}");
}
