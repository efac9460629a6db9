//! Trains the networks of the board (`host train`, and `host train-names FILE` with a name in each line), makes the one on int8
//! (`host quantize`), and writes what the firmware includes and what it should answer (`host answers`).

use std::f32::consts::TAU;
use std::fmt::Write as _;

include!("../../models.rs");

/// The folder of the example, in which the weights are.
const BOARD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    match std::env::args().nth(1).as_deref() {
        Some("train") => Ok(train().and_then(|()| quantize())?),
        Some("train-names") => train_names(&std::env::args().nth(2).ok_or("expected a file of names")?),
        Some("quantize") => Ok(quantize()?),
        Some("answers") => answers(),
        _ => Err("expected `train`, `train-names FILE`, `quantize` or `answers`".into()),
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

/// Trains on a file with a name of the letters a to z in each line, such as `names.txt` of github.com/karpathy/makemore.
fn train_names(file: &str) -> Result<(), Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(file)?;
    let known: std::collections::BTreeSet<&str> = text.lines().map(str::trim).filter(|name| !name.is_empty()).collect();
    let mut names = dl::data::Dataset::default();
    for name in known {
        let letters: Vec<u32> = name.bytes().map(|letter| u32::from(letter.wrapping_sub(b'`'))).collect();
        names.inputs.push([&[0], &letters[..]].concat());
        names.targets.push([&letters[..], &[0]].concat());
    }
    names.shuffle(42);
    let (train, validation) = names.split(0.9);
    let mut net = Names::init(1);
    Trainer::new(AdamW::new(5e-3))
        .loss(CrossEntropy)
        .epochs(12)
        .batch_size(64)
        .schedule_by_epoch(dl::optim::schedule::Cosine::over(12.0))
        .validate(&validation)
        .fit(&mut net, &train)?;
    Ok(net.save(format!("{BOARD}/names.safetensors"))?)
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
    let nets = [
        format!("digits {work} {}\n", size_of::<LeNet>()),
        format!("digits-int8 {work} {}\n", size_of::<LeNetI8>()),
        format!("names {} {}\n", Names::MULTIPLY_ADDS, size_of::<Names>()),
    ]
    .concat();
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
    std::fs::write(format!("{target}/names-host.txt"), names()?)?;
    println!("sine: at most {:.3} wrong", worst.fold(0.0, f32::max));
    Ok(())
}

/// Returns the name that the network writes from each first letter on, by the steps of a session.
fn names() -> dl::Result<String> {
    let mut session = Names::load(format!("{BOARD}/names.safetensors"))?.session(Cpu::new(), 1)?;
    let (mut state, mut scores, mut text) = (session.state(1, 1 + MOST_LETTERS as usize)?, [Vec::new()], String::new());
    for first in 1..=26 {
        state.clear();
        session.step(&mut state, &[vec![0]], &mut scores)?;
        let (mut letter, mut letters) = (first, 0);
        while letter != 0 && letters < MOST_LETTERS {
            text.push(char::from(b'`' + letter as u8));
            session.step(&mut state, &[vec![letter]], &mut scores)?;
            letter =
                (0..27).max_by(|&a, &b| scores[0][0][a as usize].total_cmp(&scores[0][0][b as usize])).unwrap_or(0);
            letters += 1;
        }
        text.push('\n');
    }
    Ok(text)
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
