//! Targets are declared by the clause.

use dl::prelude::*;

model! {
    pub Line(x: [4]) -> [2] { x -> dense(2) }
    loss { mse(output, target) }
}

fn main() {}
