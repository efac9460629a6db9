//! Handwritten digits, from data to an application: `cargo run --release --example digits`.
//!
//! Declares a network, trains it on the 8×8 digits that come with the crate, saves it, loads it again as an application
//! would, and lets it read a digit. On an NVIDIA GPU: `cargo run --release --features cuda --example digits -- --device cuda`.

use dl::prelude::*;

model! {
    /// A small convolutional network for 8×8 grey-scale digits.
    pub LeNet(image: [1, 8, 8]) -> [10] {
        image
            -> conv2d(16, 3, padding: 1) -> relu -> max_pool2d(2)
            -> conv2d(32, 3, padding: 1) -> relu -> max_pool2d(2)
            -> flatten
            -> dense(64) -> relu
            -> dense(10) as logits
    }
}

fn main() -> dl::Result<()> {
    match std::env::args().skip_while(|argument| argument != "--device").nth(1).as_deref() {
        None | Some("cpu") => run(Cpu::new()),
        #[cfg(feature = "cuda")]
        Some("cuda") => run(Cuda::new(0)?),
        Some(other) => {
            eprintln!("no device `{other}`: there is `cpu`, and `cuda` in a build with `--features cuda`");
            std::process::exit(2);
        }
    }
}

fn run(device: impl Device) -> dl::Result<()> {
    let digits = dl::data::digits();
    println!("{}", LeNet::summary());

    // The seed decides the first weights, so every run gives the same network.
    let mut net = LeNet::init(42);
    Trainer::new(Adam::new(3e-3))
        .loss(CrossEntropy)
        .epochs(20)
        .batch_size(32)
        .validate(&digits.test)
        .on(device)
        .fit(&mut net, &digits.train)?;
    net.save("digits.safetensors")?;

    // From here on this could be another program: it needs the file and the declaration.
    let net = LeNet::load("digits.safetensors")?;
    let (image, label) = (&digits.test.inputs[0], digits.test.targets[0]);
    draw(image);
    println!("read as {} (it is a {label})\n", best(&net.predict_one(image)));

    let predictions = net.predict(&digits.test.inputs);
    let right = predictions.iter().zip(&digits.test.targets).filter(|(scores, label)| best(scores) == **label).count();
    println!("test accuracy: {:.2}%", 100.0 * right as f64 / predictions.len() as f64);
    Ok(())
}

/// The class with the highest score.
fn best(scores: &[f32; 10]) -> u32 {
    (0..10).max_by(|&a, &b| scores[a as usize].total_cmp(&scores[b as usize])).unwrap()
}

/// Prints an image; two characters a pixel, because they are twice as high as wide.
fn draw(image: &[[[f32; 8]; 8]; 1]) {
    for row in image[0] {
        println!("{}", row.map(|ink| [" ", "░", "▒", "▓", "█"][(4.0 * ink) as usize].repeat(2)).concat());
    }
}
