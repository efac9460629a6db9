//! Signs that mean something in Python.

use dl::prelude::*;

model! {
    Comment(x: [8]) -> [4] { x -> dense(4) # the scores }
    Product(a: [8, 4], b: [4, 8]) -> [8, 8] { a @ b }
    Choice(x: [8]) -> [8] { true ? x : x }
}

fn main() {}
