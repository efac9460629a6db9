//! A mirror has less than the whole image.
use dl::prelude::*;

model! {
    Mirror(x: [2, 3, 4]) -> [2, 9, 10] { x -> pad2d(3, mode: reflect) }
}

fn main() {}
