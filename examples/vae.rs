//! A network that writes digits of its own: `cargo run --release --example vae`.
//!
//! A variational autoencoder (Kingma and Welling, "Auto-encoding variational Bayes", 2014) codes an image as a cloud of
//! points instead of one point, and is asked to keep all clouds together near zero. So every point near zero stands for
//! some image, and random points make new ones. `--data DIR` uses MNIST instead of the digits in the crate.

use common::{Options, pixels, save_plane, save_png};
use dl::data::Split;
use dl::prelude::*;
use dl::random::Rng;

model! {
    /// Numbers of a code.
    const CODE: usize = 2;

    /// From an image to the middle and the logarithm of the variance of its cloud.
    pub Encoder<const PIXELS: usize>(image: [PIXELS]) -> (mean: [CODE], log_variance: [CODE]) {
        let h = image -> dense(128) -> relu -> dense(64) -> relu;
        (h -> dense(CODE) as mean_of, h -> dense(CODE) as log_variance_of)
    }

    /// From a point to the image.
    pub Decoder<const PIXELS: usize>(point: [CODE]) -> [PIXELS] {
        point -> dense(64) -> relu -> dense(128) -> relu -> dense(PIXELS) -> sigmoid
    }

    /// Both, and between them a random point of the cloud; in prediction its middle.
    pub Vae<const PIXELS: usize>(image: [PIXELS]) -> (reconstruction: [PIXELS], mean: [CODE]) {
        let (mean, log_variance) = image -> Encoder<PIXELS> as encoder;
        let deviation = (log_variance * 0.5) -> exp;
        let point = mean + deviation * (mean -> random_normal);
        (point -> Decoder<PIXELS> as decoder, mean)
    }
    loss {
        let similarity = bce(reconstruction, image);
        let spread = kl_normal(mean, log_variance);
        PIXELS * similarity + spread
    }
}

fn main() -> dl::Result<()> {
    let options = Options::read();
    match &options.data {
        None => run::<8, 64>(&dl::data::digits(), &options),
        Some(folder) => run::<28, 784>(&dl::data::mnist(folder)?, &options),
    }
}

fn run<const SIDE: usize, const PIXELS: usize>(
    digits: &Split<[[[f32; SIDE]; SIDE]; 1], u32>,
    options: &Options,
) -> dl::Result<()> {
    let (train, test) = (pixels::<SIDE, PIXELS>(&digits.train), pixels::<SIDE, PIXELS>(&digits.test));
    println!("{}", Vae::<PIXELS>::summary());
    let mut net = Vae::<PIXELS>::init(42);
    let history =
        Trainer::new(Adam::new(2e-3)).epochs(options.epochs(100, 10)).validate(&test).fit(&mut net, &train)?;

    let outputs = net.predict(&test.inputs);
    let means: Vec<_> = outputs.iter().map(|output| output.mean).collect();
    let path = options.file("vae-codes.svg")?;
    save_plane(path, "Test images by the middle of their cloud", &means, &digits.test.targets)?;

    let reconstructions: Vec<_> = outputs.iter().map(|output| output.reconstruction).collect();
    save_png(options.file("vae.png")?, &[&test.inputs[..16], &reconstructions[..16]])?;
    println!("from above: test images, what their codes keep of them");

    // New images: the decoder alone, from random points.
    let mut random = Rng::new(1);
    let points: Vec<_> = (0..64).map(|_| [random.normal(), random.normal()]).collect();
    let rows = net.decoder.predict(&points);
    save_png(options.file("vae-samples.png")?, &rows.chunks(16).collect::<Vec<_>>())?;

    // And from points in rows and columns, so that one sees how digits turn into each other.
    let steps = || (0..16).map(|i| -2.25 + 0.3 * i as f32);
    let points: Vec<_> = steps().rev().flat_map(|y| steps().map(move |x| [x, y])).collect();
    let rows = net.decoder.predict(&points);
    save_png(options.file("vae-plane.png")?, &rows.chunks(16).collect::<Vec<_>>())?;

    let last = history.last().and_then(|epoch| epoch.validation.as_ref()).expect("an epoch with validation");
    let terms: Vec<_> = history.metrics.iter().zip(&last.metrics).map(|(name, x)| format!("{name} {x:.3}")).collect();
    println!("test images: loss {:.3} = {PIXELS} × {}", last.loss, terms.join(" + "));
    Ok(())
}
