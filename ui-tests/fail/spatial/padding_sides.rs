//! Padding is a number, or one for each of four sides.
use dl::prelude::*;

model! {
    Three(x: [2, 4, 4]) -> [2, 6, 6] { x -> pad2d([1, 1, 1]) }

    Word(x: [2, 4, 4]) -> [2, 6, 6] { x -> pad2d(1, mode: mirror) }
}

fn main() {}
