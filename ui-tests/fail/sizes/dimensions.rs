//! More dimensions, and more numbers, than anything takes.

use dl::prelude::*;

model! {
    Ranks(x: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 8]) -> [4] { x -> flatten -> dense(4) }
    Long(x: [8]) -> [4] { x -> reshape([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 8]) -> flatten -> dense(4) }
    Large(x: [99999999, 99999999]) -> [4] { x -> flatten -> dense(4) }
    Copies(x: [8]) -> [8] { x -> repeat 999999999999 { dense(8) } }
}

fn main() {}
