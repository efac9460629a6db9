//! Pictures of what a network has learned: histograms of its tensors, and the filters of a convolution.

use super::{Histogram, Image};
use crate::tensor::pod::flat;
use crate::tensor::{Role, TensorInfo};
use crate::{Error, Passes, Result};
use dl_drawing::svg::{Number, Svg};
use std::fmt;
use std::path::Path;

/// The number of bins of each histogram.
pub(crate) const BINS: usize = 30;
/// The size of one histogram of a picture, and the number of them in a row.
const SIZE: (f64, f64) = (240.0, 120.0);
const COLUMNS: usize = 4;

/// Histograms of all trained tensors of a model, or of their gradients.
///
/// `Display` writes one line for each tensor: its name, the mean and standard deviation of its numbers, their range, the share of zeros,
/// and the histogram.
///
/// ```
/// # use dl_runtime as dl;
/// # fn example<Net: dl::Model<Input = [f32; 4], Output = [f32; 3]>>(inputs: &[[f32; 4]], labels: &[u32]) -> dl::Result<()> {
/// use dl::plot::Histograms;
/// use dl::prelude::*;
/// let mut net = Net::init(42);
/// println!("{}", Histograms::of(&*net));
/// let mut training = net.training(Cpu::new(), 64)?;
/// training.forward(inputs)?;
/// training.loss(&CrossEntropy, labels)?;
/// training.backward();
/// // Each gradient comes in the place of its weight.
/// training.gradients(&mut net)?;
/// Histograms::of(&*net).save("gradients.svg")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Histograms {
    /// The names of the tensors, with their histograms.
    pub tensors: Vec<(String, Histogram)>,
}

impl Histograms {
    /// Counts the numbers of all trained tensors.
    pub fn of<M: Passes>(net: &M) -> Self {
        let numbers = flat(std::slice::from_ref(net));
        let trained = M::TENSORS.iter().filter(|tensor| tensor.role != Role::Statistic);
        let histogram = |tensor: TensorInfo| {
            let histogram = Histogram::of(&numbers[tensor.range()], BINS);
            (tensor.name, histogram)
        };
        Histograms { tensors: trained.map(histogram).collect() }
    }
    /// Draws the histograms as an SVG file, and writes it, atomically.
    ///
    /// # Errors
    /// Returns [`Error::Io`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        crate::io::write_atomic(path, |to| to.write_all(self.svg().as_bytes()))
    }
    /// Returns the text of [`Histograms::save`].
    pub fn svg(&self) -> String {
        let (columns, rows) = (self.tensors.len().clamp(1, COLUMNS), self.tensors.len().div_ceil(COLUMNS).max(1));
        let size = (SIZE.0 * columns as f64, SIZE.1 * rows as f64);
        Svg::file((0.0, 0.0), size, &[("font-family", &"sans-serif"), ("font-size", &11), ("fill", &"#333")], |svg| {
            svg.style(".e{text-anchor:end}.b{fill:#0072b2}");
            svg.element("rect", &[("width", &"100%"), ("height", &"100%"), ("fill", &"white")]);
            for (i, (name, histogram)) in self.tensors.iter().enumerate() {
                let (x, y) = (SIZE.0 * (i % COLUMNS) as f64, SIZE.1 * (i / COLUMNS) as f64);
                svg.group(&[("transform", &format!("translate({x} {y})"))], |svg| draw(svg, name, histogram));
            }
        })
    }
}

/// Draws one histogram with its upper left corner at (0, 0).
fn draw(svg: &mut Svg, name: &str, histogram: &Histogram) {
    let (left, top, right, bottom) = (12.0, 26.0, SIZE.0 - 12.0, SIZE.1 - 20.0);
    svg.text(&[("x", &left), ("y", &17)], name);
    let most = histogram.counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let width = (right - left) / histogram.counts.len().max(1) as f64;
    for (bin, count) in histogram.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        // A bin with one number among thousands is still seen.
        let height = (*count as f64 / most * (bottom - top)).max(1.0);
        let (x, y) = (Number(left + bin as f64 * width), Number(bottom - height));
        let size = (Number(width - 0.6), Number(height));
        svg.element("rect", &[("class", &"b"), ("x", &x), ("y", &y), ("width", &size.0), ("height", &size.1)]);
    }
    svg.element("path", &[("stroke", &"#888"), ("d", &format!("M{left} {bottom}H{right}"))]);
    svg.text(&[("x", &left), ("y", &(bottom + 14.0))], &format!("{:.3e}", histogram.min));
    svg.text(&[("class", &"e"), ("x", &right), ("y", &(bottom + 14.0))], &format!("{:.3e}", histogram.max));
}

impl fmt::Display for Histograms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.tensors.iter().map(|(name, _)| name.chars().count()).fold(6, usize::max);
        let head = ["mean", "deviation", "smallest", "largest"].map(|head| format!("{head:>11}")).concat();
        writeln!(f, "{:<width$}{head}  zeros", "tensor")?;
        for (name, histogram) in &self.tensors {
            let numbers = [histogram.mean(), histogram.deviation(), histogram.min, histogram.max];
            let numbers = numbers.map(|number| format!("{number:>11.2e}")).concat();
            let zeros = 100.0 * histogram.zeros as f64 / histogram.finite.max(1) as f64;
            writeln!(f, "{name:<width$}{numbers}{zeros:>6.1}%  {histogram}")?;
        }
        Ok(())
    }
}

/// Draws the filters of a convolution as a grid of little images: what each output channel looks for.
///
/// `layer` is the name of the layer, such as `conv1`. If it has three input channels, each filter is one coloured image; otherwise each
/// filter has an image for each input channel, in a row. Zero is grey, and the largest weight of a filter, positive or negative, is white
/// or black. [`Image::enlarged`] makes the pixels large enough to see:
///
/// ```
/// # use dl_runtime as dl;
/// # fn example<LeNet: dl::Model>(net: &LeNet) -> dl::Result<()> {
/// dl::plot::filters(net, "conv1")?.enlarged(8).save("filters.png")?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Returns [`Error::Setting`] if there is no convolution of images with this name; it lists those that there are.
pub fn filters<M: Passes>(net: &M, layer: &str) -> Result<Image> {
    let layer_of = |tensor: &TensorInfo| tensor.name.strip_suffix(".weight").map(str::to_owned);
    let mut convolutions = M::TENSORS.iter().filter(|tensor| tensor.shape.len() == 4 && layer_of(tensor).is_some());
    let Some(tensor) = convolutions.find(|tensor| layer_of(tensor).as_deref() == Some(layer)) else {
        let names = M::TENSORS.iter().filter(|tensor| tensor.shape.len() == 4).filter_map(|tensor| layer_of(&tensor));
        let names = names.collect::<Vec<_>>().join(", ");
        let expected =
            if names.is_empty() { "a convolution, and there is none".into() } else { format!("one of {names}") };
        return Err(Error::Setting { setting: "layer", of: "filters", expected, found: layer.into() });
    };
    let &[filters, channels, height, width] = tensor.shape else { unreachable!("a tensor of four dimensions") };
    // A filter is one image or a row of them, and filters of one image form a square.
    let (images, depth) = if channels == 3 { (1, 3) } else { (channels, 1) };
    let columns = if images > 1 { images } else { filters.isqrt().max(1) };
    let rows = (filters * images).div_ceil(columns);
    let mut grid = Image::new(columns * (width + 1) + 1, rows * (height + 1) + 1, [255; 3]);
    let weights = &flat(std::slice::from_ref(net))[tensor.range()];
    for (filter, weights) in weights.chunks_exact(channels * height * width).enumerate() {
        let most = weights.iter().fold(f32::MIN_POSITIVE, |most, w| most.max(w.abs()));
        for (image, weights) in weights.chunks_exact(depth * height * width).enumerate() {
            let place = filter * images + image;
            let (x, y) = (1 + place % columns * (width + 1), 1 + place / columns * (height + 1));
            grid.draw(x, y, (depth, height, width), weights, (-most, most));
        }
    }
    Ok(grid)
}
