//! T4, T5 and I1 of a GPT: recurrent networks and a transformer, trained on whole sequences, and predicted whole or token by token.

use crate::measure::Report;
use crate::networks::sample;
use dl::loss::{CrossEntropy, Loss};
use dl::optim::{Adam, AdamW};
use dl::prelude::*;
use dl::{Pack, Steps};

/// Rows of a sequence of T4, and of T5.
const STEPS: usize = 64;
const CONTEXT: usize = 128;
const VOCABULARY: usize = 65;

model! {
    /// T4: the last row of an LSTM decides.
    pub LastOfLstm(x: [STEPS, 32]) -> [10] { x -> lstm(128) -> last -> dense(10) }

    /// T4 with a GRU.
    pub LastOfGru(x: [STEPS, 32]) -> [10] { x -> gru(128) -> last -> dense(10) }

    /// The same for sequences of different lengths.
    pub RaggedLstm(x: [..=STEPS, 32]) -> [10] { x -> lstm(128) -> last -> dense(10) }
}

model! {
    const D: usize = 128;

    block layer(x) {
        x -> residual { layer_norm -> attention(4, causal: true) }
          -> residual { layer_norm -> dense(4 * D) -> gelu -> dense(D) }
    }

    /// T5: a small GPT.
    pub Gpt(tokens: u32[..=CONTEXT]) -> [.., VOCABULARY] {
        tokens -> embedding(VOCABULARY, D) -> learned_positions -> repeat 4 { layer } -> layer_norm -> dense(VOCABULARY, bias: false)
    }
}

model! {
    const WIDTH: usize = 768;

    block big_layer(x) {
        x -> residual { layer_norm -> attention(12, causal: true) }
          -> residual { layer_norm -> dense(4 * WIDTH) -> gelu(approximate: tanh) -> dense(WIDTH) }
    }

    /// GPT-2 of 124 million weights.
    pub Gpt2(tokens: u32[..=1024]) -> [.., 50257] {
        tokens -> embedding(50257, WIDTH) as wte -> learned_positions -> repeat 12 { big_layer } -> layer_norm -> unembedding(wte)
    }
}

/// Measures the networks that are wanted.
pub fn run(report: &Report) {
    last_row::<LastOfLstm>(report, "T4_lstm");
    last_row::<LastOfGru>(report, "T4_gru");
    ragged(report, "T4_lstm_ragged");
    let texts: Vec<Vec<u32>> = (0..16).map(|text| tokens(text, CONTEXT)).collect();
    let next: Vec<Vec<u32>> = (0..16).map(|text| tokens(text + 1, CONTEXT)).collect();
    step::<Gpt, _, _>(report, "T5", &texts, &next, &AdamW::new(1e-3));
    whole(report, "I1_gpt");
    if report.wants("I1_gpt_token") {
        next_token(report, "I1_gpt_token", &*Gpt::init(1), tokens(1, CONTEXT - 1));
    }
    if report.wants("I1_gpt2_token") {
        next_token(report, "I1_gpt2_token", &*Gpt2::init(1), tokens(1, CONTEXT - 1));
    }
}

fn tokens(seed: usize, len: usize) -> Vec<u32> {
    (0..len).map(|i| ((i * 31 + seed * 17 + i * i * 7) % VOCABULARY) as u32).collect()
}

/// A training step on 32 sequences of one length.
fn last_row<M: Model<Input = [[f32; 32]; STEPS], Output = [f32; 10]>>(report: &Report, work: &str) {
    let inputs: Vec<[[f32; 32]; STEPS]> = (0..32).map(sample).collect();
    let targets: Vec<u32> = (0..32).map(|i| i * 7 % 10).collect();
    step::<M, _, _>(report, work, &inputs, &targets, &Adam::new(1e-3));
}

/// A training step on 32 sequences of 1 to 64 rows, half as many rows in all.
fn ragged(report: &Report, work: &str) {
    let row = |i: usize| sample::<[f32; 32]>(i);
    let inputs: Vec<Vec<[f32; 32]>> = (0..32).map(|i| (0..2 * i + 1).map(|t| row(i + t)).collect()).collect();
    let targets: Vec<u32> = (0..32).map(|i| i * 7 % 10).collect();
    step::<RaggedLstm, _, _>(report, work, &inputs, &targets, &Adam::new(1e-3));
}

/// Forward, loss, backward and update, as in a hand-written loop.
fn step<M, T, O>(report: &Report, work: &str, inputs: &[M::Input], targets: &[T], optimizer: &O)
where
    M: Model,
    M::Output: Pack<Like<u32> = T>,
    CrossEntropy: Loss<<M::Output as Pack>::Row, Target = u32>,
    O: Optimizer,
{
    if !report.wants(work) {
        return;
    }
    let mut training = Training::on(report.device(), &*M::init(1), inputs.len()).expect("memory");
    report.measure(work, "dl", 0.0, || {
        training.forward(inputs).expect("a batch");
        let loss = training.loss(&CrossEntropy, targets).expect("finite numbers");
        training.backward();
        training.step(optimizer).expect("finite numbers");
        loss
    });
}

/// The whole context at once.
fn whole(report: &Report, work: &str) {
    if report.wants(work) {
        let text = tokens(1, CONTEXT);
        let mut session = Session::on(report.device(), &*Gpt::init(1), 1).expect("memory");
        report.measure(work, "dl", 0.0, || {
            session.predict_one(std::hint::black_box(&text));
        });
    }
}

/// One token after 127, against the state.
fn next_token<M: Steps<Input = Vec<u32>>>(report: &Report, work: &str, net: &M, prompt: Vec<u32>) {
    let mut session = Session::on(report.device(), net, 1).expect("memory");
    let mut state = session.state(1, CONTEXT).expect("memory");
    let mut outputs = M::Output::samples(1);
    session.step(&mut state, &[prompt], &mut outputs).expect("a prompt");
    let next = [vec![7]];
    report.measure(work, "dl", 0.0, || {
        session.step(&mut state, &next, &mut outputs).expect("a token");
        state.truncate(0, CONTEXT - 1).expect("attention remembers every row");
    });
}
