//! The weights of a gated layer have several rows for every hidden feature, which a parameter of the model cannot be multiplied for.

use dl::prelude::*;

model! {
    Net<const HIDDEN: usize>(x: [5, 8]) -> [5, HIDDEN] { x -> lstm(HIDDEN) }
    Both<const HIDDEN: usize>(x: [5, 8]) -> [5, 8] { x -> rnn(HIDDEN, bidirectional: true) }
}

fn main() {}
