//! GPT-2 as it was published: `cargo run --release --features tokenizers --example gpt2 -- --model FOLDER --prompt "…"`.
//!
//! The folder is one of the Python library `transformers`, with `model.safetensors` and `tokenizer.json`. The keys and values of earlier
//! tokens stay in a state, so that each new token costs one reading of the weights. `--random` needs no folder: it measures how fast
//! tokens come with random weights, and their text means nothing. Source: Radford et al., "Language models are unsupervised multitask
//! learners", 2019.

use clap::Parser;
use common::data::folder_of_option_or_skip;
use dl::data::text::{DecodeStream, Tokenizer, TokenizerJson};
use dl::io::{Load, transformers};
use dl::prelude::*;
use dl::sampling::Sampler;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

model! {
    const CONTEXT: usize = 1024; const WIDTH: usize = 768; const VOCABULARY: usize = 50257;

    /// The smallest of the four models, with the names that the rules for its files expect.
    pub Gpt2(tokens: u32[..=CONTEXT]) -> [.., VOCABULARY] {
        tokens -> embedding(VOCABULARY, WIDTH) as wte -> learned_positions as wpe
            -> repeat 12 {
                residual { layer_norm as norm1 -> attention(heads: 12, causal: true) as attn }
                    -> residual {
                        layer_norm as norm2 -> dense(4 * WIDTH) as up -> gelu(approximate: tanh) -> dense(WIDTH) as down
                    }
            } as layers
            -> layer_norm as norm -> unembedding(wte)
    }
}

const _: () = assert!(Gpt2::PARAMETERS == 124_439_808);

/// Writes on after a prompt.
#[derive(Parser)]
struct Options {
    /// Folder with `model.safetensors` and `tokenizer.json`
    #[arg(long)]
    model: Option<PathBuf>,
    /// Takes random weights, to measure the speed
    #[arg(long)]
    random: bool,
    /// How the text begins
    #[arg(long, default_value = "In a shocking finding, scientists discovered a herd of unicorns")]
    prompt: String,
    /// Tokens to write
    #[arg(long, default_value_t = 100)]
    tokens: usize,
    /// 0 always takes the most likely token
    #[arg(long, default_value_t = 0.8)]
    temperature: f64,
    /// Seed of the text
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> dl::Result<()> {
    let options = Options::parse();
    let (net, tokenizer) = if options.random {
        (Gpt2::init(42), None)
    } else {
        let folder =
            folder_of_option_or_skip("--model", options.model.as_deref(), &["model.safetensors", "tokenizer.json"]);
        let net: Box<Gpt2> = Load::new().rules(transformers::gpt2()).load(folder.join("model.safetensors"))?;
        (net, Some(TokenizerJson::open(folder.join("tokenizer.json"))?))
    };
    let prompt = match &tokenizer {
        Some(tokenizer) => tokenizer.encode(&options.prompt)?,
        None => (0..16).collect(),
    };
    let end = tokenizer.as_ref().and_then(|tokenizer| tokenizer.token("<|endoftext|>"));

    let mut session = net.session(Cpu::new(), 1)?;
    // The session has the weights too.
    drop(net);
    let mut state = session.state(1, (prompt.len() + options.tokens).min(1024))?;
    let mut outputs = [Vec::new()];
    let (mut seen, mut first) = (0, Duration::ZERO);
    let mut sampler = match options.temperature {
        0.0 => Sampler::greedy(),
        temperature => Sampler::new(options.seed).temperature(temperature).top_k(40),
    };
    let start = Instant::now();
    let mut drawn = sampler.generate(&prompt, options.tokens, |tokens| {
        session.step(&mut state, &[tokens[seen..].to_vec()], &mut outputs)?;
        if seen == 0 {
            first = start.elapsed();
        }
        seen = tokens.len();
        Ok(*outputs[0].last().expect("a row for the newest token"))
    });
    drawn = drawn.stop_at(end);
    let mut stream = tokenizer.as_ref().map(DecodeStream::new);
    if stream.is_some() {
        print!("{}", options.prompt);
    }
    let mut count = 0;
    for token in &mut drawn {
        let token = token?;
        count += 1;
        if let Some(stream) = &mut stream {
            print!("{}", stream.push(token)?);
            std::io::stdout().flush().expect("an open console");
        }
    }
    drop(drawn);
    // The first token waits for the whole prompt.
    let seconds = (start.elapsed() - first).as_secs_f64();
    println!("\nthe prompt of {} tokens: {:.2} seconds", prompt.len(), first.as_secs_f64());
    println!("{count} tokens, {:.1} tokens a second", f64::from(count - 1) / seconds);
    Ok(())
}
