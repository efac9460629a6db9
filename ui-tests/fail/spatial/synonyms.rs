//! Names of other libraries.
use dl::prelude::*;

model! {
    Deconv(x: [2, 3, 4]) -> [2, 5, 6] { x -> deconv(2, 3) }

    Scale(x: [2, 3, 4]) -> [2, 6, 8] { x -> upsample(scale_factor: 2) }
}

fn main() {}
