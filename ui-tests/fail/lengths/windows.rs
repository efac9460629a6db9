//! Other layers with windows take sequences of known length.

use dl::prelude::*;

model! {
    pub Net(x: [.., 8]) -> [.., 4] {
        x -> max_pool1d(2) -> dense(4)
    }
}

fn main() {}
