//! A network that invents first names: `cargo run --release --example names -- --data DIR`.
//!
//! It reads names letter by letter and learns which letter comes next, or that the name ends. Then it writes: a letter is drawn from what it
//! expects, shown to it, and so on. DIR has `names.txt` of github.com/karpathy/makemore, 32,000 names of the US Social Security
//! Administration; the idea is that of Sutskever, Martens and Hinton, "Generating text with recurrent neural networks", 2011, and of
//! Karpathy's makemore. Prints twenty names that it invented, and the cross entropy of a letter of names that it has not learned from.

use clap::Parser;
use common::data::{folder_or_skip, text};
use dl::data::Dataset;
use dl::data::text::{Characters, Tokenizer};
use dl::optim::schedule::Cosine;
use dl::prelude::*;
use dl::sampling::Sampler;
use std::collections::BTreeSet;
use std::path::PathBuf;

model! {
    /// The letters a to z, and the line break that begins and ends a name.
    const LETTERS: usize = 27;

    /// Expects the next letter after each one.
    pub Names(letters: u32[..]) -> [.., LETTERS] {
        letters -> embedding(LETTERS, 32) -> gru(128) -> dropout(0.1) -> dense(LETTERS)
    }
}

/// The token of the line break, the first of all characters.
const END: u32 = 0;
/// The most letters of an invented name.
const MOST: usize = 20;

/// Invents first names
#[derive(Parser)]
struct Options {
    /// Folder with `names.txt`
    #[arg(long)]
    data: Option<PathBuf>,
    /// How often all names are seen
    #[arg(long, default_value_t = 12)]
    epochs: usize,
    /// Below 1 it writes more common names, above 1 stranger ones
    #[arg(long, default_value_t = 0.8)]
    temperature: f64,
    /// Seed of the names that are invented
    #[arg(long, default_value_t = 42)]
    seed: u64,
}

fn main() -> dl::Result<()> {
    let options = Options::parse();
    let text = text(&folder_or_skip(options.data.as_deref(), &["names.txt"]).join("names.txt"))?;
    // Each name once, or many names of the validation part would be known from the training part.
    let known: BTreeSet<&str> = text.lines().map(str::trim).filter(|name| !name.is_empty()).collect();
    let characters = Characters::of(&text);
    let mut names = Dataset::default();
    for name in &known {
        // Every letter is a target, and so is the end.
        let tokens = characters.encode(&format!("\n{name}\n"))?;
        names.inputs.push(tokens[..tokens.len() - 1].to_vec());
        names.targets.push(tokens[1..].to_vec());
    }
    names.shuffle(42);
    let (train, validation) = names.split(0.9);

    println!("{}", Names::summary());
    let mut net = Names::init(42);
    let history = Trainer::new(AdamW::new(4e-3))
        .loss(CrossEntropy)
        .epochs(options.epochs)
        .batch_size(64)
        .schedule_by_epoch(Cosine::over(options.epochs as f64))
        .validate(&validation)
        .fit(&mut net, &train)?;

    let mut sampler = Sampler::new(options.seed).temperature(options.temperature);
    let mut session = net.session(Cpu::new(), 1)?;
    let mut state = session.state(1, MOST)?;
    let mut output = [Vec::new()];
    println!("\ntwenty names, with * those that are in the file:");
    for _ in 0..20 {
        state.clear();
        let letters = sampler.generate(&[END], MOST, |letters| {
            // The state knows the letters before the last: only that one is new.
            let new = letters[letters.len() - 1..].to_vec();
            session.step(&mut state, &[new], &mut output).map(|()| output[0][0])
        });
        let name = characters.decode(&letters.stop_at([END]).collect::<dl::Result<Vec<u32>>>()?)?;
        println!("  {name}{}", if known.contains(&*name) { " *" } else { "" });
    }
    let last = history.last().and_then(|epoch| epoch.validation.as_ref()).expect("an epoch with validation");
    println!("\nvalidation loss: {:.3}", last.loss);
    Ok(())
}
