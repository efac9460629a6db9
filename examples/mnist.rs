//! The MNIST digits: `cargo run --release --example mnist -- --data DIR`.
//!
//! DIR holds `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`,
//! plain or with `.gz`. On an NVIDIA GPU: `--features cuda` before `--example`, and `--device cuda`.

use clap::{Parser, ValueEnum};
use dl::optim::schedule::Cosine;
use dl::prelude::*;
use std::path::PathBuf;

model! {
    /// LeNet-5 (LeCun et al. 1998), with the activations and pooling of today.
    pub LeNet(image: [1, 28, 28]) -> [10] {
        image
            -> conv2d(6, 5, padding: 2) -> relu -> max_pool2d(2)
            -> conv2d(16, 5) -> relu -> max_pool2d(2)
            -> flatten
            -> dense(120) -> relu
            -> dense(84) -> relu
            -> dense(10) as logits
    }

    /// Dense layers only.
    pub Mlp(image: [1, 28, 28]) -> [10] {
        image -> flatten -> dense(256) -> relu -> dropout(0.2) -> dense(128) -> relu -> dense(10) as logits
    }
}

/// Trains a network on the MNIST digits and measures it on the test images.
#[derive(Parser)]
struct Options {
    /// Folder with the four files of MNIST
    #[arg(long, env = "MNIST_DIR")]
    data: PathBuf,
    /// How often all images are seen
    #[arg(long, default_value_t = 3)]
    epochs: usize,
    /// Which network
    #[arg(long, value_enum, default_value = "lenet")]
    model: Network,
    /// Draw loss and accuracy over the epochs to this SVG file
    #[arg(long)]
    plot: Option<PathBuf>,
    /// Threads to compute with [default: all]; the result is the same with any number
    #[arg(long)]
    threads: Option<usize>,
    /// Where to compute; `cuda` is an NVIDIA GPU, in a build with `--features cuda`
    #[arg(long, value_enum, default_value = "cpu")]
    device: Where,
    /// How the GPU computes products and convolutions: f32, tf32 or bf16
    #[cfg(feature = "cuda")]
    #[arg(long, default_value = "f32")]
    precision: dl::device::cuda::Precision,
}

#[derive(Clone, ValueEnum)]
enum Network {
    Lenet,
    Mlp,
}

#[derive(Clone, Copy, ValueEnum)]
enum Where {
    Cpu,
    Cuda,
}

fn main() -> dl::Result<()> {
    let options = Options::parse();
    match options.device {
        Where::Cpu => run(&options, options.threads.map_or_else(Cpu::new, Cpu::with_threads)),
        #[cfg(feature = "cuda")]
        Where::Cuda => run(&options, Cuda::new(0)?.precision(options.precision)),
        #[cfg(not(feature = "cuda"))]
        Where::Cuda => {
            use clap::{CommandFactory, error::ErrorKind};
            let text = "this build knows only the CPU; a GPU wants `--features cuda`";
            Options::command().error(ErrorKind::InvalidValue, text).exit()
        }
    }
}

fn run(options: &Options, device: impl Device) -> dl::Result<()> {
    match options.model {
        Network::Lenet => train::<LeNet>(options, device),
        Network::Mlp => train::<Mlp>(options, device),
    }
}

fn train<M: Model<Input = [[[f32; 28]; 28]; 1], Output = [f32; 10]>>(
    options: &Options,
    device: impl Device,
) -> dl::Result<()> {
    let mnist = dl::data::mnist(&options.data)?;
    println!("{}", M::summary());

    let mut net = M::init(42);
    let history = Trainer::new(Adam::new(3e-3))
        .loss(CrossEntropy)
        .epochs(options.epochs)
        .batch_size(64)
        // Large steps at first, ever smaller ones towards the end: few epochs go far.
        .schedule_by_epoch(Cosine::over(options.epochs as f64))
        .validate(&mnist.test)
        .on(device)
        .fit(&mut net, &mnist.train)?;
    if let Some(path) = &options.plot {
        history.plot_svg(path)?;
    }

    let predictions = net.predict(&mnist.test.inputs);
    let right = predictions.iter().zip(&mnist.test.targets).filter(|(scores, label)| best(scores) == **label).count();
    println!("test accuracy: {:.2}%", 100.0 * right as f64 / predictions.len() as f64);
    Ok(())
}

/// The class with the highest score.
fn best(scores: &[f32; 10]) -> u32 {
    (0..10).max_by(|&a, &b| scores[a as usize].total_cmp(&scores[b as usize])).unwrap()
}
