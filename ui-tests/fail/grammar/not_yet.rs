//! Syntax that later versions will bring.

use dl::prelude::*;

model! {
    Recurrent(x: [.., 8]) -> [4] { x -> dense(4) }
}

fn main() {}
