//! Is a film praised or panned? `cargo run --release --example sentiment -- --data DIR`.
//!
//! A GRU reads a sentence of a review in both directions, the mean and the maximum over its words sum it up, and a dense layer decides.
//! DIR has `rt-polarity.neg` and `rt-polarity.pos`, 10,662 sentences (Pang and Lee, "Seeing stars: exploiting class relationships for
//! sentiment categorization with respect to rating scales", 2005). Bidirectional networks are from Schuster and Paliwal, "Bidirectional
//! recurrent neural networks", 1997, and both kinds of pooling together from Howard and Ruder, "Universal language model fine-tuning for text
//! classification", 2018. Networks that know no words beforehand reach about 76 % (Kim, "Convolutional neural networks for sentence
//! classification", 2014). Prints the sentences that it is most sure about, and the accuracy on sentences that it has not seen.

use clap::Parser;
use common::data::{folder_or_skip, sentiments};
use common::words::Words;
use dl::data::Dataset;
use dl::prelude::*;
use dl::train::ConfusionMatrix;
use std::path::PathBuf;

/// Words that have a token.
const WORDS: usize = 8000;

model! {
    /// From the words of a sentence to the logits of panned and praised.
    pub Sentiment(words: u32[..]) -> [2] {
        let read = words -> embedding(WORDS, 64, init: normal(0.1)) -> dropout(0.5)
            -> gru(64, bidirectional: true);
        concat(read -> mean(axis: 0), read -> max(axis: 0)) -> dropout(0.5) -> dense(2)
    }
}

/// Tells whether sentences praise a film
#[derive(Parser)]
struct Options {
    /// Folder with `rt-polarity.neg` and `rt-polarity.pos`
    #[arg(long)]
    data: Option<PathBuf>,
    /// How often all sentences are seen at most
    #[arg(long, default_value_t = 15)]
    epochs: usize,
}

fn main() -> dl::Result<()> {
    let options = Options::parse();
    let folder = folder_or_skip(options.data.as_deref(), &["rt-polarity.neg", "rt-polarity.pos"]);
    let mut sentences = sentiments(&folder)?;
    sentences.shuffle(42);
    // Training ends by the validation part, so that part cannot tell how good the network is: the test part does.
    let (train, rest) = sentences.split(0.8);
    let (validation, test) = rest.split(0.5);
    let words = Words::of(&train.inputs, WORDS);
    let tokens = |set: &Dataset<String, u32>| {
        Dataset::new(set.inputs.iter().map(|text| words.encode(text)).collect(), set.targets.clone())
    };

    println!("{}", Sentiment::summary());
    let mut net = Sentiment::init(42);
    Trainer::new(Adam::new(1e-3))
        .loss(CrossEntropy)
        .epochs(options.epochs)
        .clip(Clip::Norm(1.0))
        .validate(&tokens(&validation)?)
        .early_stopping(3)
        .fit(&mut net, &tokens(&train)?)?;

    let outputs = net.predict(&tokens(&test)?.inputs);
    // By how much more likely it is that a film is praised.
    let praise = |i: &usize| outputs[*i][1] - outputs[*i][0];
    let mut order: Vec<usize> = (0..test.len()).collect();
    order.sort_by(|a, b| praise(a).total_cmp(&praise(b)));
    for (what, sentences) in [("panned", &order[..3]), ("praised", &order[order.len() - 3..])] {
        println!("\nmost certainly {what}:");
        sentences.iter().for_each(|i| println!("  {}", test.inputs[*i]));
    }
    let matrix = ConfusionMatrix::of(&outputs, &test.targets)?;
    println!("\n{}\naccuracy: {:.1}%", matrix.table(&["negative", "positive"])?, 100.0 * matrix.accuracy());
    Ok(())
}
