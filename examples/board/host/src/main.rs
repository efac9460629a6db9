//! Trains the networks of the board (`host train`), makes the one on int8 (`host quantize`), and writes what the firmware includes and what it
//! should answer (`host answers`).

use std::f32::consts::TAU;
use std::fmt::Write as _;

include!("../../models.rs");

/// The folder of the example, in which the weights are.
const BOARD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    match std::env::args().nth(1).as_deref() {
        Some("train") => Ok(train().and_then(|()| quantize())?),
        Some("quantize") => Ok(quantize()?),
        Some("answers") => answers(),
        _ => Err("expected `train`, `quantize` or `answers`".into()),
    }
}

fn train() -> dl::Result<()> {
    let digits = dl::data::digits();
    let mut net = LeNet::init(1);
    Trainer::new(Adam::new(3e-3))
        .loss(CrossEntropy)
        .epochs(20)
        .batch_size(32)
        .validate(&digits.test)
        .fit(&mut net, &digits.train)?;
    net.save(format!("{BOARD}/digits.safetensors"))?;

    let angles: Vec<[f32; 1]> = (0..1000).map(|k| [k as f32 * TAU / 1000.0]).collect();
    let sines = angles.iter().map(|[angle]| [angle.sin()]).collect();
    let mut net = Sine::init(1);
    Trainer::new(Adam::new(5e-3))
        .loss(dl::loss::Mse)
        .epochs(200)
        .batch_size(32)
        .fit(&mut net, &dl::data::Dataset::new(angles, sines)?)?;
    net.save(format!("{BOARD}/sine.safetensors"))
}

fn quantize() -> dl::Result<()> {
    let net = LeNet::load(format!("{BOARD}/digits.safetensors"))?;
    LeNet::quantize(&net, &dl::data::digits().train.inputs)?.save(format!("{BOARD}/digits-int8.safetensors"))
}

fn answers() -> Result<(), Box<dyn std::error::Error>> {
    let digits = dl::data::digits().test;
    let target = format!("{BOARD}/target");
    std::fs::create_dir_all(&target)?;
    let grey = |image: &[[[f32; 8]; 8]; 1]| {
        image.as_flattened().as_flattened().iter().map(|grey| (16.0 * grey) as u8).collect::<Vec<u8>>()
    };
    std::fs::write(format!("{target}/digits.bin"), digits.inputs.iter().flat_map(grey).collect::<Vec<u8>>())?;
    let work = LeNet::MULTIPLY_ADDS;
    let nets = format!("digits {work} {}\ndigits-int8 {work} {}\n", size_of::<LeNet>(), size_of::<LeNetI8>());
    std::fs::write(format!("{target}/nets.txt"), nets)?;

    let net = LeNet::load(format!("{BOARD}/digits.safetensors"))?;
    std::fs::write(format!("{target}/digits.txt"), classes(&net.predict(&digits.inputs), &digits.targets)?)?;

    let net = LeNetI8::load(format!("{BOARD}/digits-int8.safetensors"))?;
    let mut scratch = dl::int8::Scratch::new();
    let mut scores = vec![[0.0; 10]; digits.inputs.len()];
    digits.inputs.iter().zip(&mut scores).for_each(|(image, scores)| net.predict_into(image, scores, &mut scratch));
    std::fs::write(format!("{target}/digits-int8.txt"), classes(&scores, &digits.targets)?)?;

    let net = Sine::load(format!("{BOARD}/sine.safetensors"))?;
    let worst = (0..100).map(|k| k as f32 * TAU / 100.0).map(|x| (net.predict_one(&[x])[0] - x.sin()).abs());
    println!("sine: at most {:.3} wrong", worst.fold(0.0, f32::max));
    Ok(())
}

/// Returns a line for each digit: the class with the highest score, and the true one.
fn classes(scores: &[[f32; 10]], labels: &[u32]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for (scores, label) in scores.iter().zip(labels) {
        let best = (0..10).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0);
        writeln!(text, "{best} {label}")?;
    }
    Ok(text)
}
