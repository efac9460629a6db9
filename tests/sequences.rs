//! Models of sequences of run-time length: ragged batches, in prediction and in training.

#[path = "common/devices.rs"]
mod devices;

use devices::on_devices;
use dl::Error;
use dl::data::Dataset;
use dl::model;
use dl::pod::flat;
use dl::prelude::*;
use std::slice::from_ref;

model! {
    // For samples, and for the rows of sequences.
    block layers(x: [n], outputs) {
        x -> dense(n + 1) -> tanh -> dense(outputs)
    }

    /// Works on each row.
    Rows(x: [.., 3]) -> [.., 2] {
        x -> layers(2) as layers
    }

    /// The same for single rows.
    Single(x: [3]) -> [2] {
        x -> layers(2) as layers
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
    // The trainer looks at all data before the first step.
    let data = Dataset::new(vec![vec![1, 2], vec![3; 4]], vec![vec![1, 2], vec![0; 3]]).unwrap();
    let mut trainer = Trainer::new(Adam::new(0.1)).loss(CrossEntropy).quiet();
    let error = trainer.fit(&mut Tagger::init(1), &data).unwrap_err().to_string();
    assert_eq!(error, "sample 1 of the training set: the target has 3 rows, but the output has 4");
}

model! {
    const D: usize = 16;

    block layer(x) {
        x -> residual { layer_norm -> attention(4, causal: true, kv_heads: 2, rotary: 10000.0) }
          -> residual { layer_norm -> dense(2 * D) -> gelu -> dense(D) }
    }

    /// A causal transformer.
    Causal(tokens: u32[..=40]) -> [.., 11] {
        let bias = parameter([11]);
        let logits = tokens -> embedding(11, D) as wte -> learned_positions(40) -> repeat 3 { layer } as layers
            -> layer_norm -> unembedding(wte);
        logits + bias
    }

    /// Recurrent layers of all kinds, with a window of attention between them.
    Running(x: [.., 3]) -> [.., 5] {
        x -> lstm(6, layers: 2) -> sinusoidal_positions -> attention(2, causal: true, window: 4, alibi: true)
            -> gru(7) -> rnn(5)
    }

    /// Causal convolutions: dilated, grouped, depthwise, of single rows, and in a stack of copies.
    Convolved(x: [.., 3]) -> [.., 5] {
        x -> conv1d(8, 3, padding: causal) -> relu -> conv1d(6, 4, padding: causal, dilation: 2, groups: 2) -> gelu
            -> conv1d(6, 1) -> repeat 2 { residual { conv1d(6, 3, padding: causal, groups: 6, bias: false) -> stochastic_depth(0.2) } }
            -> dense(5)
    }

    /// Convolutions that see both sides.
    Smoothed(x: [.., 3]) -> [.., 2] {
        x -> conv1d(6, 5, padding: same) -> tanh -> conv1d(2, 3, padding: 2, dilation: 2, groups: 2)
    }

    /// Values of a sample are used with each of its rows.
    Moved(x: [.., 3], by: [3]) -> [.., 3] {
        let factor = by -> sum(keep: true);
        (by - x) / by + x * factor
    }

    /// One class for a text.
    Classifier(tokens: u32[..]) -> [2] {
        let h = tokens -> embedding(9, 6) -> gru(5, bidirectional: true);
        concat(h -> mean(axis: 0), h -> max(axis: 0), h -> last) -> dense(2)
    }

    /// Attends to another sequence.
    Translate(source: u32[..=12], target: u32[..=10]) -> [target.., 7] {
        let memory = source -> embedding(8, 12) -> sinusoidal_positions
            -> residual { layer_norm -> attention(3) };
        target -> embedding(7, 12) -> learned_positions
            -> residual { layer_norm -> attention(3, causal: true) }
            -> cross_attention(memory, heads: 2) -> dense(7)
    }
}

/// Shows whole sequences in pieces to a model, to several streams, and compares the outputs with those of the whole.
fn step_by_step<M: dl::Steps<Input = Vec<X>, Output = Vec<[f32; C]>>, X: Clone + dl::Pod, const C: usize>(
    device: impl Device,
    net: &M,
    inputs: &[Vec<X>],
    pieces: &[usize],
) {
    let expected = net.predict(inputs);
    let mut session = net.session(device, inputs.len()).unwrap();
    let mut state = session.state(inputs.len(), 40).unwrap();
    let mut outputs = vec![Vec::new(); inputs.len()];
    let mut found = vec![Vec::new(); inputs.len()];
    let mut copy = None;
    for (step, piece) in pieces.iter().cycle().enumerate() {
        let new: Vec<Vec<X>> = inputs
            .iter()
            .zip(state.lengths())
            .enumerate()
            // Streams take turns: some get nothing in a step.
            .map(|(i, (all, at))| {
                all[at..].iter().take(if (step + i) % 3 == 2 { 0 } else { *piece }).cloned().collect()
            })
            .collect();
        session.step(&mut state, &new, &mut outputs).unwrap();
        found.iter_mut().zip(&outputs).for_each(|(found, new)| found.extend(new));
        if step == 2 {
            copy = Some((state.try_clone().unwrap(), found.clone()));
        }
        if state.lengths().zip(inputs).all(|(len, all)| len == all.len()) {
            break;
        }
    }
    let near = |found: &[Vec<[f32; C]>]| {
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found.len(), expected.len());
            let pairs = found.iter().flatten().zip(expected.iter().flatten());
            pairs.for_each(|(found, expected)| assert!((found - expected).abs() < 2e-5, "{found} and {expected}"));
        }
    };
    near(&found);
    // A copy of an earlier state goes on from there, all at once.
    let (mut state, mut found) = copy.expect("at least three steps");
    let rest: Vec<Vec<X>> = inputs.iter().zip(state.lengths()).map(|(all, at)| all[at..].to_vec()).collect();
    session.step(&mut state, &rest, &mut outputs).unwrap();
    found.iter_mut().zip(&outputs).for_each(|(found, new)| found.extend(new));
    near(&found);
    // A cleared stream begins anew.
    state.clear_stream(0);
    let first: Vec<Vec<X>> = (0..inputs.len()).map(|i| if i == 0 { inputs[0].clone() } else { Vec::new() }).collect();
    session.step(&mut state, &first, &mut outputs).unwrap();
    near(&[outputs.swap_remove(0)]);
}

fn texts(count: u32, most: u32, vocabulary: u32) -> Vec<Vec<u32>> {
    (0..count).map(|i| (0..=(i * 13 + 5) % most).map(|k| (i * 7 + k * k * 5 + k) % vocabulary).collect()).collect()
}

#[test]
fn steps_equal_the_whole() {
    let rows = |text: &Vec<u32>| text.iter().map(|&t| [t as f32 * 0.3 - 1.0, (t % 3) as f32, 0.5]).collect::<Vec<_>>();
    for pieces in [&[1][..], &[3, 1, 7], &[20]] {
        let inputs = texts(4, 38, 11);
        on_devices!(|device| step_by_step(device, &*Causal::init(2), &inputs, pieces));
        let inputs: Vec<Vec<[f32; 3]>> = inputs.iter().map(rows).collect();
        on_devices!(|device| step_by_step(device, &*Running::init(3), &inputs, pieces));
        on_devices!(|device| step_by_step(device, &*Convolved::init(4), &inputs, pieces));
    }
}

#[test]
fn a_value_of_a_sample_is_used_with_each_row() {
    let inputs: Vec<MovedInput> =
        sequences().into_iter().zip(1..).map(|(x, i)| MovedInput { x, by: [i as f32, 0.5, -2.0] }).collect();
    let net = Moved::init(0);
    for (MovedInput { x, by }, rows) in inputs.iter().zip(net.predict(&inputs)) {
        assert_eq!(rows.len(), x.len());
        let factor: f32 = by.iter().sum();
        for (x, row) in x.iter().zip(rows) {
            for ((x, by), found) in x.iter().zip(by).zip(row) {
                let expected = (by - x) / by + x * factor;
                assert!((found - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{found} and {expected}");
            }
        }
    }
}

#[test]
fn each_sample_of_a_ragged_batch_is_as_alone() {
    let inputs = texts(6, 30, 9);
    let classifier = Classifier::init(4);
    for (input, output) in inputs.iter().zip(classifier.predict(&inputs)) {
        let alone = classifier.predict_one(input);
        assert!(alone.iter().zip(output).all(|(a, b)| (a - b).abs() < 1e-5), "{alone:?} and {output:?}");
    }
    let rows: Vec<Vec<[f32; 3]>> =
        inputs.iter().map(|text| text.iter().map(|&t| [t as f32 * 0.3 - 1.0, (t % 3) as f32, 0.5]).collect()).collect();
    let smoothed = Smoothed::init(4);
    for (input, output) in rows.iter().zip(smoothed.predict(&rows)) {
        close(&smoothed.predict_one(input), &output);
    }
    let pairs: Vec<TranslateInput> = texts(5, 12, 8)
        .into_iter()
        .zip(texts(5, 9, 7).into_iter().rev())
        .map(|(source, target)| TranslateInput { source, target })
        .collect();
    let translate = Translate::init(5);
    for (pair, output) in pairs.iter().zip(translate.predict(&pairs)) {
        assert_eq!(output.len(), pair.target.len());
        let alone = translate.predict_one(pair);
        let pairs = alone.iter().flatten().zip(output.iter().flatten());
        pairs.for_each(|(a, b)| assert!((a - b).abs() < 1e-5, "{a} and {b}"));
    }
}

#[test]
fn gradients_of_samples_add_up() {
    let inputs = texts(5, 20, 11);
    let targets: Vec<Vec<u32>> = inputs.iter().map(|text| text.iter().map(|t| (t * 3 + 1) % 11).collect()).collect();
    let net = Causal::init(6);
    on_devices!(|device| adds_up(device, &net, &inputs, &targets));
}

fn adds_up<D: Device>(device: D, net: &Causal, inputs: &[Vec<u32>], targets: &[Vec<u32>]) {
    let gradients = |inputs: &[Vec<u32>], targets: &[Vec<u32>]| {
        let mut training = net.training(device.clone(), inputs.len()).unwrap();
        training.forward(inputs).unwrap();
        training.loss(&CrossEntropy, targets).unwrap();
        training.backward();
        let mut to = Causal::init(0);
        training.gradients(&mut to).unwrap();
        to
    };
    let together = gradients(inputs, targets);
    let rows: usize = inputs.iter().map(Vec::len).sum();
    let mut sum = vec![0.0; Causal::PARAMETERS];
    for (input, target) in inputs.iter().zip(targets) {
        let alone = gradients(std::slice::from_ref(input), std::slice::from_ref(target));
        let share = input.len() as f32 / rows as f32;
        sum.iter_mut().zip(flat(from_ref(&*alone))).for_each(|(sum, d)| *sum += share * d);
    }
    let scale = sum.iter().fold(0.0_f32, |most, d| most.max(d.abs()));
    for (found, expected) in flat(from_ref(&*together)).iter().zip(&sum) {
        assert!((found - expected).abs() < 1e-5 * scale, "{found} and {expected} of {scale}");
    }
}

#[test]
fn several_sequences_train_together() {
    let inputs: Vec<TranslateInput> = texts(12, 12, 8)
        .into_iter()
        .map(|source| TranslateInput { target: source.iter().take(9).map(|t| t % 7).collect(), source })
        .collect();
    let targets = inputs.iter().map(|pair| pair.target.iter().rev().copied().collect()).collect();
    let data = Dataset::new(inputs, targets).unwrap();
    let mut net = Translate::init(3);
    let history =
        Trainer::new(Adam::new(0.01)).loss(CrossEntropy).epochs(60).batch_size(5).quiet().fit(&mut net, &data);
    let history = history.unwrap();
    let (first, last) = (history.epochs.first().unwrap(), history.epochs.last().unwrap());
    assert!(last.train.loss < 0.3 * first.train.loss, "{first:?} {last:?}");
}

#[test]
fn streams_have_typed_errors() {
    let net = Causal::init(1);
    let mut session = net.session(Cpu::new(), 2).unwrap();
    let error = session.state(3, 10).unwrap_err().to_string();
    assert_eq!(
        error,
        "`streams` of `Session::state` is 3; it must be from 1 to 2, the samples that the session was made for"
    );
    let error = session.state(1, 41).unwrap_err().to_string();
    assert_eq!(error, "`rows` of `Session::state` is 41; it must be from 1 to 40, the rows that the model declares");
    let mut state = session.state(2, 4).unwrap();
    let mut outputs = vec![Vec::new(); 2];
    session.step(&mut state, &[vec![1, 2, 3], vec![]], &mut outputs).unwrap();
    let mut refused =
        |inputs: &[Vec<u32>]| session.step(&mut state, inputs, &mut outputs[..inputs.len()]).unwrap_err().to_string();
    assert_eq!(refused(&[vec![1, 2], vec![]]), "sample 0: `tokens` has 5 rows, and at most 4 are declared");
    assert_eq!(
        refused(&[vec![1], vec![11]]),
        "sample 1: token 11 is out of range; with a vocabulary of 11, tokens are 0 to 10"
    );
    assert!(refused(&[vec![1]]).contains("found 1 inputs and 2"));
    // Nothing was lost: the streams go on.
    assert_eq!(state.lengths().collect::<Vec<_>>(), [3, 0]);
    session.step(&mut state, &[vec![4], vec![1, 2]], &mut outputs).unwrap();
    let whole = net.predict_one(&vec![1, 2, 3, 4]);
    assert!(outputs[0][0].iter().zip(whole[3]).all(|(a, b)| (a - b).abs() < 1e-5));
}

#[test]
fn states_forget_and_are_stored() {
    on_devices!(|device| forgets_and_is_stored(device));
}

fn forgets_and_is_stored<D: Device>(device: D) {
    let net = Causal::init(1);
    let mut session = net.session(device.clone(), 2).unwrap();
    let mut state = session.state(2, 20).unwrap();
    let mut outputs = vec![Vec::new(); 2];
    session.step(&mut state, &[vec![1, 2, 3, 4, 5], vec![6, 7]], &mut outputs).unwrap();
    state.truncate(0, 2).unwrap();
    let error = state.truncate(1, 3).unwrap_err().to_string();
    assert_eq!(error, "`rows` of `State::truncate` is 3; it must be at most 2, the rows of the stream");
    let bytes = state.to_bytes().unwrap();
    for mut state in [state, session.state_from_bytes(&bytes).unwrap()] {
        session.step(&mut state, &[vec![8, 9], vec![10]], &mut outputs).unwrap();
        for (found, whole) in outputs.iter().zip(net.predict(&[vec![1, 2, 8, 9], vec![6, 7, 10]])) {
            let pairs = found.iter().flatten().zip(whole[2..].iter().flatten());
            pairs.for_each(|(a, b)| assert!((a - b).abs() < 1e-5, "{a} and {b}"));
        }
    }
    // A state of another model, a damaged one, and one with more streams than there is place for.
    let other = Running::init(1);
    let mut running = other.session(device.clone(), 2).unwrap();
    let error = running.state_from_bytes(&bytes).unwrap_err();
    assert!(matches!(error, Error::Checkpoint { what: "model", .. }), "{error}");
    for cut in [0, 7, 100, bytes.len() / 2, bytes.len() - 1] {
        assert!(session.state_from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    let error = net.session(device.clone(), 1).unwrap().state_from_bytes(&bytes).unwrap_err();
    assert!(matches!(error, Error::Setting { setting: "streams", .. }), "{error}");
    // Recurrent layers and convolutions keep no record of single rows.
    let mut convolved = Convolved::init(1).session(device, 1).unwrap();
    let mut state = convolved.state(1, 9).unwrap();
    convolved.step(&mut state, &[vec![[0.5; 3]; 4]], &mut [Vec::new()]).unwrap();
    assert!(state.truncate(0, 2).is_err());
    let bytes = state.to_bytes().unwrap();
    let mut stored = convolved.state_from_bytes(&bytes).unwrap();
    let [mut next, mut again] = [vec![Vec::new()], vec![Vec::new()]];
    convolved.step(&mut state, &[vec![[0.25; 3]; 2]], &mut next).unwrap();
    convolved.step(&mut stored, &[vec![[0.25; 3]; 2]], &mut again).unwrap();
    assert_eq!(next, again);
    let mut state = running.state(1, 9).unwrap();
    running.step(&mut state, &[vec![[0.0; 3]; 4]], &mut [Vec::new()]).unwrap();
    let error = state.truncate(0, 2).unwrap_err().to_string();
    assert!(error.contains("0 or 4, since a layer of this model keeps no record of single rows"), "{error}");
    state.truncate(0, 0).unwrap();
    assert_eq!(state.lengths().collect::<Vec<_>>(), [0]);
}

#[test]
fn devices_agree_on_ragged_training() {
    let inputs = texts(7, 14, 9);
    let targets = inputs.iter().map(|text| text.len() as u32 % 2).collect();
    let data = Dataset::new(inputs, targets).unwrap();
    let mut losses: Vec<Vec<f64>> = Vec::new();
    on_devices!(|device| {
        // Other numbers of rows in every batch, and a short last one.
        let mut trainer = Trainer::new(Adam::new(0.01)).loss(CrossEntropy).on(device).epochs(3).batch_size(3).quiet();
        let history = trainer.fit(&mut Classifier::init(1), &data).unwrap();
        losses.push(history.epochs.iter().map(|epoch| epoch.train.loss).collect());
    });
    for other in &losses[1..] {
        let pairs = losses[0].iter().zip(other);
        pairs.for_each(|(cpu, cuda)| assert!((cpu - cuda).abs() < 1e-4, "{cpu} on the CPU and {cuda} on CUDA"));
    }
    assert!(losses[0][2] < losses[0][0]);
}

model! {
    /// Its output is the number of rows, as long as the weight is 1.
    Length(x: [.., 1]) -> [1] {
        x -> sum(axis: 0) -> dense(1, bias: false) as w
    }
}

/// Returns the mean of the lengths, or of their squares, in every batch of two epochs.
fn lengths_of_batches(loss: impl Loss<[f32; 1], Target = [f32; 1]>, similar: bool, seed: u64) -> Vec<f32> {
    let inputs: Vec<Vec<[f32; 1]>> = (0..203).map(|i| vec![[1.0]; i * 37 % 50 + 1]).collect();
    let data = Dataset::new(inputs, vec![[0.0]; 203]).unwrap();
    let (mut net, mut losses) = (Length::init(0), Vec::new());
    net.w.weight = [[1.0]];
    let trainer = Trainer::new(Sgd::new(0.0)).loss(loss).epochs(2).batch_size(8).seed(seed).quiet();
    trainer.similar_lengths(similar).on_step(|step| losses.push(step.loss)).fit(&mut net, &data).unwrap();
    losses
}

#[test]
fn batches_of_similar_lengths() {
    let variances = |similar| {
        let means = lengths_of_batches(dl::loss::Mae, similar, 5);
        let squares = lengths_of_batches(dl::loss::Mse, similar, 5);
        // Every sample is trained once in each epoch.
        let rows: f32 = (0..203).map(|i| (i * 37 % 50 + 1) as f32).sum();
        for epoch in means.chunks(26) {
            let found: f32 = epoch.iter().zip([8.0; 25].into_iter().chain([3.0])).map(|(mean, n)| mean * n).sum();
            assert!((found - rows).abs() < 1e-3 * rows, "{found} and {rows}");
        }
        let variances = means.iter().zip(squares).map(|(mean, square)| square - mean * mean);
        variances.sum::<f32>() / means.len() as f32
    };
    let (mixed, similar) = (variances(false), variances(true));
    assert!(similar < 0.05 * mixed, "the lengths of a batch have a variance of {similar}, and mixed ones of {mixed}");
    let lengths = |seed| lengths_of_batches(dl::loss::Mae, true, seed);
    let (first, again) = (lengths(5), lengths(5));
    assert_eq!(first, again);
    assert_ne!(first, lengths(6));
    // Each epoch has an order of its own.
    assert_ne!(first[..26], first[26..]);
}
