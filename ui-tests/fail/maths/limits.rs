//! Limits in order, exponents that are whole.

use dl::prelude::*;

model! {
    Net(x: [6]) -> [6] {
        x -> clamp(1.0, 0.0) -> hard_tanh(3) -> powi(0.5) -> powi(99999999999)
    }
}

fn main() {}
