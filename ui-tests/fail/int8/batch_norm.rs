//! Batch norm without a layer that it can become a part of.
use dl::prelude::*;
fn main() {}

model! {
    #[int8]
    First(x: [3, 8, 8]) -> [3, 8, 8] { x -> batch_norm }

    #[int8]
    After(x: [3, 8, 8]) -> [4, 8, 8] { x -> conv2d(4, 3, padding: 1) -> relu -> batch_norm as norm }

    #[int8]
    Twice(x: [3, 8, 8]) -> [4, 8, 8] {
        let h = x -> conv2d(4, 3, padding: 1);
        h + (h -> batch_norm)
    }
}
