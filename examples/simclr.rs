//! Learning to see before learning to name: `cargo run --release --example simclr`.
//!
//! The encoder gets two distorted views of every image, and learns without any label that the two belong together and all
//! others do not (Chen, Kornblith, Norouzi, Hinton, "A simple framework for contrastive learning of visual representations",
//! 2020). Then one layer learns the digits from a hundred labelled images, by what the frozen encoder says about them.

use common::{Options, accuracy, save_png};
use dl::data::{Dataset, Digit, Normalizer, Split};
use dl::optim::Schedule;
use dl::optim::schedule::Cosine;
use dl::prelude::*;
use dl::random::Rng;

model! {
    const FEATURES: usize = 64;

    /// From an image to what is worth knowing about it.
    pub Encoder(image: [1, 8, 8]) -> [FEATURES] {
        image
            -> conv2d(16, 3, padding: 1) -> relu -> max_pool2d(2)
            -> conv2d(32, 3, padding: 1) -> relu
            -> flatten -> dense(FEATURES) -> relu
    }

    /// The same encoder looks at both views, and the same small network compares what it says.
    pub SimClr(one: [1, 8, 8], other: [1, 8, 8]) -> (one: [32], other: [32]) {
        let one = one -> Encoder as encoder -> dense(64) as hidden -> relu -> dense(32) as projection;
        let other = other -> encoder -> hidden -> relu -> projection;
        (one, other)
    }
    loss { nt_xent(one, other, temperature: 0.2) }

    /// One layer: it can only be as good as the features are.
    pub Probe(features: [FEATURES]) -> [10] { features -> dense(10) }
}

/// Labelled images that the probe may learn from.
const LABELLED: usize = 100;
/// Images in a step; each view is compared with all other views of the step.
const BATCH: usize = 256;

fn main() -> dl::Result<()> {
    let options = Options::read_without_data();
    let digits = dl::data::digits();
    println!("{}", SimClr::summary());
    let mut net = SimClr::init(42);
    let untrained = probe(&net.encoder, &digits)?;

    // The trainer sees the same samples in every epoch; a loop of our own makes new views each time.
    let (adam, epochs) = (Adam::new(2e-3), options.epochs(40, 40));
    let schedule = Cosine::over(epochs as f64);
    let mut training = net.training(Cpu::new(), BATCH)?;
    let (mut images, mut random) = (digits.train.inputs.clone(), Rng::new(1));
    for epoch in 0..epochs {
        let rate = adam.learning_rate() * schedule.factor(epoch as f64);
        random.shuffle(&mut images);
        let (mut sum, batches) = (0.0, images.chunks_exact(BATCH));
        let count = batches.len() as f32;
        for images in batches {
            training.forward(&views(images, &mut random))?;
            sum += training.objective(&[[]; BATCH])?;
            training.backward();
            training.step(&adam.with_learning_rate(rate))?;
        }
        println!("epoch {:>2}/{epochs}  loss {:.4}", epoch + 1, sum / count);
    }
    training.store(&mut net)?;

    let some = &digits.train.inputs[..16];
    let (one, other): (Vec<_>, Vec<_>) = views(some, &mut random).iter().map(|pair| (pair.one, pair.other)).unzip();
    save_png(options.file("simclr.png")?, &[some, &one, &other])?;
    println!("from above: images, one view of each, the other");

    let trained = probe(&net.encoder, &digits)?;
    println!(
        "test accuracy of one layer after {LABELLED} labels: untrained encoder {untrained:.1}%, trained {trained:.1}%"
    );
    Ok(())
}

/// The test accuracy of one layer that learns from what the encoder, which stays as it is, says about a few images.
fn probe(encoder: &Encoder, digits: &Split<Digit, u32>) -> dl::Result<f64> {
    let mut features = encoder.predict(&digits.train.inputs);
    let mut of_test = encoder.predict(&digits.test.inputs);
    // All features on one scale, for a fair comparison.
    let scale = Normalizer::per_feature(&features)?;
    scale.apply(&mut features);
    scale.apply(&mut of_test);
    let labelled = Dataset::new(features, digits.train.targets.clone())?.split_at(LABELLED).0;
    let mut probe = Probe::init(42);
    Trainer::new(Adam::new(0.01)).loss(CrossEntropy).epochs(200).quiet().fit(&mut probe, &labelled)?;
    Ok(accuracy(&probe.predict(&of_test), &digits.test.targets))
}

/// Two views of every image.
fn views(images: &[Digit], random: &mut Rng) -> Vec<SimClrInput> {
    let mut view = |image| distorted(image, random);
    images.iter().map(|image| SimClrInput { one: view(image), other: view(image) }).collect()
}

/// The image turned, scaled and shifted a little, with some noise.
fn distorted([image]: &Digit, random: &mut Rng) -> Digit {
    let mut between = |low: f32, high: f32| low + (high - low) * random.uniform();
    let (angle, size, dx, dy) = (between(-0.4, 0.4), between(0.8, 1.2), between(-1.0, 1.0), between(-1.0, 1.0));
    let (sin, cos) = (angle.sin() * size, angle.cos() * size);
    // What lies outside the image is paper.
    let ink = |x: f32, y: f32| image.get(y as usize).and_then(|row| row.get(x as usize)).copied().unwrap_or(0.0);
    let at = |x: f32, y: f32| if x < 0.0 || y < 0.0 { 0.0 } else { ink(x, y) };
    let mut view = [[0.0; 8]; 8];
    for (row, y) in view.iter_mut().zip(0u8..) {
        for (pixel, x) in row.iter_mut().zip(0u8..) {
            let (x, y) = (f32::from(x) - 3.5, f32::from(y) - 3.5);
            // Where it comes from: between four pixels of the image.
            let (x, y) = (cos * x - sin * y + 3.5 + dx, sin * x + cos * y + 3.5 + dy);
            let (left, top) = (x.floor(), y.floor());
            let across = |y| at(left, y) * (1.0 - x + left) + at(left + 1.0, y) * (x - left);
            *pixel = across(top) * (1.0 - y + top) + across(top + 1.0) * (y - top) + 0.1 * random.normal();
        }
    }
    [view]
}
