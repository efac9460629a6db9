//! A shape of other elements, an output of whole numbers, an input twice.

use dl::prelude::*;

model! {
    A(x: f64[8]) -> [4] { x -> dense(4) }
    B(x: [8]) -> u32[4] { x -> dense(4) }
    C(x: 8) -> [4] { x -> dense(4) }
    D(x: [8.0]) -> [-4] { x -> dense(4) }
}

fn main() {}
