//! Transfer learning, in which one task teaches about another: `cargo run --release --example transfer`.
//!
//! An encoder learns to tell ten digits apart, of which there are plenty of images with labels. Then another question is asked, with a
//! hundred answers to learn from: can the number be divided by three? A whole network learns it from nothing; a head of two layers learns it
//! on the encoder, which is frozen; and both learn it, the encoder at a tenth of the learning rate, once the head has settled.

use common::{Options, accuracy};
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

    /// Which digit is it?
    pub Reader(image: [1, 8, 8]) -> [10] { image -> Encoder as encoder -> dense(10) }

    /// Can the number be divided by three?
    pub Divider(image: [1, 8, 8]) -> [2] {
        image -> Encoder as encoder -> dense(32) -> relu -> dense(2)
    }
}

/// Images with an answer to the second question.
const ANSWERED: usize = 100;

fn main() -> dl::Result<()> {
    let options = Options::read_without_data();
    let epochs = options.epochs(100, 100);
    let digits = dl::data::digits();
    println!("{}", Divider::summary());

    let mut reader = Reader::init(42);
    Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).epochs(20).quiet().fit(&mut reader, &digits.train)?;
    let right = accuracy(&reader.predict(&digits.test.inputs), &digits.test.targets);
    println!("test accuracy of the ten digits: {right:.1}%");

    let divisible = |digit: &u32, answer: &mut u32| *answer = u32::from(digit.is_multiple_of(3));
    let answered = digits.train.map_targets(divisible).split_at(ANSWERED).0;
    let test = digits.test.map_targets(divisible);
    let trainer = || Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).epochs(epochs).batch_size(20).quiet();
    let measured = |net: &Divider| accuracy(&net.predict(&test.inputs), &test.targets);

    let mut scratch = Divider::init(1);
    trainer().fit(&mut scratch, &answered)?;

    let mut frozen = Divider::init(1);
    frozen.encoder.copy_from(&reader.encoder);
    trainer().freeze("encoder.").fit(&mut frozen, &answered)?;

    let mut tuned = Divider::init(1);
    tuned.encoder.copy_from(&reader.encoder);
    let encoder = Group::new("encoder.").learning_rate_factor(0.1).frozen_for(epochs / 3);
    trainer().group(encoder).fit(&mut tuned, &answered)?;

    println!("test accuracy of what can be divided by three, after {ANSWERED} answers:");
    println!("from scratch {:.1}%, fine-tuned {:.1}%", measured(&scratch), measured(&tuned));
    println!("frozen encoder {:.1}%", measured(&frozen));
    Ok(())
}
