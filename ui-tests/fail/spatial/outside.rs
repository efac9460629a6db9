//! The same rules where rustc works out the sizes.
use dl::prelude::*;

const SIDE: usize = 3;

model! {
    Mirror(x: [2, SIDE, SIDE]) -> [2, 9, 9] { x -> pad2d(3, mode: reflect) }

    Open(x: [2, 4, 4]) -> [3, 11, 11] { x -> conv_transpose2d(3, 2, stride: 2, output_padding: SIDE) }
}

fn main() {}
