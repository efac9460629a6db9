//! Names of other libraries.
use dl::prelude::*;

model! {
    Deconv(x: [2, 3, 4]) -> [2, 5, 6] { x -> deconv(2, 3) }

    Scale(x: [2, 3, 4]) -> [2, 6, 8] { x -> upsample(scale_factor: 2) }

    // A size is no factor: what it makes is not known, and the output is not blamed.
    Resize(x: [1, 2, 2]) -> [1, 5, 5] { x -> resize([5, 5]) }

    Interpolate(x: [1, 2, 2]) -> [1, 5, 5] { x -> interpolate(5) }

    Corners(x: [1, 2, 2]) -> [1, 4, 4] { x -> upsample(2, align_corners: true) }
}

fn main() {}
