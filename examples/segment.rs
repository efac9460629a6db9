//! A U-Net finds circles, rectangles and triangles in noise: `cargo run --release -p dl-examples --example segment`.
//!
//! The pictures are drawn by code, each with up to three shapes. Where shapes begin, nobody could say exactly to which side a pixel
//! belongs: these pixels are void, and neither the loss nor the score counts them. `--plot FILE` draws pictures with their truth and
//! what the network says.

use clap::Parser;
use dl::data::Dataset;
use dl::optim::schedule::OneCycle;
use dl::plot::Image;
use dl::prelude::*;
use dl::random::Rng;
use dl::train::{Average, Ignore, Iou, Metric};
use std::path::PathBuf;

const SIDE: usize = 32;
const CLASSES: usize = 4;
const NAMES: [&str; CLASSES] = ["background", "circle", "rectangle", "triangle"];
/// The label of void pixels.
const VOID: u32 = 255;

type Picture = [[[f32; SIDE]; SIDE]; 1];
type Mask = [[u32; SIDE]; SIDE];
type Scores = [[[f32; SIDE]; SIDE]; CLASSES];

model! {
    block convolution(x, channels) { x -> conv2d(channels, 3, padding: 1, bias: false) -> batch_norm -> relu }
    block double(x, channels) { x -> convolution(channels) -> convolution(channels) }
    block down(x, channels) { x -> max_pool2d(2) -> double(channels) }
    block up(x, skip: [channels, h, w]) {
        concat(x -> conv_transpose2d(channels, 2, stride: 2), skip) -> double(channels)
    }

    /// A small U-Net (Ronneberger, Fischer, Brox, MICCAI 2015).
    pub UNet(image: [1, 32, 32]) -> [4, 32, 32] {
        let a = image -> double(8);
        let b = a -> down(16);
        let c = b -> down(32);
        c -> up(b) -> up(a) -> conv2d(4, 1)
    }
    loss(mask: u32[32, 32]) {
        cross_entropy(output, mask, ignore: 255) + dice(output, mask, ignore: 255, batch: true)
    }
}

/// Draws shapes, trains a network to find them, and measures it on other pictures.
#[derive(Parser)]
struct Options {
    /// How often all pictures are seen
    #[arg(long, default_value_t = 12)]
    epochs: usize,
    /// Pictures to train with
    #[arg(long, default_value_t = 800)]
    pictures: usize,
    /// Draw pictures, their truth and the answers to this PNG file
    #[arg(long)]
    plot: Option<PathBuf>,
}

fn main() -> dl::Result<()> {
    let options = Options::parse();
    let (train, test) = (drawn(options.pictures, 1)?, drawn(200, 2)?);
    println!("{}", UNet::summary());

    let mut net = UNet::init(42);
    let steps = train.len().div_ceil(20) * options.epochs;
    Trainer::new(Adam::new(0.01))
        .epochs(options.epochs)
        .batch_size(20)
        .schedule(OneCycle::over(steps as f64))
        .metric(without_void(Iou::new(Average::Macro)))
        .validate(&test)
        .fit(&mut net, &train)?;

    let scores = net.predict(&test.inputs);
    let over_all = |iou| {
        let mut iou = without_void(iou);
        scores.iter().zip(&test.targets).for_each(|(scores, mask)| Metric::<Scores, Mask>::add(&mut iou, scores, mask));
        100.0 * Metric::<Scores, Mask>::value(&iou)
    };
    for (class, name) in (0..).zip(NAMES) {
        println!("IoU of {name}: {:.1}%", over_all(Iou::of_class(class)));
    }
    if let Some(path) = &options.plot {
        sheet(&test, &scores).enlarged(4).save(path)?;
        println!("drawn to {}", path.display());
    }
    println!("mean IoU: {:.1}%", over_all(Iou::new(Average::Macro)));
    Ok(())
}

fn without_void(metric: Iou) -> Ignore<Iou> {
    Ignore { class: VOID, metric }
}

/// Draws pictures with their masks.
fn drawn(pictures: usize, seed: u64) -> dl::Result<Dataset<Picture, Mask>> {
    let mut rng = Rng::new(seed);
    let (inputs, targets) = (0..pictures).map(|_| draw(&mut rng)).unzip();
    Dataset::new(inputs, targets)
}

/// Draws up to three shapes over each other, and noise.
fn draw(rng: &mut Rng) -> (Picture, Mask) {
    let between = |rng: &mut Rng, low: f32, high: f32| low + (high - low) * rng.uniform();
    let (mut picture, mut mask) = ([[[between(rng, 0.0, 0.3); SIDE]; SIDE]; 1], [[0; SIDE]; SIDE]);
    for _ in 0..1 + rng.below(3) {
        let (class, grey) = (1 + rng.below(CLASSES - 1) as u32, between(rng, 0.5, 1.0));
        let centre = [0; 2].map(|_| between(rng, 6.0, SIDE as f32 - 6.0));
        let size = [0; 2].map(|_| between(rng, 4.0, 7.0));
        let (sin, cos) = between(rng, 0.0, std::f32::consts::TAU).sin_cos();
        for (row, (pixels, labels)) in picture[0].iter_mut().zip(&mut mask).enumerate() {
            for (column, (pixel, label)) in pixels.iter_mut().zip(labels).enumerate() {
                let [x, y] = [column as f32 + 0.5 - centre[0], row as f32 + 0.5 - centre[1]];
                let outside = distance(class, size, [cos * x + sin * y, cos * y - sin * x]);
                let cover = (0.5 - outside).clamp(0.0, 1.0);
                *pixel += cover * (grey - *pixel);
                if outside.abs() < 0.7 {
                    *label = VOID;
                } else if outside < 0.0 {
                    *label = class;
                }
            }
        }
    }
    picture.as_flattened_mut().as_flattened_mut().iter_mut().for_each(|pixel| *pixel += 0.1 * rng.normal());
    (picture, mask)
}

/// How far a point is outside of a shape around the origin; negative inside.
fn distance(class: u32, [a, b]: [f32; 2], [x, y]: [f32; 2]) -> f32 {
    match class {
        1 => x.hypot(y) - a,
        2 => (x.abs() - a).max(y.abs() - b),
        // The sides of a triangle whose sides are equal, at the same distance from the centre.
        _ => (-y).max(0.5 * y + 0.866 * x.abs()) - 0.7 * a,
    }
}

/// Pictures beside their truth and the answers of the network, in rows.
fn sheet(test: &Dataset<Picture, Mask>, scores: &[Scores]) -> Image {
    const ROWS: usize = 6;
    const PITCH: usize = SIDE + 2;
    const COLOURS: [[f32; 3]; CLASSES] = [[0.1, 0.1, 0.1], [0.9, 0.3, 0.2], [0.2, 0.5, 0.9], [0.95, 0.8, 0.2]];
    // White is the edge, and black the void.
    let mut sheet: Box<[[[f32; 3 * PITCH + 2]; ROWS * PITCH + 2]; 3]> = dl::pod::zeroed_box();
    sheet.as_flattened_mut().as_flattened_mut().fill(1.0);
    let samples = test.inputs.iter().zip(&test.targets).zip(scores);
    for (n, ((picture, mask), scores)) in samples.take(ROWS).enumerate() {
        for (row, column) in (0..SIDE).flat_map(|row| (0..SIDE).map(move |column| (row, column))) {
            let of = |class: u32| COLOURS.get(class as usize).copied().unwrap_or([0.0; 3]);
            let best = (0..CLASSES).max_by(|a, b| scores[*a][row][column].total_cmp(&scores[*b][row][column]));
            let grey = picture[0][row][column].clamp(0.0, 1.0);
            let panels = [[grey; 3], of(mask[row][column]), of(best.unwrap_or(0) as u32)];
            for (panel, colour) in panels.iter().enumerate() {
                for (channel, number) in colour.iter().enumerate() {
                    sheet[channel][2 + n * PITCH + row][2 + panel * PITCH + column] = *number;
                }
            }
        }
    }
    Image::of(&sheet)
}
