//! Rotation, scaling and translation of images, with bilinear interpolation.

use super::symmetric;
use crate::random::Rng;
use crate::range::{NOT_NEGATIVE, POSITIVE, text};
use crate::tensor::pod::flat;
use crate::{Error, Result};
use std::cell::RefCell;
use std::ops::RangeInclusive;

/// Rotates, scales and moves images by random amounts, as torchvision's `RandomAffine` does.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::data::augment::Affine;
/// use dl::random::Rng;
/// let mut image = [[[1.0; 8]; 8]; 1];
/// Affine::new(10.0, 0.9..=1.1, 1.0)?.apply(&mut image, &mut Rng::new(42));
/// # Ok::<(), dl::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Affine {
    degrees: f32,
    scale: RangeInclusive<f32>,
    pixels: f32,
}

impl Affine {
    /// Creates an augmentation by up to `degrees` in both directions, a factor in `scale`, and up to `pixels` to each side.
    ///
    /// # Errors
    /// [`Error::Setting`] unless all numbers are finite, none is negative, and factors are above 0 with the smaller one first.
    pub fn new(degrees: f32, scale: RangeInclusive<f32>, pixels: f32) -> Result<Self> {
        const OF: &str = "Affine";
        NOT_NEGATIVE.check(OF, "degrees", degrees)?;
        NOT_NEGATIVE.check(OF, "pixels", pixels)?;
        POSITIVE.check(OF, "scale", *scale.start())?;
        POSITIVE.check(OF, "scale", *scale.end())?;
        if scale.is_empty() {
            let found = format!("{}..={}", text(*scale.start()), text(*scale.end()));
            return Err(Error::Setting {
                setting: "scale",
                of: OF,
                expected: "a range that is not empty".into(),
                found,
            });
        }
        Ok(Affine { degrees, scale, pixels })
    }
    /// Changes an image by random amounts.
    pub fn apply<const W: usize, const H: usize, const C: usize>(&self, image: &mut [[[f32; W]; H]; C], rng: &mut Rng) {
        let degrees = symmetric(self.degrees, rng);
        let (low, high) = (*self.scale.start(), *self.scale.end());
        let scale = low + (high - low) * rng.uniform();
        let (right, down) = (symmetric(self.pixels, rng), symmetric(self.pixels, rng));
        warp(image, degrees, scale, [right, down]);
    }
}

thread_local! {
    /// A copy of the image that is warped: it is too large for the stack, and is allocated once.
    static COPY: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Rotates an image around its centre by `degrees` (clockwise, as rows go down), scales it by a factor above 0, and moves it by pixels to
/// the right and down; pixels are interpolated, and those outside of the image are 0.
///
/// These are the numbers of torchvision's `affine` with bilinear interpolation.
pub fn warp<const W: usize, const H: usize, const C: usize>(
    image: &mut [[[f32; W]; H]; C],
    degrees: f32,
    scale: f32,
    [right, down]: [f32; 2],
) {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (sin, cos) = (sin / scale, cos / scale);
    let (middle_x, middle_y) = (0.5 * (W as f32 - 1.0), 0.5 * (H as f32 - 1.0));
    COPY.with_borrow_mut(|from| {
        from.clear();
        from.extend_from_slice(flat(image));
        for (y, x) in (0..H).flat_map(|y| (0..W).map(move |x| (y, x))) {
            // The place that this pixel comes from: the inverse map.
            let (dx, dy) = (x as f32 - middle_x - right, y as f32 - middle_y - down);
            let (from_x, from_y) = (cos * dx + sin * dy + middle_x, cos * dy - sin * dx + middle_y);
            let (left, top) = (from_x.floor(), from_y.floor());
            let (across, along) = (from_x - left, from_y - top);
            let corners = [
                (left, top, (1.0 - across) * (1.0 - along)),
                (left + 1.0, top, across * (1.0 - along)),
                (left, top + 1.0, (1.0 - across) * along),
                (left + 1.0, top + 1.0, across * along),
            ]
            .map(|(x, y, weight)| {
                let inside = x >= 0.0 && y >= 0.0 && x < W as f32 && y < H as f32;
                if inside { (y as usize * W + x as usize, weight) } else { (0, 0.0) }
            });
            for (plane, from) in image.iter_mut().zip(from.chunks_exact(W * H)) {
                plane[y][x] = corners.iter().map(|(at, weight)| from[*at] * weight).sum();
            }
        }
    });
}
