//! Statements that a body has not.

use dl::prelude::*;

model! {
    Loop(x: [8]) -> [4] { for _ in 0..3 { x } x -> dense(4) }
    Match(x: [8]) -> [4] { match x { _ => x } x -> dense(4) }
    Function(x: [8]) -> [4] { fn help() {} x -> dense(4) }
    Closure(x: [8]) -> [4] { x -> map(|x| x * 2.0) -> dense(4) }
    Constant(x: [8]) -> [4] { const W: usize = 4; x -> dense(W) }
    Block(x: [8]) -> [4] { block wide(h) { h -> dense(8) } x -> wide -> dense(4) }
    Use(x: [8]) -> [4] { use std::f32; x -> dense(4) }
    Macro(x: [8]) -> [4] { println!("here"); x -> dense(4) }
    Loss(x: [8]) -> [4] { x -> dense(4); loss(t: u32) { cross_entropy(output, t) } }
    Return(x: [8]) -> [4] { return x -> dense(4); }
}

fn main() {}
