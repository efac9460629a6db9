//! Names that stand before what they name.

use dl::prelude::*;

model! {
    Colon(x: [8]) -> [4] { x -> hidden: dense(4) }
    As(x: [8]) -> [4] { x -> as hidden dense(4) }
    First(x: [8]) -> [4] { -> x -> dense(4) }
    Elsewhere(x: [8]) -> [4] { x -> parts::Encoder -> [8] -> dense(4) }
}

fn main() {}
