//! Random changes of brightness, contrast and saturation.

use super::symmetric;
use crate::Result;
use crate::random::Rng;
use crate::range::{SHARE, check};
use crate::tensor::pod::{flat, flat_mut};
use std::slice::{from_mut, from_ref};

/// Changes the brightness, the contrast and the saturation of images by random factors, as torchvision's `ColorJitter` does.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::data::augment::Colour;
/// use dl::random::Rng;
/// let mut image = [[[0.5; 8]; 8]; 3];
/// Colour::new(0.2, 0.2, 0.2)?.apply(&mut image, &mut Rng::new(42));
/// # Ok::<(), dl::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Colour {
    changes: [f32; 3],
}

impl Colour {
    /// Creates an augmentation by factors from `1 - change` to `1 + change`, one change each.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the changes are from 0 to 1.
    pub fn new(brightness: f32, contrast: f32, saturation: f32) -> Result<Self> {
        let settings =
            [("brightness", brightness, SHARE), ("contrast", contrast, SHARE), ("saturation", saturation, SHARE)];
        check("Colour", &settings)?;
        Ok(Colour { changes: [brightness, contrast, saturation] })
    }
    /// Changes an image by random factors.
    pub fn apply<const W: usize, const H: usize, const C: usize>(&self, image: &mut [[[f32; W]; H]; C], rng: &mut Rng) {
        let [brightness, contrast, saturation] = self.changes.map(|change| 1.0 + symmetric(change, rng));
        recolour(image, brightness, contrast, saturation);
    }
}

/// Multiplies an image by `brightness`, then its distance from its mean grey by `contrast`, then the distance of each pixel from its own
/// grey by `saturation`. Factors of 1 change nothing. Numbers are not limited to a range, since images may be normalised.
///
/// The grey of three channels is `0.299·red + 0.587·green + 0.114·blue`, and the mean of the channels of other images.
pub fn recolour<const W: usize, const H: usize, const C: usize>(
    image: &mut [[[f32; W]; H]; C],
    brightness: f32,
    contrast: f32,
    saturation: f32,
) {
    let weight = |channel: usize| if C == 3 { [0.299, 0.587, 0.114][channel] } else { 1.0 / C as f32 };
    flat_mut(from_mut(image)).iter_mut().for_each(|x| *x *= brightness);
    let mean_of = |plane: &[[f32; W]; H]| flat(from_ref(plane)).iter().sum::<f32>() / (W * H) as f32;
    let mean: f32 = image.iter().enumerate().map(|(c, plane)| weight(c) * mean_of(plane)).sum();
    flat_mut(from_mut(image)).iter_mut().for_each(|x| *x = mean + contrast * (*x - mean));
    for (y, x) in (0..H).flat_map(|y| (0..W).map(move |x| (y, x))) {
        let grey: f32 = (0..C).map(|c| weight(c) * image[c][y][x]).sum();
        image.iter_mut().for_each(|plane| plane[y][x] = grey + saturation * (plane[y][x] - grey));
    }
}
