//! The code that examples share: their options, readers of data, and pictures (grey images as PNG files, tables as SVG files).

pub mod data;
mod heat_map;
pub mod tabular;
pub mod words;

pub use heat_map::save_heat_map;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use dl::data::Dataset;
use dl::plot::Chart;
use dl::pod::{Pod, flat};
use std::fs::{create_dir_all, write};
use std::path::{Path, PathBuf};

/// Runs on the 8×8 digits that come with the crate, in seconds, or on MNIST, in minutes
#[derive(Parser)]
pub struct Options {
    /// Folder with the four files of MNIST, to be used instead of the digits in the crate
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Folder to write pictures to
    #[arg(long, default_value = "target/pictures")]
    pub out: PathBuf,
    /// How often all images are seen; each example has a number of its own
    #[arg(long)]
    epochs: Option<usize>,
}

impl Options {
    /// From the command line.
    pub fn read() -> Self {
        Self::parse()
    }
    /// From the command line, for an example that knows only the digits in the crate.
    pub fn read_without_data() -> Self {
        let options = Self::parse();
        if options.data.is_some() {
            let text = "this example is written for the digits in the crate; it takes no `--data`";
            Self::command().error(ErrorKind::ArgumentConflict, text).exit();
        }
        options
    }
    /// How often all images are seen: few epochs go far with the 60,000 images of MNIST.
    pub fn epochs(&self, digits: usize, mnist: usize) -> usize {
        self.epochs.unwrap_or(if self.data.is_some() { mnist } else { digits })
    }
    /// A file in the folder for pictures, which is made if there is none.
    pub fn file(&self, name: &str) -> dl::Result<PathBuf> {
        create_dir_all(&self.out).map_err(|source| dl::Error::Io { path: self.out.clone(), source })?;
        Ok(self.out.join(name))
    }
}

/// Images as rows of pixels, without targets: for networks that only look at images.
pub fn pixels<const SIDE: usize, const PIXELS: usize>(
    images: &Dataset<[[[f32; SIDE]; SIDE]; 1], u32>,
) -> Dataset<[f32; PIXELS], [f32; 0]> {
    let rows = images.inputs.iter().map(|image| flat(image).try_into().expect("SIDE² pixels"));
    Dataset::unlabelled(rows.collect())
}

/// Draws where images of digits lie on a plane, in a colour for each digit, to an SVG file.
pub fn save_plane(path: impl AsRef<Path>, title: &str, points: &[[f32; 2]], digits: &[u32]) -> dl::Result<()> {
    let mut chart = Chart::new(title).axes("first number", "second number");
    for digit in 0..10 {
        let of_digit = points.iter().zip(digits).filter(|(_, label)| **label == digit);
        chart = chart.points(digit.to_string(), of_digit.map(|([x, y], _)| (f64::from(*x), f64::from(*y))));
    }
    chart.save(&path)?;
    println!("drawn to {}", path.as_ref().display());
    Ok(())
}

/// Space around an image, in pixels of the file.
const GAP: usize = 4;
/// The least size of an image, in pixels of the file.
const TILE: usize = 56;

/// Writes rows of square images to a PNG file, 0 as white and 1 as black.
pub fn save_png<T: Pod<Element = f32>>(path: impl AsRef<Path>, rows: &[&[T]]) -> dl::Result<()> {
    let side = T::LEN.isqrt();
    assert_eq!(side * side, T::LEN, "images are square");
    let scale = TILE.div_ceil(side);
    let pitch = side * scale + GAP;
    let columns = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    let (width, height) = (columns * pitch + GAP, rows.len() * pitch + GAP);
    let mut pixels = vec![200; width * height];
    for (row, images) in rows.iter().enumerate() {
        for (column, image) in images.iter().enumerate() {
            let image = flat(std::slice::from_ref(image));
            for y in 0..side * scale {
                let start = (GAP + row * pitch + y) * width + GAP + column * pitch;
                for x in 0..side * scale {
                    // The cast saturates: what is below 0 or above 1 is white or black.
                    pixels[start + x] = (255.0 * (1.0 - image[y / scale * side + x / scale])) as u8;
                }
            }
        }
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels));
    written.expect("memory takes all that is written");
    let path = path.as_ref();
    write(path, file).map_err(|source| dl::Error::Io { path: path.to_owned(), source })?;
    println!("drawn to {}", path.display());
    Ok(())
}

/// The class with the highest score.
pub fn best<const N: usize>(scores: &[f32; N]) -> u32 {
    (0..N as u32).max_by(|&a, &b| scores[a as usize].total_cmp(&scores[b as usize])).unwrap()
}

/// How many of a hundred answers are right.
pub fn accuracy<const N: usize>(scores: &[[f32; N]], labels: &[u32]) -> f64 {
    let right = scores.iter().zip(labels).filter(|(scores, label)| best(scores) == **label).count();
    100.0 * right as f64 / labels.len() as f64
}
