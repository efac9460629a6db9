//! Trains the network of the page on MNIST: `cargo run --release --package train -- DIR`, with the four files of MNIST in `DIR`. Every
//! image is turned, scaled and moved a little, as people draw.

#[path = "../src/model.rs"]
mod model;

use dl::data::augment::Affine;
use dl::optim::schedule::Cosine;
use dl::prelude::*;
use model::Digit;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder has the files of MNIST?")?;
    let mnist = dl::data::mnist(folder)?;
    let affine = Affine::new(12.0, 0.85..=1.15, 2.0)?;
    let train = mnist.train.augmented(|image, rng, to| {
        *to = *image;
        affine.apply(to, rng);
    });
    println!("{}", Digit::summary());
    let mut net = Digit::init(42);
    Trainer::new(Adam::new(2e-3))
        .loss(CrossEntropy)
        .schedule(Cosine::over(12.0 * (mnist.train.len() / 64) as f64))
        .epochs(12)
        .batch_size(64)
        .validate(&mnist.test)
        .fit_source(&mut net, &train)?;
    net.save("src/digit.safetensors")?;
    Ok(())
}
