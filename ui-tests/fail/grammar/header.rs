//! Headers with parts missing.

use dl::prelude::*;

model! {
    NoShape(x) -> [4] { x -> dense(4) }
    NoOutput(x: [8]) { x -> dense(4) }
    NoBody(x: [8]) -> [4]
    small(x: f64[8]) -> [] { x -> dense(4) }
}

fn main() {}
