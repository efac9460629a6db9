//! From English to French: `cargo run --release --example translate -- --data DIR`.
//!
//! A transformer with an encoder and a decoder (Vaswani et al., "Attention is all you need", NeurIPS 2017) learns from short sentences of
//! Tatoeba. The decoder sees the translation so far, and predicts its next token; in training it sees the right one. Then it translates
//! sentences that were kept back, always taking the likeliest token. A translation counts as right if a person gave the very same one.
//! Draws where the decoder looks while it translates a sentence. After 7 minutes of one core it says `translated right: 24.1%`; many other
//! translations are right too, but nobody gave them.

use clap::Parser;
use common::data::{folder_or_skip, pairs};
use common::save_heat_map;
use dl::data::Dataset;
use dl::data::text::{BytePairs, Tokenizer};
use dl::io::{Load, Rules};
use dl::optim::schedule::{Cosine, WarmUp};
use dl::prelude::*;
use dl::random::Rng;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Tokens of each language: parts of words, and the two below.
const VOCABULARY: usize = 2000;
/// Begins a translation.
const START: u32 = VOCABULARY as u32 - 2;
/// Ends it.
const END: u32 = VOCABULARY as u32 - 1;
/// The most tokens of a sentence, more than the longest has.
const LONGEST: usize = 40;
/// Numbers of a row.
const WIDTH: usize = 128;
/// Heads of each attention.
const HEADS: usize = 4;

model! {
    const RATE: f32 = 0.1;

    block feed_forward(x) {
        x -> residual { layer_norm -> dense(2 * WIDTH) -> relu -> dense(WIDTH) -> dropout(RATE) }
    }

    /// Reads a sentence.
    pub Encoder(source: u32[..=LONGEST]) -> [.., WIDTH] {
        source -> embedding(VOCABULARY, WIDTH, init: normal(0.05)) -> learned_positions -> dropout(RATE)
            -> repeat 2 { residual { layer_norm -> attention(heads: HEADS) -> dropout(RATE) } -> feed_forward } as layers
            -> layer_norm
    }

    /// Predicts the next token after each of a translation.
    pub Translate(source: u32[..=LONGEST], target: u32[..=LONGEST]) -> [target.., VOCABULARY] {
        let memory = source -> Encoder as encoder;
        target -> embedding(VOCABULARY, WIDTH, init: normal(0.05)) as words -> learned_positions as positions -> dropout(RATE)
            -> repeat 2 {
                residual { layer_norm -> attention(heads: HEADS, causal: true) -> dropout(RATE) }
                    -> residual { layer_norm as norm -> cross_attention(memory, heads: HEADS) as cross -> dropout(RATE) }
                    -> feed_forward
            } as layers
            -> layer_norm as norm -> unembedding(words)
    }

    /// The same up to the queries and keys with which the first layer of the decoder looks at the sentence.
    pub Looks(source: u32[..=LONGEST], target: u32[..=LONGEST]) -> (queries: [target.., WIDTH], keys: [source.., WIDTH]) {
        let memory = source -> Encoder as encoder;
        let rows = target -> embedding(VOCABULARY, WIDTH) as words -> learned_positions as positions
            -> residual { layer_norm as norm1 -> attention(heads: HEADS, causal: true) as attention1 };
        (rows -> layer_norm as norm2 -> dense(WIDTH) as q, memory -> dense(WIDTH) as k)
    }
}

/// Learns to translate short sentences.
#[derive(Parser)]
struct Options {
    /// Folder with `fra.txt.gz`
    #[arg(long)]
    data: Option<PathBuf>,
    /// English sentences to learn from
    #[arg(long, default_value_t = 100_000)]
    sentences: usize,
    /// Passes over them
    #[arg(long, default_value_t = 12)]
    epochs: usize,
    /// Folder to write the picture to
    #[arg(long, default_value = "target/pictures")]
    out: PathBuf,
}

/// An English sentence with all its translations.
type Sentence = (String, Vec<String>);

fn main() -> dl::Result<()> {
    let options = Options::parse();
    let folder = folder_or_skip(options.data.as_deref(), &["fra.txt.gz"]);
    let (train, test) = sentences(pairs(&folder.join("fra.txt.gz"))?, options.sentences);
    // The vocabularies are those of the sentences to learn from.
    let join = |texts: Vec<&str>| BytePairs::train(&texts.join("\n"), START as usize);
    let english = join(train.iter().map(|(english, _)| &**english).collect())?;
    let french = join(train.iter().flat_map(|(_, french)| french).map(|french| &**french).collect())?;

    let mut data = Dataset::default();
    for (source, translations) in &train {
        for translation in translations {
            let mut target = vec![START];
            target.extend(french.encode(translation)?);
            let next = target[1..].iter().copied().chain([END]).collect();
            let source = english.encode(source)?;
            if source.len() <= LONGEST && target.len() <= LONGEST {
                data.inputs.push(TranslateInput { source, target });
                data.targets.push(next);
            }
        }
    }
    println!("{}", Translate::summary());
    println!("{} pairs to learn from, {} sentences to translate", data.len(), test.len());
    let mut net = Translate::init(42);
    let batch = 64;
    let steps = (data.len().div_ceil(batch) * options.epochs) as f64;
    Trainer::new(AdamW::new(2e-3).betas(0.9, 0.98).weight_decay(0.05))
        .loss(CrossEntropy.label_smoothing(0.1))
        .schedule(WarmUp::over(0.1 * steps).from(0.01).then(Cosine::over(0.9 * steps).floor(0.02)))
        .clip(Clip::Norm(1.0))
        .batch_size(batch)
        .epochs(options.epochs)
        .fit(&mut net, &data)?;

    let sources: Vec<Vec<u32>> = test.iter().map(|(text, _)| english.encode(text)).collect::<dl::Result<_>>()?;
    let translations = translate(&net, &sources)?;
    let texts = translations.iter().map(|tokens| french.decode(tokens)).collect::<dl::Result<Vec<_>>>()?;
    for ((english, french), found) in test.iter().zip(&texts).take(10) {
        let verdict = if french.contains(found) { "right".into() } else { format!("people say:{}", french.join(" /")) };
        println!("{english} →{found}   ({})", verdict.trim());
    }
    draw(&net, &sources, &translations, [&english, &french], &options)?;
    let right = test.iter().zip(&texts).filter(|((_, french), found)| french.contains(found)).count();
    println!("translated right: {:.1}%", 100.0 * right as f64 / test.len() as f64);
    Ok(())
}

/// Sentences of at most six words with their translations, as many as wanted, and a thousand others to test with.
fn sentences(pairs: Vec<(String, String)>, wanted: usize) -> (Vec<Sentence>, Vec<Sentence>) {
    // Each word has its space before it, the first one too; and spaces and apostrophes are of one kind.
    let text = |text: &str| {
        let text = text.to_lowercase().replace('’', "'");
        text.split_whitespace().map(|word| format!(" {word}")).collect::<String>()
    };
    let mut sentences: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (english, french) in pairs {
        let (english, french) = (text(&english), text(&french));
        if english.matches(' ').count() <= 6 && french.matches(' ').count() <= 8 {
            sentences.entry(english).or_default().push(french);
        }
    }
    let mut sentences: Vec<Sentence> = sentences.into_iter().collect();
    Rng::new(42).shuffle(&mut sentences);
    let test = sentences.split_off(sentences.len() - 1000);
    sentences.truncate(wanted);
    (sentences, test)
}

/// Translates sentences, each time with the likeliest next token, until all have ended.
fn translate(net: &Translate, sources: &[Vec<u32>]) -> dl::Result<Vec<Vec<u32>>> {
    let mut session = net.session(Cpu::new(), 64)?;
    let mut translations = vec![Vec::new(); sources.len()];
    let input = |(at, source): (usize, &Vec<u32>)| (at, TranslateInput { source: source.clone(), target: vec![START] });
    let mut open: Vec<_> = sources.iter().enumerate().map(input).collect();
    for _ in 1..LONGEST {
        let (places, mut inputs): (Vec<_>, Vec<_>) = open.into_iter().unzip();
        let mut outputs = vec![Vec::new(); inputs.len()];
        session.predict_into(&inputs, &mut outputs)?;
        for (input, output) in inputs.iter_mut().zip(&outputs) {
            input.target.push(likeliest(output.last().expect("a row for the newest token")));
        }
        let (ended, going): (Vec<_>, Vec<_>) =
            places.into_iter().zip(inputs).partition(|(_, input)| input.target.ends_with(&[END]));
        for (at, input) in ended {
            translations[at] = input.target[1..input.target.len() - 1].to_vec();
        }
        open = going;
    }
    // What has not ended by now counts as it is.
    open.into_iter().for_each(|(at, input)| translations[at] = input.target[1..].to_vec());
    Ok(translations)
}

/// The token of the largest logit.
fn likeliest(logits: &[f32]) -> u32 {
    (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).map_or(END, |token| token as u32)
}

/// Draws what the decoder looks at while it translates the longest of the ten sentences: a row for each token of the translation (the last
/// one ends it), a column for each of the sentence.
fn draw(
    net: &Translate,
    sources: &[Vec<u32>],
    translations: &[Vec<u32>],
    languages: [&BytePairs; 2],
    options: &Options,
) -> dl::Result<()> {
    // The names of the layers that both models have are the same, but for those of the first layer of the decoder.
    let first = Rules::new()
        .rename("layers.0.layer_norm1.*", "norm1.*")
        .rename("layers.0.attention1.*", "attention1.*")
        .rename("layers.0.norm.*", "norm2.*")
        .rename("layers.0.cross.q.*", "q.*")
        .rename("layers.0.cross.k.*", "k.*");
    let looks: Box<Looks> = Load::new().rules(first).allow_unexpected(true).from_bytes(&net.to_bytes()?)?;
    let longest = (0..10).max_by_key(|&i| sources[i].len()).expect("ten sentences");
    let (source, translation) = (sources[longest].clone(), &translations[longest]);
    // What the decoder looks from is the token before each of the translation.
    let target = [START].into_iter().chain(translation.iter().copied()).collect();
    let LooksOutput { queries, keys } = *looks.predict_one(&LooksInput { source: source.clone(), target });
    let numbers: Vec<Vec<f32>> = queries.iter().map(|query| attention(query, &keys)).collect();
    std::fs::create_dir_all(&options.out).map_err(|source| dl::Error::Io { path: options.out.clone(), source })?;
    let words = |tokens: &[u32], tokenizer: &BytePairs| -> dl::Result<Vec<String>> {
        tokens.iter().map(|token| tokenizer.decode(&[*token])).collect()
    };
    let (columns, mut rows) = (words(&source, languages[0])?, words(translation, languages[1])?);
    rows.push("end".into());
    save_heat_map(options.out.join("translate-attention.svg"), &rows, &columns, &numbers)
}

/// The probabilities with which a query looks at keys, as a mean over the heads.
fn attention(query: &[f32; WIDTH], keys: &[[f32; WIDTH]]) -> Vec<f32> {
    let size = WIDTH / HEADS;
    let mut mean = vec![0.0; keys.len()];
    for head in 0..HEADS {
        let part = head * size..(head + 1) * size;
        let score = |key: &[f32; WIDTH]| {
            let products = query[part.clone()].iter().zip(&key[part.clone()]).map(|(q, k)| q * k);
            (products.sum::<f32>() / (size as f32).sqrt()).exp()
        };
        let scores: Vec<f32> = keys.iter().map(score).collect();
        let sum = HEADS as f32 * scores.iter().sum::<f32>();
        mean.iter_mut().zip(scores).for_each(|(mean, score)| *mean += score / sum);
    }
    mean
}
