//! A small GPT that writes like Shakespeare: `cargo run --release --example shakespeare -- --data DIR`.
//!
//! A causal transformer of 0.8 million weights learns to predict the next character of the plays (Karpathy's `tinyshakespeare`,
//! `input.txt`): nine tenths to learn from, the last tenth to measure. Then it writes on its own, one character after the other: the keys
//! and values of earlier characters stay in a state, so that each step computes one row.

use clap::Parser;
use common::data::{folder_or_skip, text};
use dl::data::Dataset;
use dl::data::text::{Characters, DecodeStream, Tokenizer, windows};
use dl::optim::schedule::{Cosine, WarmUp};
use dl::prelude::*;
use dl::sampling::Sampler;
use std::io::Write;
use std::path::PathBuf;

/// Characters of the vocabulary.
const VOCABULARY: usize = 65;
/// The most characters that the model looks back on.
const CONTEXT: usize = 128;

model! {
    /// Numbers of a row.
    const WIDTH: usize = 128;

    /// Predicts the next character at each position.
    pub Gpt(text: u32[..=CONTEXT]) -> [.., VOCABULARY] {
        text -> embedding(VOCABULARY, WIDTH, init: normal(0.02)) -> learned_positions(CONTEXT)
            -> repeat 4 {
                residual { layer_norm -> attention(heads: 4, causal: true) }
                    -> residual { layer_norm -> dense(4 * WIDTH) -> gelu -> dense(WIDTH) }
            } as layers
            -> layer_norm -> dense(VOCABULARY, bias: false) as head
    }
}

/// Learns to write from tinyshakespeare.
#[derive(Parser)]
struct Options {
    /// Folder with `input.txt`
    #[arg(long)]
    data: Option<PathBuf>,
    /// Steps of training; the default takes minutes on two cores
    #[arg(long, default_value_t = 2400)]
    steps: usize,
    /// Sequences of a step
    #[arg(long, default_value_t = 16)]
    batch: usize,
    /// Characters to write
    #[arg(long, default_value_t = 500)]
    characters: usize,
    /// How the text begins
    #[arg(long, default_value = "ROMEO:\n")]
    prompt: String,
    /// Seed of the text
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> dl::Result<()> {
    let options = Options::parse();
    let folder = folder_or_skip(options.data.as_deref(), &["input.txt"]);
    let text = text(&folder.join("input.txt"))?;
    let characters = Characters::of(&text);
    assert_eq!(characters.vocabulary(), VOCABULARY, "characters of another text");
    let tokens = characters.encode(&text)?;
    let (train, validation) = tokens.split_at(tokens.len() / 10 * 9);

    // As many windows as the steps of an epoch need, at equal distances over the whole text.
    let epochs = 4;
    let wanted = (options.steps * options.batch / epochs).max(1);
    let train = sequences(train, (train.len() / wanted).max(1))?;
    let validation = sequences(validation, CONTEXT)?;

    println!("{}", Gpt::summary());
    let mut net = Gpt::init(42);
    let steps = (train.len().div_ceil(options.batch) * epochs) as f64;
    let warm_up = (0.05 * steps).min(100.0);
    let history = Trainer::new(AdamW::new(2e-3).betas(0.9, 0.99).weight_decay(0.1))
        .loss(CrossEntropy)
        .schedule(WarmUp::over(warm_up).from(0.01).then(Cosine::over(steps - warm_up).floor(0.05)))
        .clip(Clip::Norm(1.0))
        .batch_size(options.batch)
        .epochs(epochs)
        .validate(&validation)
        .fit(&mut net, &train)?;

    write(&net, &characters, &options)?;
    let last = history.last().and_then(|epoch| epoch.validation.as_ref()).expect("an epoch with validation");
    println!("validation loss: {:.3}", last.loss);
    Ok(())
}

/// Sequences of characters, each with the characters that follow.
fn sequences(tokens: &[u32], stride: usize) -> dl::Result<Dataset<Vec<u32>, Vec<u32>>> {
    let windows = windows::<CONTEXT>(tokens, stride)?;
    let lists = |windows: Vec<[u32; CONTEXT]>| windows.iter().map(|window| window.to_vec()).collect();
    Dataset::new(lists(windows.inputs), lists(windows.targets))
}

/// Writes a text as it is drawn.
fn write(net: &Gpt, characters: &Characters, options: &Options) -> dl::Result<()> {
    let prompt = characters.encode(&options.prompt)?;
    let mut session = net.session(Cpu::new(), 1)?;
    let mut state = session.state(1, CONTEXT)?;
    let mut outputs = [Vec::new()];
    // The number of characters that the state has seen of the text.
    let mut seen = 0;
    let mut sampler = Sampler::new(options.seed).temperature(0.8).top_k(20);
    let drawn = sampler.generate(&prompt, options.characters, |text| {
        if state.lengths().sum::<usize>() + text.len() - seen > CONTEXT {
            // The context is full: the state begins again with its second half.
            state.clear();
            seen = text.len() - text.len().min(CONTEXT / 2);
        }
        session.step(&mut state, &[text[seen..].to_vec()], &mut outputs)?;
        seen = text.len();
        Ok(*outputs[0].last().expect("a row for the newest character"))
    });
    let mut stream = DecodeStream::new(characters);
    print!("{}", options.prompt);
    for token in drawn {
        print!("{}", stream.push(token?)?);
        std::io::stdout().flush().expect("an open console");
    }
    println!("\n");
    Ok(())
}
