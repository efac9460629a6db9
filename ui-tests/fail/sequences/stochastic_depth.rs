//! The rate of stochastic depth is a probability, and is given.

use dl::prelude::*;

model! {
    Net(x: [4]) -> [4] {
        x -> residual { dense(4) -> stochastic_depth(1.5) }
          -> residual { dense(4) -> stochastic_depth }
          -> residual { dense(4) -> drop_path(0.1) }
    }
}

fn main() {}
