//! Augmentation of images: plain functions that change an image in place by random numbers, one after another in a closure.
//!
//! Images are `[[[f32; W]; H]; C]`, channel by channel. What comes from outside of the image is 0, so normalised images (of mean 0) are
//! best. With [`Dataset::augmented`](super::Dataset::augmented) the random numbers of an image depend only on the seed of the trainer,
//! the epoch, and the place of the image in it.
//!
//! ```
//! # use dl_runtime as dl;
//! use dl::data::augment::{self, Affine, Colour};
//! use dl::data::{Dataset, Source};
//! type Image = [[[f32; 32]; 32]; 3];
//! # fn example(data: &Dataset<Image, u32>) -> dl::Result<()> {
//! let (affine, colour) = (Affine::new(15.0, 0.9..=1.1, 2.0)?, Colour::new(0.2, 0.2, 0.2)?);
//! let source = data.augmented(|image, rng, to: &mut Image| {
//!     *to = *image;
//!     augment::horizontal_flip(to, rng);
//!     augment::crop(to, 4, rng);
//!     affine.apply(to, rng);
//!     colour.apply(to, rng);
//!     augment::cutout(to, 8, rng);
//! });
//! # Ok(())
//! # }
//! ```

mod affine;
mod colour;
mod mix;
#[cfg(test)]
mod tests;

pub use affine::{Affine, warp};
pub use colour::{Colour, recolour};
pub use mix::{CutMix, Mixup};

use crate::random::Rng;

/// Turns an image left to right, with a probability of one half.
pub fn horizontal_flip<const W: usize, const H: usize, const C: usize>(image: &mut [[[f32; W]; H]; C], rng: &mut Rng) {
    if rng.next_u32() & 1 == 1 {
        image.as_flattened_mut().iter_mut().for_each(|row| row.reverse());
    }
}

/// Moves an image by up to `padding` pixels to each side: a random crop of the image with a border of zeros.
///
/// Source: He et al., "Deep residual learning for image recognition", CVPR 2016, section 4.2, with 4 pixels for images of 32×32.
pub fn crop<const W: usize, const H: usize, const C: usize>(
    image: &mut [[[f32; W]; H]; C],
    padding: usize,
    rng: &mut Rng,
) {
    let mut offset = || rng.below(2 * padding + 1) as isize - padding as isize;
    let (down, right) = (offset(), offset());
    shift(image, down, right);
}

/// Moves an image by whole pixels, with zeros at the other side.
pub fn shift<const W: usize, const H: usize, const C: usize>(
    image: &mut [[[f32; W]; H]; C],
    down: isize,
    right: isize,
) {
    let (down, right) = (down.clamp(-(H as isize), H as isize), right.clamp(-(W as isize), W as isize));
    let by = right.unsigned_abs();
    for plane in image {
        for row in plane.iter_mut() {
            if right > 0 {
                row.copy_within(..W - by, by);
                row[..by].fill(0.0);
            } else {
                row.copy_within(by.., 0);
                row[W - by..].fill(0.0);
            }
        }
        let rows = down.unsigned_abs();
        if down > 0 {
            plane.copy_within(..H - rows, rows);
            plane[..rows].fill([0.0; W]);
        } else {
            plane.copy_within(rows.., 0);
            plane[H - rows..].fill([0.0; W]);
        }
    }
}

/// Sets a square of `size` pixels around a random pixel to 0; at the edge of the image a part of it.
///
/// Source: DeVries, Taylor, "Improved regularization of convolutional neural networks with cutout", 2017.
pub fn cutout<const W: usize, const H: usize, const C: usize>(
    image: &mut [[[f32; W]; H]; C],
    size: usize,
    rng: &mut Rng,
) {
    let (rows, columns) = (around(rng.below(H), size, H), around(rng.below(W), size, W));
    for plane in image {
        plane[rows.clone()].iter_mut().for_each(|row| row[columns.clone()].fill(0.0));
    }
}

/// Returns the `size` numbers around `centre` that are below `end`.
fn around(centre: usize, size: usize, end: usize) -> std::ops::Range<usize> {
    let first = centre.saturating_sub(size / 2);
    let last = centre.saturating_add(size - size / 2).min(end);
    first..last.max(first)
}

/// Draws a number from `-most` to `most`.
fn symmetric(most: f32, rng: &mut Rng) -> f32 {
    most * (2.0 * rng.uniform() - 1.0)
}
