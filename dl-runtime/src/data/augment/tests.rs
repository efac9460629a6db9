//! Tests of augmentation against naive references in `f64`, of the seeds, and of the distributions.

use super::*;
use crate::tensor::pod::{flat, flat_mut};
use std::slice::{from_mut, from_ref};

type Image = [[[f32; 5]; 7]; 3];

/// An image of different numbers above 0.
fn numbered() -> Image {
    let mut image = [[[0.0; 5]; 7]; 3];
    flat_mut(from_mut(&mut image)).iter_mut().enumerate().for_each(|(i, x)| *x = ((i * 37) % 105 + 1) as f32 / 10.0);
    image
}

/// The pixel at a place, 0 outside of the image.
fn at(image: &Image, c: usize, y: isize, x: isize) -> f32 {
    if (0..7).contains(&y) && (0..5).contains(&x) { image[c][y as usize][x as usize] } else { 0.0 }
}

fn each(mut f: impl FnMut(usize, usize, usize)) {
    (0..3).for_each(|c| (0..7).for_each(|y| (0..5).for_each(|x| f(c, y, x))));
}

#[test]
fn images_are_moved_by_whole_pixels() {
    let from = numbered();
    for (down, right) in [(0, 0), (2, 1), (-3, 4), (1, -5), (-7, 0), (100, 2), (isize::MIN, isize::MAX)] {
        let mut to = from;
        shift(&mut to, down, right);
        each(|c, y, x| {
            let expected = at(&from, c, (y as isize).saturating_sub(down), (x as isize).saturating_sub(right));
            assert_eq!(to[c][y][x], expected, "{down} {right}: {c} {y} {x}");
        });
    }
    // Every offset comes, and no other.
    let mut counts = [[0; 5]; 5];
    let mut rng = Rng::new(1);
    for _ in 0..2500 {
        let mut to = [[[0.0; 9]; 9]; 1];
        to[0][4][4] = 1.0;
        crop(&mut to, 2, &mut rng);
        let place = flat(from_ref(&to)).iter().position(|x| *x == 1.0).unwrap();
        counts[place / 9 - 2][place % 9 - 2] += 1;
    }
    assert!(counts.as_flattened().iter().all(|count| (50..160).contains(count)), "{counts:?}");
}

#[test]
fn images_are_turned_half_the_time() {
    let (from, mut turned, mut rng) = (numbered(), 0, Rng::new(2));
    for _ in 0..1000 {
        let mut to = from;
        horizontal_flip(&mut to, &mut rng);
        if to != from {
            turned += 1;
            each(|c, y, x| assert_eq!(to[c][y][x], from[c][y][4 - x]));
        }
    }
    assert!((430..570).contains(&turned), "{turned}");
}

#[test]
fn a_square_is_cut_out() {
    let mut rng = Rng::new(3);
    for size in [0, 1, 2, 3, 4, 50, usize::MAX] {
        for _ in 0..100 {
            let (from, mut to) = (numbered(), numbered());
            cutout(&mut to, size, &mut rng);
            let is_cut = |y: usize, x: usize| to[0][y][x] == 0.0;
            let rows = (0..7).filter(|y| (0..5).any(|x| is_cut(*y, x))).count();
            let columns = (0..5).filter(|x| (0..7).any(|y| is_cut(y, *x))).count();
            assert!(rows <= size && columns <= size && (size == 0 || rows > 0 && 2 * rows >= size.min(7) - 1));
            let mut cut = 0;
            each(|c, y, x| {
                assert_eq!(to[c][y][x], if is_cut(y, x) { 0.0 } else { from[c][y][x] });
                cut += usize::from(to[c][y][x] == 0.0);
            });
            assert_eq!(cut, 3 * rows * columns);
        }
    }
}

/// Bilinear interpolation of the inverse map in `f64`, by the distance from each pixel.
fn warped(from: &Image, degrees: f64, scale: f64, [right, down]: [f64; 2]) -> [[[f64; 5]; 7]; 3] {
    let mut to = [[[0.0; 5]; 7]; 3];
    let radians = degrees * std::f64::consts::PI / 180.0;
    each(|c, y, x| {
        let (x0, y0) = (x as f64 - 2.0 - right, y as f64 - 3.0 - down);
        let from_x = (radians.cos() * x0 + radians.sin() * y0) / scale + 2.0;
        let from_y = (-radians.sin() * x0 + radians.cos() * y0) / scale + 3.0;
        each(|c2, v, u| {
            let weight = |a: f64, b: usize| (1.0 - (a - b as f64).abs()).max(0.0);
            if c2 == c {
                to[c][y][x] += weight(from_x, u) * weight(from_y, v) * f64::from(from[c][v][u]);
            }
        });
    });
    to
}

#[test]
fn warping_interpolates_between_pixels() {
    let from = numbered();
    for (degrees, scale, by) in [
        (0.0, 1.0, [0.5, -1.25]),
        (30.0, 1.0, [0.0; 2]),
        (-17.0, 1.3, [1.0, 0.3]),
        (200.0, 0.6, [-0.7, 2.0]),
        (0.0, 0.01, [0.0; 2]),
        (5.0, 50.0, [0.0; 2]),
    ] {
        let (mut to, expected) = (from, warped(&from, degrees, scale, by));
        warp(&mut to, degrees as f32, scale as f32, by.map(|x| x as f32));
        each(|c, y, x| {
            let error = (f64::from(to[c][y][x]) - expected[c][y][x]).abs();
            assert!(error < 1e-3 * 10.5, "{degrees}° × {scale}: {} {}", to[c][y][x], expected[c][y][x]);
        });
    }
    let (mut same, mut moved) = (from, from);
    warp(&mut same, 0.0, 1.0, [0.0; 2]);
    assert_eq!(same, from);
    warp(&mut moved, 0.0, 1.0, [2.0, -1.0]);
    shift(&mut same, -1, 2);
    assert_eq!(moved, same);
    // A quarter turn moves the top of the middle column to the right end of the middle row.
    let mut square = [[[0.0; 5]; 5]; 1];
    square[0][0][2] = 1.0;
    warp(&mut square, 90.0, 1.0, [0.0; 2]);
    assert!((square[0][2][4] - 1.0).abs() < 1e-5, "{square:?}");
}

#[test]
fn colours_move_from_their_greys() {
    let from = numbered();
    let (brightness, contrast, saturation) = (1.2, 0.7, 1.5);
    let mut to = from;
    recolour(&mut to, brightness, contrast, saturation);
    let grey = |of: &dyn Fn(usize) -> f64| 0.299 * of(0) + 0.587 * of(1) + 0.114 * of(2);
    let bright = |c: usize, y: usize, x: usize| f64::from(from[c][y][x]) * f64::from(brightness);
    let mut mean = 0.0;
    (0..7).for_each(|y| (0..5).for_each(|x| mean += grey(&|c| bright(c, y, x)) / 35.0));
    let contrasted = |c: usize, y: usize, x: usize| mean + f64::from(contrast) * (bright(c, y, x) - mean);
    each(|c, y, x| {
        let own = grey(&|c| contrasted(c, y, x));
        let expected = own + f64::from(saturation) * (contrasted(c, y, x) - own);
        assert!((f64::from(to[c][y][x]) - expected).abs() < 1e-4);
    });
    let mut grey = [[[2.0, 4.0]; 2]; 1];
    recolour(&mut grey, 1.0, 0.5, 0.0);
    assert_eq!(grey, [[[2.5, 3.5]; 2]; 1]);
}

#[test]
fn samples_are_mixed_in_pairs_with_their_targets() {
    let start = || {
        let inputs: Vec<Image> = (0..5_u8).map(|k| [[[f32::from(k); 5]; 7]; 3]).collect();
        let targets: Vec<[f32; 5]> = (0..5).map(|k| std::array::from_fn(|i| f32::from(i == k))).collect();
        (inputs, targets)
    };
    let (mut inputs, mut targets) = start();
    Mixup::new(1.0).unwrap().apply(&mut inputs, &mut targets, &mut Rng::new(4));
    for (k, (input, target)) in inputs.iter().zip(&targets).enumerate() {
        let expected = target[k] * k as f32 + if k == 2 { 0.0 } else { target[4 - k] * (4 - k) as f32 };
        assert!(flat(from_ref(input)).iter().all(|x| (x - expected).abs() < 1e-5));
        assert!((target.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert_eq!(target[k], targets[4 - k][4 - k]);
    }
    let mut rng = Rng::new(5);
    for _ in 0..50 {
        let (mut inputs, mut targets) = start();
        CutMix::new(1.0).unwrap().apply(&mut inputs, &mut targets, &mut rng);
        for (k, (input, target)) in inputs.iter().zip(&targets).enumerate() {
            let own = flat(from_ref(input)).iter().filter(|x| **x == k as f32).count();
            assert!(flat(from_ref(input)).iter().all(|x| *x == k as f32 || *x == (4 - k) as f32));
            assert!((target[k] - own as f32 / 105.0).abs() < 1e-6 && (target.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
    }
}

#[test]
fn shares_have_the_moments_of_their_distribution() {
    for alpha in [0.2, 1.0, 4.0] {
        let mut rng = Rng::new(6);
        let draws: Vec<f64> = (0..20_000).map(|_| mix::beta(alpha, &mut rng)).collect();
        assert!(draws.iter().all(|x| (0.0..=1.0).contains(x)));
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
        // Beta(α, α) has the variance 1/(4·(2α + 1)).
        let expected = 0.25 / (2.0 * alpha + 1.0);
        assert!((mean - 0.5).abs() < 0.01 && (variance / expected - 1.0).abs() < 0.04, "{alpha}: {mean} {variance}");
    }
    assert!(mix::beta(1e-6, &mut Rng::new(7)).is_finite());
}

#[test]
fn the_seed_alone_decides() {
    let (affine, colour) = (Affine::new(20.0, 0.8..=1.2, 1.5).unwrap(), Colour::new(0.1, 0.2, 0.3).unwrap());
    let augmented = |seed| {
        let (mut image, mut rng) = (numbered(), Rng::new(seed));
        horizontal_flip(&mut image, &mut rng);
        crop(&mut image, 1, &mut rng);
        affine.apply(&mut image, &mut rng);
        colour.apply(&mut image, &mut rng);
        cutout(&mut image, 2, &mut rng);
        image
    };
    assert_eq!(augmented(8), augmented(8));
    assert_ne!(augmented(8), augmented(9));
}

#[test]
fn mistakes_are_told() {
    let text = |error: crate::Error| error.to_string();
    assert_eq!(
        text(Affine::new(10.0, 0.0..=1.0, 0.0).unwrap_err()),
        "`scale` of `Affine` is 0; it must be a finite number above 0"
    );
    let reversed = Affine::new(10.0, 1.5..=1.0, 0.0).unwrap_err();
    assert_eq!(text(reversed), "`scale` of `Affine` is 1.5..=1; it must be a range that is not empty");
    assert!(Affine::new(-1.0, 1.0..=1.0, 0.0).is_err() && Affine::new(1.0, 1.0..=1.0, f32::NAN).is_err());
    assert_eq!(text(Colour::new(0.1, 1.5, 0.1).unwrap_err()), "`contrast` of `Colour` is 1.5; it must be from 0 to 1");
    assert_eq!(text(Mixup::new(0.0).unwrap_err()), "`alpha` of `Mixup` is 0; it must be above 0 and at most 1000");
    assert!(CutMix::new(f64::NAN).is_err());
}
