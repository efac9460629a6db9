//! Names as Rust and Python give them.

use dl::prelude::*;

model! {
    Mutable(x: [8]) -> [4] { let mut h = x -> dense(4); h }
    Typed(x: [8]) -> [4] { let h: [4] = x -> dense(4); h }
    Walrus(x: [8]) -> [4] { let h := x -> dense(4); h }
    Changed(x: [8]) -> [8] { x += x; x -> relu }
    List(x: [8]) -> [4] { let [a, b] = x -> split([4, 4]); a + b }
    Comma(x: [8]) -> [4] { let a, b = x -> split([4, 4]); a + b }
    Twice(x: [8]) -> [4] { let let h = x -> dense(4); h }
}

fn main() {}
