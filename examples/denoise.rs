//! Digits found again under noise: `cargo run --release --example denoise`.
//!
//! The network adds noise to its input itself, new in every step of the training, and learns to take it away (Vincent and
//! others, "Extracting and composing robust features with denoising autoencoders", 2008). In prediction it adds none, and
//! gets images with noise that it has never seen. `--data DIR` uses MNIST instead of the digits in the crate.

use common::{Options, save_png};
use dl::data::Dataset;
use dl::pod::{flat, flat_mut};
use dl::prelude::*;
use dl::random::Rng;
use dl::{Input, Pod};

/// The deviation of the noise, where 1 is from white to black.
const NOISE: f32 = 0.5;

model! {
    /// A small U-Net (Ronneberger, Fischer, Brox 2015): what is seen from afar, beside what is seen near by.
    block clean(image: [channels, height, width]) {
        let near = image -> conv2d(16, 3, padding: 1) -> relu;
        let far = near -> max_pool2d(2)
            -> conv2d(32, 3, padding: 1) -> relu -> conv2d(32, 3, padding: 1) -> relu
            -> conv_transpose2d(16, 2, stride: 2);
        concat(near, far) -> conv2d(16, 3, padding: 1) -> relu -> conv2d(channels, 3, padding: 1) -> sigmoid
    }

    /// For the digits in the crate.
    pub Small(image: [1, 8, 8]) -> [1, 8, 8] { image -> gaussian_noise(NOISE) -> clean }
    loss { mse(output, image) }

    /// For MNIST.
    pub Large(image: [1, 28, 28]) -> [1, 28, 28] { image -> gaussian_noise(NOISE) -> clean }
    loss { mse(output, image) }
}

fn main() -> dl::Result<()> {
    let options = Options::read();
    match &options.data {
        None => {
            let digits = dl::data::digits();
            run::<Small>(&digits.train.inputs, &digits.test.inputs, &options)
        }
        Some(folder) => {
            let digits = dl::data::mnist(folder)?;
            run::<Large>(&digits.train.inputs, &digits.test.inputs, &options)
        }
    }
}

fn run<M>(train: &[M::Input], test: &[M::Input], options: &Options) -> dl::Result<()>
where
    M: Objective<Target = [f32; 0], Output = Input<M>>,
    M::Input: Pod<Element = f32> + Clone,
{
    let mut net = M::init(42);
    let train = Dataset::unlabelled(train.to_vec());
    Trainer::new(Adam::new(2e-3)).epochs(options.epochs(20, 1)).fit(&mut net, &train)?;

    let mut noisy = test.to_vec();
    let mut random = Rng::new(1);
    flat_mut(&mut noisy).iter_mut().for_each(|pixel| *pixel += NOISE * random.normal());
    let cleaned = net.predict(&noisy);

    save_png(options.file("denoise.png")?, &[&noisy[..16], &cleaned[..16], &test[..16]])?;
    println!("from above: with noise, what the network makes of it, as it was");
    println!("mean squared error: {:.4} before, {:.4} after", error(&noisy, test), error(&cleaned, test));
    Ok(())
}

/// The mean squared difference of pixels.
fn error<I: Pod<Element = f32>>(images: &[I], wanted: &[I]) -> f32 {
    let (images, wanted) = (flat(images), flat(wanted));
    images.iter().zip(wanted).map(|(a, b)| (a - b).powi(2)).sum::<f32>() / images.len() as f32
}
