//! Images squeezed through a few numbers and back: `cargo run --release --example autoencoder`.
//!
//! The only target is the image itself (Hinton and Salakhutdinov, "Reducing the dimensionality of data with neural
//! networks", 2006). With two numbers in the middle the images have places on a plane, which is drawn; with sixteen they
//! come back almost as they were. `--data DIR` uses MNIST instead of the digits in the crate.

use common::{Options, pixels, save_plane, save_png};
use dl::data::{Dataset, Split};
use dl::prelude::*;

model! {
    /// From an image to its code.
    pub Encoder<const PIXELS: usize, const CODE: usize>(image: [PIXELS]) -> [CODE] {
        image -> dense(128) -> relu -> dense(64) -> relu -> dense(CODE)
    }

    /// From a code to the image.
    pub Decoder<const PIXELS: usize, const CODE: usize>(code: [CODE]) -> [PIXELS] {
        code -> dense(64) -> relu -> dense(128) -> relu -> dense(PIXELS) -> sigmoid
    }

    /// Both, trained as one: `net.encoder` and `net.decoder` are models of their own.
    pub Autoencoder<const PIXELS: usize, const CODE: usize>(image: [PIXELS]) -> [PIXELS] {
        image -> Encoder<PIXELS, CODE> as encoder -> Decoder<PIXELS, CODE> as decoder
    }
    loss { mse(output, image) }
}

/// Images without targets: the loss compares the output with the input.
type Images<const PIXELS: usize> = Dataset<[f32; PIXELS], [f32; 0]>;

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
    let (train, test): (Images<PIXELS>, Images<PIXELS>) = (pixels(&digits.train), pixels(&digits.test));
    let two = fit::<PIXELS, 2>(&train, &test, options)?;
    let sixteen = fit::<PIXELS, 16>(&train, &test, options)?;

    // The plane of the codes. The network was never told what the digits are.
    let path = options.file("autoencoder-codes.svg")?;
    save_plane(path, "Test images by their two numbers", &two.encoder.predict(&test.inputs), &digits.test.targets)?;

    let (of_two, of_sixteen) = (two.predict(&test.inputs), sixteen.predict(&test.inputs));
    let path = options.file("autoencoder.png")?;
    save_png(path, &[&test.inputs[..16], &of_two[..16], &of_sixteen[..16]])?;
    println!("from above: test images, what two numbers keep of them, what sixteen keep");

    let mean = mean_image(&train.inputs);
    let errors = [vec![mean; test.len()], of_two, of_sixteen].map(|outputs| error(&outputs, &test.inputs));
    println!("mean squared error: mean image {:.4}, two numbers {:.4}, sixteen {:.4}", errors[0], errors[1], errors[2]);
    Ok(())
}

/// Trains an autoencoder whose codes have `CODE` numbers.
fn fit<const PIXELS: usize, const CODE: usize>(
    train: &Images<PIXELS>,
    test: &Images<PIXELS>,
    options: &Options,
) -> dl::Result<Box<Autoencoder<PIXELS, CODE>>> {
    println!("{PIXELS} pixels through {CODE} numbers");
    let mut net = Autoencoder::init(42);
    Trainer::new(Adam::new(2e-3)).epochs(options.epochs(60, 5)).validate(test).fit(&mut net, train)?;
    Ok(net)
}

/// The best guess without a look at the image.
fn mean_image<const PIXELS: usize>(images: &[[f32; PIXELS]]) -> [f32; PIXELS] {
    let mut mean = [0.0; PIXELS];
    for image in images {
        mean.iter_mut().zip(image).for_each(|(mean, pixel)| *mean += pixel / images.len() as f32);
    }
    mean
}

/// The mean squared difference of pixels.
fn error<const PIXELS: usize>(outputs: &[[f32; PIXELS]], images: &[[f32; PIXELS]]) -> f32 {
    let squares = outputs.iter().flatten().zip(images.iter().flatten()).map(|(a, b)| (a - b).powi(2));
    squares.sum::<f32>() / (images.len() * PIXELS) as f32
}
