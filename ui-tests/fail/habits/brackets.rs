//! Brackets of another kind than those that are wanted.

use dl::prelude::*;

model! {
    Square(x: [8]) -> [4] { x -> dense[4] }
    Generic(x: [8]) -> [4] { x -> dense<4> }
    Bare(x: [8]) -> [4] { x -> dense 4 }
    Names(x: [8]) -> [4] { [dense(16), relu, dense(4)] }
    Values(a: [8], b: [8]) -> [16] { [a, b] -> concat }
    Branches(x: [8]) -> [8] { x -> concat(dense(4), dense(4)) }
    Several(x: [8]) -> (a: [4], b: [4]) { x -> dense(4), x -> dense(4) }
    Unnamed(x: [8]) -> ([4], [4]) { (x -> dense(4), x -> dense(4)) }
    One(x: [8]) -> scores: [4] { x -> dense(4) }
    Lists(x: [8]) -> [[4], [4]] { (x -> dense(4), x -> dense(4)) }
}

fn main() {}
