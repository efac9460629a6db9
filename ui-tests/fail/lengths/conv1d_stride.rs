//! Along a run-time length there is a row of the output for each row.

use dl::prelude::*;

model! {
    pub Net(x: [.., 8]) -> [.., 3] {
        x -> conv1d(4, 3, padding: causal, stride: 2) -> dense(4)
    }
}

fn main() {}
