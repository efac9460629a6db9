//! Small colour pictures in ten classes: `cargo run --release --example cifar -- --data DIR`.
//!
//! DIR holds `train_4000.bin.gz` and `test_1000.bin.gz`, records of CIFAR-10 in its binary layout. A residual network learns from the
//! pictures, which are turned, moved and cut anew in every epoch, by threads that work ahead of the steps. With `--mixup`, a second
//! training mixes pictures too, and averages the weights of the last steps.

use clap::Parser;
use common::best;
use common::data::folder_or_skip;
use dl::data::augment::{self, Mixup};
use dl::data::{Dataset, Normalizer, Source};
use dl::optim::WeightAverage;
use dl::optim::schedule::OneCycle;
use dl::prelude::*;
use dl::train::Epoch;
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

type Image = [[[f32; 32]; 32]; 3];

model! {
    block basic(x: [c, h, w], channels, stride: 1) {
        let y = x
            -> conv2d(channels, 3, stride: stride, padding: 1, bias: false) -> batch_norm -> relu
            -> conv2d(channels, 3, padding: 1, bias: false) -> batch_norm;
        let shortcut = x -> if stride != 1 || c != channels {
            conv2d(channels, 1, stride: stride, bias: false) -> batch_norm
        } else {
            identity
        };
        (y + shortcut) -> relu
    }

    /// ResNet-20 (He et al. 2016, section 4.2), trained with probabilities as targets.
    pub ResNet20(image: [3, 32, 32]) -> [10] {
        image -> conv2d(16, 3, padding: 1, bias: false) -> batch_norm -> relu
            -> repeat 3 { basic(16) }
            -> basic(32, stride: 2) -> repeat 2 { basic(32) }
            -> basic(64, stride: 2) -> repeat 2 { basic(64) }
            -> global_avg_pool2d -> dense(10)
    }
    loss(target: [10]) {
        10.0 * ((target * (0.0 - (output -> log_softmax))) -> mean)
    }
}

/// Trains a residual network on a part of CIFAR-10 and measures it on the test pictures.
#[derive(Parser)]
struct Options {
    /// Folder with `train_4000.bin.gz` and `test_1000.bin.gz`
    #[arg(long, env = "CIFAR_DIR")]
    data: Option<PathBuf>,
    /// How often all pictures are seen
    #[arg(long, default_value_t = 20)]
    epochs: usize,
    /// Train a second network with mixtures of pictures and an average of the weights
    #[arg(long)]
    mixup: bool,
    /// How strongly pictures are mixed: both parameters of the beta distribution
    #[arg(long, default_value_t = 0.2)]
    alpha: f64,
    /// How much of the average of the weights stays at each step
    #[arg(long, default_value_t = 0.99)]
    decay: f64,
    /// Threads that augment pictures
    #[arg(long, default_value_t = 2)]
    loaders: usize,
    /// The largest learning rate
    #[arg(long, default_value_t = 0.01)]
    rate: f64,
    /// Pictures in one step
    #[arg(long, default_value_t = 50)]
    batch_size: usize,
    /// Draw loss over the epochs to this SVG file
    #[arg(long)]
    plot: Option<PathBuf>,
}

fn main() -> dl::Result<()> {
    let options = Options::parse();
    let files = ["train_4000.bin.gz", "test_1000.bin.gz"];
    let folder = folder_or_skip(options.data.as_deref(), &files);
    let [mut train, mut test] = [read(&folder.join(files[0]))?, read(&folder.join(files[1]))?];
    // Zeros, which come from outside of a picture, are then the mean colour.
    let normalizer = Normalizer::per_channel(&train.inputs)?;
    normalizer.apply(&mut train.inputs);
    normalizer.apply(&mut test.inputs);
    println!("{}", ResNet20::summary());

    let plain = accuracy(&options, &train, &test, None)?;
    println!("test accuracy: {plain:.2}%");
    if options.mixup {
        println!("with mixup and EMA:");
        let mixed = accuracy(&options, &train, &test, Some(Mixup::new(options.alpha)?))?;
        println!("without mixup and EMA: {plain:.2}%\ntest accuracy: {mixed:.2}%");
    }
    Ok(())
}

/// Trains a network; returns the share of the test pictures that it knows, in percent.
fn accuracy(
    options: &Options,
    train: &Dataset<Image, [f32; 10]>,
    test: &Dataset<Image, [f32; 10]>,
    mixup: Option<Mixup>,
) -> dl::Result<f64> {
    let source = train.augmented(|picture, rng, to: &mut Image| {
        *to = *picture;
        augment::horizontal_flip(to, rng);
        augment::crop(to, 4, rng);
        // Mixed pictures are hard enough.
        if mixup.is_none() {
            augment::cutout(to, 8, rng);
        }
    });
    let source = source.batches(|pictures, targets, rng| {
        if let Some(mixup) = mixup {
            mixup.apply(pictures, targets, rng);
        }
    });
    let mut net = ResNet20::init(42);
    let steps = train.len().div_ceil(options.batch_size) * options.epochs;
    let mut trainer = Trainer::new(AdamW::new(options.rate).weight_decay(0.05));
    if mixup.is_some() {
        trainer = trainer.average(WeightAverage::ema(options.decay));
    }
    let history = trainer
        .epochs(options.epochs)
        .batch_size(options.batch_size)
        .schedule(OneCycle::over(steps as f64))
        .loaders(options.loaders)
        .fit_source(&mut net, &source)?;
    let seconds = |of: fn(&Epoch) -> f64| history.epochs.iter().map(of).sum::<f64>();
    println!("waited {:.2} of {:.1} s for pictures", seconds(|epoch| epoch.waiting), seconds(|epoch| epoch.seconds));
    if let Some(path) = &options.plot {
        history.plot_svg(path)?;
    }
    let scores = net.predict(&test.inputs);
    let right =
        scores.iter().zip(&test.targets).filter(|(scores, target)| target[best(scores) as usize] == 1.0).count();
    Ok(100.0 * right as f64 / test.len() as f64)
}

/// Reads records of a label and three planes of 32×32 bytes.
fn read(path: &Path) -> dl::Result<Dataset<Image, [f32; 10]>> {
    let wrong = |source| dl::Error::Io { path: path.into(), source };
    let mut bytes = Vec::new();
    GzDecoder::new(File::open(path).map_err(wrong)?).read_to_end(&mut bytes).map_err(wrong)?;
    let (records, rest) = bytes.as_chunks::<3073>();
    if !rest.is_empty() {
        let (expected, found) = ("records of 3073 bytes".into(), format!("{} bytes more", rest.len()));
        return Err(dl::Error::Format { path: path.into(), format: "CIFAR-10", expected, found });
    }
    let labels: Vec<u32> = records.iter().map(|record| u32::from(record[0])).collect();
    dl::data::check_labels(&labels, 10)?;
    let mut pictures: Vec<Image> = dl::pod::zeroed_vec(records.len());
    for (picture, record) in pictures.iter_mut().zip(records) {
        let pixels = picture.as_flattened_mut().as_flattened_mut();
        pixels.iter_mut().zip(&record[1..]).for_each(|(pixel, byte)| *pixel = f32::from(*byte) / 255.0);
    }
    let data = Dataset::new(pictures, labels)?;
    Ok(data.map_targets(|label, to: &mut [f32; 10]| to[*label as usize] = 1.0))
}
