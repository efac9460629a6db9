//! What one task teaches about another: `cargo run --release --example transfer`.
//!
//! An encoder learns the digits 0 to 4, of which there are plenty of images. Then the digits 5 to 9 are to be learned from a hundred
//! images: by a whole network that starts from nothing; by one layer on the encoder, which is frozen; and by both, the encoder at a
//! tenth of the learning rate and only once the new layer has settled.

use common::{Options, accuracy};
use dl::data::{Dataset, Digit};
use dl::optim::Group;
use dl::prelude::*;

model! {
    /// From an image to what is worth knowing about it.
    pub Encoder(image: [1, 8, 8]) -> [64] {
        image
            -> conv2d(16, 3, padding: 1) -> relu
            -> conv2d(32, 3, padding: 1) -> relu -> max_pool2d(2)
            -> flatten -> dense(64) -> relu
    }

    /// The encoder and one layer, for five classes.
    pub Classifier(image: [1, 8, 8]) -> [5] { image -> Encoder as encoder -> dense(5) as head }
}

/// Images of the digits 5 to 9 that may be learned from.
const LABELLED: usize = 100;

fn main() -> dl::Result<()> {
    let options = Options::read_without_data();
    let epochs = options.epochs(60, 60);
    let digits = dl::data::digits();
    println!("{}", Classifier::summary());

    let mut source = Classifier::init(42);
    let history = Trainer::new(Adam::new(1e-3))
        .loss(CrossEntropy)
        .epochs(20)
        .quiet()
        .fit(&mut source, &five(&digits.train, 0)?)?;
    println!("digits 0 to 4: loss {:.4} after {} epochs", history.epochs[19].train.loss, history.epochs.len());

    let few = five(&digits.train, 5)?.split_at(LABELLED).0;
    let test = five(&digits.test, 5)?;
    let trainer = || Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).epochs(epochs).batch_size(20).quiet();
    let measured = |net: &Classifier| accuracy(&net.predict(&test.inputs), &test.targets);

    let mut scratch = Classifier::init(1);
    trainer().fit(&mut scratch, &few)?;

    let mut frozen = Classifier::init(1);
    frozen.encoder = source.encoder.clone();
    trainer().freeze("encoder.").fit(&mut frozen, &few)?;

    let mut tuned = Classifier::init(1);
    tuned.encoder = source.encoder.clone();
    let encoder = Group::new("encoder.").learning_rate_factor(0.1).frozen_until(epochs / 3);
    trainer().group(encoder).fit(&mut tuned, &few)?;

    println!("test accuracy on digits 5 to 9 after {LABELLED} labels");
    println!("from scratch: {:.1}%, fine-tuned: {:.1}%", measured(&scratch), measured(&tuned));
    println!("frozen encoder: {:.1}%", measured(&frozen));
    Ok(())
}

/// The five digits from `first` on, as classes 0 to 4.
fn five(data: &Dataset<Digit, u32>, first: u32) -> dl::Result<Dataset<Digit, u32>> {
    let chosen = data.inputs.iter().zip(&data.targets).filter(|(_, digit)| (first..first + 5).contains(digit));
    let (images, classes) = chosen.map(|(image, digit)| (*image, digit - first)).unzip();
    Dataset::new(images, classes)
}
