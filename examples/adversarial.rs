//! Right answers turned into wrong ones: `cargo run --release --example adversarial`.
//!
//! The gradient of the loss with respect to the *image* says how to change each pixel so that the network errs. One small
//! step along its signs is enough (Goodfellow, Shlens, Szegedy, "Explaining and harnessing adversarial examples", 2015),
//! while a step of the same size in random directions does little. `--data DIR` uses MNIST instead of the digits in the crate.

use common::{Options, accuracy, best, save_png};
use dl::Pod;
use dl::data::{Dataset, Split};
use dl::pod::{flat, flat_mut};
use dl::prelude::*;
use dl::random::Rng;

model! {
    block classify(image) {
        image
            -> conv2d(16, 3, padding: 1) -> relu -> max_pool2d(2)
            -> conv2d(32, 3, padding: 1) -> relu -> max_pool2d(2)
            -> flatten -> dense(64) -> relu -> dense(10)
    }

    /// For the digits in the crate.
    pub Small(image: [1, 8, 8]) -> [10] { image -> classify }

    /// For MNIST.
    pub Large(image: [1, 28, 28]) -> [10] { image -> classify }
}

/// The step that is drawn: how much darker or lighter each pixel becomes, where 1 is from white to black.
const EPSILON: f32 = 0.15;

fn main() -> dl::Result<()> {
    let options = Options::read();
    match &options.data {
        None => run::<Small>(&dl::data::digits(), &options),
        Some(folder) => run::<Large>(&dl::data::mnist(folder)?, &options),
    }
}

fn run<M>(digits: &Split<M::Input, u32>, options: &Options) -> dl::Result<()>
where
    M: Model<Input: Pod<Element = f32> + Copy, Output = [f32; 10]>,
{
    let mut net = M::init(42);
    Trainer::new(Adam::new(2e-3))
        .loss(CrossEntropy)
        .epochs(options.epochs(20, 3))
        .validate(&digits.test)
        .fit(&mut net, &digits.train)?;

    let test = &digits.test;
    let signs = gradient_signs(&*net, test)?;
    let mut random = Rng::new(1);
    let mut coins = signs.clone();
    flat_mut(&mut coins).iter_mut().for_each(|sign| *sign = if random.below(2) == 0 { 1.0 } else { -1.0 });

    println!("accuracy after a step against the network, and at random:");
    for epsilon in [0.0, 0.05, 0.1, 0.15, 0.2] {
        let [against, at_random] = [&signs, &coins]
            .map(|directions| accuracy(&net.predict(&step(&test.inputs, directions, epsilon)), &test.targets));
        println!("  {epsilon:.2}  {against:5.1}%  {at_random:5.1}%");
    }

    let changed = step(&test.inputs, &signs, EPSILON);
    let (before, after) = (net.predict(&test.inputs), net.predict(&changed));
    let turned = (0..test.len()).filter(|&i| best(&before[i]) == test.targets[i] && best(&after[i]) != test.targets[i]);
    let turned: Vec<_> = turned.take(16).collect();
    let pick = |images: &[M::Input]| turned.iter().map(|&i| images[i]).collect::<Vec<_>>();
    // What the network takes them for: a training image of that digit.
    let of = |digit| digits.train.iter().find(|(_, label)| **label == digit).map(|(image, _)| *image);
    let taken: Vec<_> = turned.iter().filter_map(|&i| of(best(&after[i]))).collect();
    let path = options.file("adversarial.png")?;
    save_png(path, &[&pick(&test.inputs), &pick(&signs), &pick(&changed), &taken])?;
    println!("from above: read rightly; pixels to darken; after a step of {EPSILON}; what they are then taken for");
    let [clean, attacked] = [before, after].map(|scores| accuracy(&scores, &test.targets));
    println!("test accuracy: {clean:.1}%; after a step of {EPSILON} per pixel: {attacked:.1}%");
    Ok(())
}

/// For every pixel of every image: 1 where more ink makes the loss larger, -1 where less ink does.
fn gradient_signs<M>(net: &M, images: &Dataset<M::Input, u32>) -> dl::Result<Vec<M::Input>>
where
    M: Model<Input: Pod<Element = f32> + Copy, Output = [f32; 10]>,
{
    const BATCH: usize = 64;
    let mut training = net.training(Cpu::new(), BATCH)?.with_input_gradients()?;
    let mut gradients = images.inputs.clone();
    for ((inputs, targets), gradients) in images.batches(BATCH).zip(gradients.chunks_mut(BATCH)) {
        training.forward(inputs)?;
        training.loss(&CrossEntropy, targets)?;
        training.backward();
        training.input_gradients(gradients)?;
    }
    flat_mut(&mut gradients).iter_mut().for_each(|gradient| *gradient = gradient.signum());
    Ok(gradients)
}

/// The images, every pixel changed by `epsilon` in its direction, and still between white and black.
fn step<I: Pod<Element = f32> + Copy>(images: &[I], directions: &[I], epsilon: f32) -> Vec<I> {
    let mut changed = images.to_vec();
    let pixels = flat_mut(&mut changed).iter_mut().zip(flat(directions));
    pixels.for_each(|(pixel, direction)| *pixel = (*pixel + epsilon * direction).clamp(0.0, 1.0));
    changed
}
