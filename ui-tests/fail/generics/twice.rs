//! Two parameters of one name.

use dl::prelude::*;

model! {
    Net<const N: usize, const N: usize>(x: [N]) -> [4] { x -> dense(4) }
}

fn main() {}
