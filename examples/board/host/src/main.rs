//! Trains the networks of the board (`host train`), and writes what the firmware includes and what it should answer (`host answers`).

use std::f32::consts::TAU;
use std::fmt::Write as _;

include!("../../models.rs");

/// The folder of the example, in which the weights are.
const BOARD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    match std::env::args().nth(1).as_deref() {
        Some("train") => Ok(train()?),
        Some("answers") => answers(),
        _ => Err("expected `train` or `answers`".into()),
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

fn answers() -> Result<(), Box<dyn std::error::Error>> {
    let digits = dl::data::digits().test;
    let net = LeNet::load(format!("{BOARD}/digits.safetensors"))?;
    let target = format!("{BOARD}/target");
    std::fs::create_dir_all(&target)?;
    let grey = |image: &[[[f32; 8]; 8]; 1]| image.as_flattened().as_flattened().iter().map(|grey| (16.0 * grey) as u8).collect::<Vec<u8>>();
    std::fs::write(format!("{target}/digits.bin"), digits.inputs.iter().flat_map(grey).collect::<Vec<u8>>())?;
    let mut text = String::new();
    for (scores, label) in net.predict(&digits.inputs).iter().zip(&digits.targets) {
        let best = (0..10).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0);
        writeln!(text, "{best} {label}")?;
    }
    std::fs::write(format!("{target}/digits.txt"), text)?;
    let net = Sine::load(format!("{BOARD}/sine.safetensors"))?;
    let worst = (0..100).map(|k| k as f32 * TAU / 100.0).map(|x| (net.predict_one(&[x])[0] - x.sin()).abs());
    println!("sine: at most {:.3} wrong", worst.fold(0.0, f32::max));
    Ok(())
}
