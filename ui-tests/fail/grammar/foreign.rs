//! Habits from other languages.

use dl::prelude::*;

model! {
    Method(x: [8]) -> [4] { x.dense(4) }
    Sequence(x: [8]) -> [4] { dense(8); relu; dense(4) }
    Function(x: [8]) -> [4] { dense(relu(dense(x, 8)), 4); return x }
    Bars(x: [8]) -> [4] { x | dense(4) }
}

fn main() {}
