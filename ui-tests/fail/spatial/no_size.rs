//! Sizes of at least one.
use dl::prelude::*;

model! {
    Factor(x: [2, 3, 4]) -> [2, 3, 4] { x -> upsample(0) }

    Size(x: [2, 3, 4]) -> [2, 3, 4] { x -> adaptive_avg_pool2d([0, 2]) }

    Multiplier(x: [2, 3, 4]) -> [2, 1, 2] { x -> depthwise_conv2d(3, multiplier: 0) }
}

fn main() {}
