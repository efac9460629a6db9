//! Positions are those of a sequence; sines and cosines come in pairs of features, in one of two orders.

use dl::prelude::*;

model! {
    Net(x: [8], y: [5, 7], image: [3, 8, 8]) -> [5, 7] {
        let a = x -> learned_positions;
        let b = image -> sinusoidal_positions;
        let c = y -> dense(8) -> sinusoidal_positions(order: half);
        y -> sinusoidal_positions -> learned_positions(5)
    }
}

fn main() {}
