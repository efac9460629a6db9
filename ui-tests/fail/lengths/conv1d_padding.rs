//! A run-time length stays as it is: by `causal`, or by `same`.

use dl::prelude::*;

model! {
    pub Without(x: [.., 8]) -> [.., 4] {
        x -> conv1d(4, 3)
    }

    pub Number(x: [.., 8]) -> [.., 4] {
        x -> conv1d(4, 3, padding: 2)
    }

    pub Even(x: [.., 8]) -> [.., 4] {
        x -> conv1d(4, 2, padding: same)
    }
}

fn main() {}
