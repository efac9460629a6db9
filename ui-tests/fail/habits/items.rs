//! Words of Rust and Python before a model, and between models.

use dl::prelude::*;

model! {
    use std::f32;
    class A(x: [8]) -> [4] { x -> dense(4) };
    pub struct B(x: [8]) -> [4] { x -> dense(4) },
    C(&self, x: [8]) -> [4] { x -> dense(4) }
    D(mut x: [8]) -> [4] { x -> dense(4) }
    E(x: [f32; 8]) -> [4] { x -> dense(4) }
    F(x: u8, y: [4]) -> [4] { y -> dense(4) }
    const fn width() -> usize { 4 }
    pub block wide(x) { x -> dense(8) }
    block deep(x, n: usize, m = 4) { x -> dense(n) -> dense(m) }
}

fn main() {}
