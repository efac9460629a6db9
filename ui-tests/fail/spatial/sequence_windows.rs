//! The window of a layer over sequences must fit.
use dl::prelude::*;

model! {
    Long(x: [2, 4]) -> [3, 1] { x -> conv1d(3, 5) }

    Padded(x: [2, 4]) -> [3, 1] { x -> conv1d(3, 4, dilation: 3, padding: 1) }

    Even(x: [2, 4]) -> [3, 4] { x -> conv1d(3, 4, padding: same) }

    Border(x: [2, 4]) -> [2, 4] { x -> max_pool1d(3, stride: 1, padding: 2) }
}

fn main() {}
