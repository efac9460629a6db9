//! Positions of sequences without a largest length, and too few.

use dl::prelude::*;

model! {
    pub A(x: [.., 8]) -> [.., 8] {
        x -> learned_positions
    }

    pub B(x: [..=100, 8]) -> [.., 8] {
        x -> learned_positions(64)
    }
}

fn main() {}
