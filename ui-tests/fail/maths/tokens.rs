//! Tokens for an embedding, numbers for all else.

use dl::prelude::*;

model! {
    Net(tokens: u32[7], x: [7]) -> [7] {
        let a = x -> embedding(11, 1);
        let b = tokens -> exp;
        (a -> flatten) + b
    }
}

fn main() {}
