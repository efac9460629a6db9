//! Digits as strokes, drawn as the page draws them.

use crate::{Drawing, Image};
use dl::data::Dataset;

/// How often each digit is drawn.
const COPIES: usize = 10;

/// Each digit with its strokes, whose points are in a box of 10 by 16: arcs are written as a few points.
const STROKES: &[(u32, &[&[(i8, i8)]])] = &[
    (0, &[&[(5, 0), (2, 2), (0, 6), (0, 10), (2, 14), (5, 16), (8, 14), (10, 10), (10, 6), (8, 2), (5, 0)]]),
    (1, &[&[(5, 0), (5, 16)]]),
    (1, &[&[(2, 4), (6, 0), (6, 16)]]),
    (2, &[&[(0, 4), (2, 1), (5, 0), (8, 1), (9, 4), (7, 8), (3, 12), (0, 16), (10, 16)]]),
    (2, &[&[(1, 3), (4, 0), (8, 2), (8, 6), (4, 11), (1, 15), (3, 13), (6, 15), (10, 15)]]),
    (3, &[&[(1, 2), (5, 0), (8, 2), (8, 5), (5, 7), (8, 9), (9, 12), (7, 15), (4, 16), (0, 14)]]),
    (4, &[&[(6, 0), (0, 10), (10, 10)], &[(7, 5), (7, 16)]]),
    (4, &[&[(1, 0), (1, 7), (3, 9), (8, 8)], &[(8, 0), (8, 16)]]),
    (5, &[&[(9, 0), (2, 0), (1, 7), (5, 6), (8, 8), (9, 11), (7, 15), (4, 16), (0, 14)]]),
    (6, &[&[(7, 0), (3, 4), (1, 9), (1, 13), (4, 16), (8, 15), (9, 11), (6, 9), (2, 11)]]),
    (7, &[&[(0, 0), (10, 0), (6, 8), (4, 16)]]),
    (7, &[&[(0, 1), (9, 0), (6, 8), (4, 16)], &[(3, 8), (8, 8)]]),
    (8, &[&[(8, 3), (5, 0), (2, 2), (3, 6), (7, 9), (9, 13), (5, 16), (1, 13), (3, 9), (7, 6), (8, 3)]]),
    (9, &[&[(9, 4), (6, 0), (2, 1), (1, 5), (4, 8), (8, 6), (9, 3), (8, 10), (6, 16)]]),
];

/// Returns every digit some times.
pub(super) fn digits() -> Dataset<Image, u32> {
    let mut digits = Dataset::default();
    let mut drawing = Drawing::new();
    for (label, strokes) in STROKES {
        drawing.clear();
        for stroke in *strokes {
            stroke.iter().enumerate().for_each(|(i, (x, y))| drawing.point(f32::from(*x), f32::from(*y), i == 0));
        }
        let image = drawing.image().expect("strokes");
        digits.inputs.extend([image; COPIES]);
        digits.targets.extend([*label; COPIES]);
    }
    digits
}
