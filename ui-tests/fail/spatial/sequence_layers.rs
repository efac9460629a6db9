//! Layers over sequences take channels and a length.
use dl::prelude::*;

model! {
    Image(x: [3, 8, 8]) -> [4, 8] { x -> conv1d(4, 3, padding: same) }

    Features(x: [16]) -> [4, 14] { x -> conv1d(4, 3) }

    Pooled(x: [3, 8, 8]) -> [3] { x -> global_max_pool1d }
}

fn main() {}
