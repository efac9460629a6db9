//! A sum of values of different lengths, and of a sequence and a value for each sample with other features.

use dl::prelude::*;

model! {
    pub A(source: u32[..], target: u32[..]) -> [source.., 4] {
        let a = source -> embedding(9, 4);
        let b = target -> embedding(9, 4);
        a + b
    }

    pub B(x: [.., 4], y: [3]) -> [.., 4] {
        x + y
    }
}

fn main() {}
